/** From a command line that is not whole to what its last word can be. */

import type { OptionTable } from "../option.ts";
import { longName } from "../option.ts";
import { type Candidate, type Completion, NOTHING, words } from "./candidate.ts";
import { type Line, readLine } from "./line.ts";
import { completeArgument, completeValue, type Live } from "./values.ts";

/** Candidates that a shell is given: more than these nobody reads. */
export const MAX_CANDIDATES = 1_000;

/** What can stand at the cursor; `liveOf` makes the one that asks registrars, if it must be. */
export async function complete(
  before: readonly string[],
  current: string,
  liveOf: (line: Line) => Live,
): Promise<Completion> {
  const line = await readLine(before, current);
  const completion = await completionOf(line, current, liveOf(line));
  const fitting = completion.candidates.filter(({ text }) =>
    (completion.prefix + text).startsWith(current)
  );
  return { ...completion, candidates: fitting.slice(0, MAX_CANDIDATES) };
}

async function completionOf(line: Line, current: string, live: Live): Promise<Completion> {
  const { wanted } = line;
  switch (wanted.type) {
    case "command":
      return words(wanted.names.map(({ name, summary }) => ({ text: name, meaning: summary })));
    case "option":
      return words(optionCandidates(line));
    case "value": {
      const { option, prefix } = wanted;
      const completion = await completeValue(option, current.slice(prefix.length), live);
      return { ...completion, prefix: prefix + completion.prefix };
    }
    case "argument": {
      const completion = await completeArgument(wanted.syntax, current, live);
      return wanted.syntax.includes("...") ? without(completion, line.args) : completion;
    }
    default:
      return NOTHING;
  }
}

/** The long names of options that are not there yet, or that may be repeated. */
function optionCandidates({ options, given }: Line): Candidate[] {
  const table: OptionTable = options;
  const own = Object.entries(table).filter(([key, { kind }]) =>
    given[key] === undefined || kind === "list" || kind === "count"
  );
  return [
    ...own.map(([, option]) => ({ text: `--${longName(option)}`, meaning: option.description })),
    { text: "--help", meaning: "show help" },
    { text: "--version", meaning: "print the version" },
  ];
}

/** A pool that is named already need not be named again. */
function without(completion: Completion, args: readonly string[]): Completion {
  const candidates = completion.candidates.filter(({ text }) => !args.includes(text));
  return { ...completion, candidates };
}
