/**
 * `deno task compile`: executables with the Deno runtime in them, in dist/native/, of this
 * machine's kind, or of the kinds that are named behind it, or `all`. For each of them Deno fetches
 * its runtime for executables (denort) from its own host.
 *
 * @module
 */

import { run } from "./packages/runtime.ts";
import { ROOT_PATH } from "./packages/version.ts";

/** The kinds of machines, by Deno's names. */
export const TARGETS: readonly string[] = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** The file for a target, below dist/native/. */
export function fileOf(target: string): string {
  return `rserpool-${target}${target.includes("windows") ? ".exe" : ""}`;
}

/** The arguments of `deno compile` for a target. */
export function compileArgs(target: string, output: string): string[] {
  const flags = ["-A", "--frozen", "--unstable-net", "--target", target];
  return ["compile", ...flags, "--output", `${output}/${fileOf(target)}`, "cli/main.ts"];
}

/** Which targets are meant by the words of a command line. */
export function targetsOf(words: readonly string[]): readonly string[] {
  if (words.length === 0) return [Deno.build.target];
  if (words.length === 1 && words[0] === "all") return TARGETS;
  const unknown = words.find((word) => !TARGETS.includes(word));
  if (unknown === undefined) return words;
  throw new RangeError(`"${unknown}" is not one of all, ${TARGETS.join(", ")}`);
}

if (import.meta.main) {
  const output = `${ROOT_PATH}dist/native`;
  for (const target of targetsOf(Deno.args)) {
    await run(Deno.execPath(), compileArgs(target, output), ROOT_PATH);
    console.log(`${output}/${fileOf(target)}`);
  }
}
