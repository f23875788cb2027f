/** The Deno runtime for a package, as the npm registry has it. */

import { DENO_VERSION } from "./version.ts";

/** Whose processors: Debian's names, and the npm packages with the runtime for them. */
export const ARCHITECTURES = {
  amd64: "@deno/linux-x64-glibc",
  arm64: "@deno/linux-arm64-glibc",
} as const;
/** Debian's name of a kind of processor. */
export type Architecture = keyof typeof ARCHITECTURES;

/** The kind of this machine. */
export function ownArchitecture(): Architecture {
  return Deno.build.arch === "x86_64" ? "amd64" : "arm64";
}

/**
 * Puts the runtime into a file. The one that runs this is the same file, so that for its own
 * machine nothing is fetched.
 */
export async function putRuntime(architecture: Architecture, file: string): Promise<void> {
  const isOwn = architecture === ownArchitecture() && Deno.version.deno === DENO_VERSION &&
    Deno.build.os === "linux";
  if (isOwn) await Deno.copyFile(Deno.execPath(), file);
  else await fetchRuntime(ARCHITECTURES[architecture], file);
  await Deno.chmod(file, 0o755);
}

async function fetchRuntime(name: string, file: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rserpool-runtime-" });
  try {
    await run("npm", ["pack", "--loglevel=error", `${name}@${DENO_VERSION}`], folder);
    const [archive] = await Array.fromAsync(Deno.readDir(folder));
    await run("tar", ["-xzf", archive!.name, "package/deno"], folder);
    await Deno.copyFile(`${folder}/package/deno`, file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}
