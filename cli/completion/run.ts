/**
 * `__complete SHELL …`: what the scripts of `completions` call at every TAB. Its first line says
 * what follows, and how many characters of the word it leaves alone; each further line is a word.
 */

import type { World } from "../world.ts";
import { bashInsertion, splitBashLine } from "./bash_words.ts";
import type { Candidate, Completion } from "./candidate.ts";
import { complete } from "./complete.ts";
import type { Line } from "./line.ts";
import { LiveNames } from "./live.ts";

/** What cannot stand on a line of its own, and is never typed: control characters. */
const CONTROL = /\p{Cc}/u;
/** Long words in a list push the others out of sight. */
const LONGEST_MEANING = 60;

/** Answers a shell; nothing but the answer is ever said. */
export async function runComplete(argv: readonly string[], world: World): Promise<void> {
  const [shell, ...rest] = argv;
  const answer = shell === "bash" ? await forBash(rest, world) : await forWords(rest, world);
  world.stdout.write(new TextEncoder().encode(answer));
}

/** bash: the line up to the cursor, and what of it readline replaces. */
async function forBash([text = "", replaced = ""]: readonly string[], world: World) {
  const line = splitBashLine(text);
  if (line.isRedirected) return "files 0\n";
  const before = line.before.slice(1).map((word) => expanded(word, world));
  const completion = await complete(before, line.current, liveOf(world));
  const shown = withoutControl(completion).candidates.flatMap((candidate) => {
    const inserted = bashInsertion(completion.prefix + candidate.text, line, replaced);
    return inserted === undefined ? [] : [{ ...candidate, text: inserted }];
  });
  return answered(completion, shown, ({ text }) => text);
}

/** zsh and fish: the words before the cursor, and the one at it, without quotes. */
async function forWords(words: readonly string[], world: World) {
  const before = words.slice(0, -1).map((word) => expanded(word, world));
  const completion = await complete(before, words.at(-1) ?? "", liveOf(world));
  const { candidates } = withoutControl(completion);
  return answered(completion, candidates, ({ text, meaning = "" }) => `${text}\t${short(meaning)}`);
}

function liveOf(world: World) {
  return (line: Line) => new LiveNames(world, line);
}

function answered(
  { kind, prefix }: Completion,
  candidates: readonly Candidate[],
  show: (candidate: Candidate) => string,
): string {
  const isOpen = candidates.length > 0 && candidates.every((each) => each.isOpen);
  const head = `${isOpen ? "open" : kind} ${prefix.length}`;
  return [head, ...candidates.map(show)].map((line) => `${line}\n`).join("");
}

function withoutControl(completion: Completion): Completion {
  const isSafe = ({ text, meaning }: Candidate) => !CONTROL.test(`${text}${meaning ?? ""}`);
  return { ...completion, candidates: completion.candidates.filter(isSafe) };
}

function short(meaning: string): string {
  if (meaning.length <= LONGEST_MEANING) return meaning;
  return `${meaning.slice(0, LONGEST_MEANING - 1)}…`;
}

/** `~/file` and `$NAME`, which the shell has not expanded; nothing else, and nothing is run. */
function expanded(word: string, world: World): string {
  const [, variable] = /^\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?$/.exec(word) ?? [];
  if (variable !== undefined) return world.env(variable) ?? word;
  return word.startsWith("~/") ? `${world.env("HOME") ?? "~"}${word.slice(1)}` : word;
}
