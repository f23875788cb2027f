/** Rules that a file's path and text alone can break. Each gives its findings as lines to read. */
import type { SourceFile } from "./tree.ts";

const LINE_CHARACTERS_MAX = 100;
const FILE_LINES_MAX = 400;
const TEST_FILE_LINES_MAX = 600;
const BANNED_NAMES = ["utils", "util", "helpers", "helper", "common", "types", "misc"];

/** In two halves, so that this file does not break its own rule. */
const FORBIDDEN_WORDS = [
  ["/wo", "rk/"],
  ["/ro", "ot/"],
  ["TO", "DO"],
  ["FIX", "ME"],
  ["@ts-", "ignore"],
  ["@ts-", "nocheck"],
  ["Deno.test.", "only"],
  ["only", ": true"],
].map((halves) => halves.join(""));

/** Lines of TypeScript that do not fit a page. */
export function longLines({ path, text }: SourceFile): string[] {
  return text.split("\n").flatMap((line, index) =>
    [...line].length <= LINE_CHARACTERS_MAX
      ? []
      : [`${path}:${index + 1}: ${[...line].length} characters, at most ${LINE_CHARACTERS_MAX}`]
  );
}

/** Files that hold more than one thing, by their length. */
export function longFile({ path, text }: SourceFile): string[] {
  const max = path.startsWith("tests/") ? TEST_FILE_LINES_MAX : FILE_LINES_MAX;
  const lines = text.replace(/\n$/, "").split("\n").length;
  return lines <= max ? [] : [`${path}: ${lines} lines, at most ${max}`];
}

/** Files whose names say nothing, or are not in snake case. */
export function badName({ path }: SourceFile): string[] {
  const name = path.split("/").at(-1)!.replace(/\.ts$/, "");
  if (BANNED_NAMES.includes(name.replace(/_test$/, ""))) {
    return [`${path}: a file is named for what it holds, not "${name}"`];
  }
  return /^[a-z0-9]+(_[a-z0-9]+)*$/.test(name) ? [] : [`${path}: file names are in snake case`];
}

/** Words that stand for unfinished work, a switched-off check or one person's machine. */
export function forbiddenWords({ path, text }: SourceFile): string[] {
  return text.split("\n").flatMap((line, index) =>
    FORBIDDEN_WORDS.filter((word) => line.includes(word))
      .map((word) => `${path}:${index + 1}: "${word}"`)
  );
}
