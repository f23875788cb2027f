/**
 * Stands for `cli/grammar.ts` in the quick program, which has no help. Each option that commander
 * is told of costs a tenth of a millisecond, so it is told of those that are there; one that it
 * then does not know is for the whole program, which knows them all.
 */

import { type Needs, parseCommandLine as parse, type Printer } from "../../cli/grammar.ts";
import { HelpWanted } from "./quick_help.ts";
import { runWholeProgram } from "./whole_program.ts";

/** As the grammar's own; where it is to help, the whole program begins anew. */
export async function parseCommandLine(
  argv: readonly string[],
  printer: Printer,
): ReturnType<typeof parse> {
  try {
    return await parse(argv, printer, undefined, mentionedIn(argv));
  } catch (error) {
    if (error instanceof HelpWanted) return await runWholeProgram();
    throw error;
  }
}

/** Any option that a word could mean; a single hyphen may stand before several letters. */
function mentionedIn(argv: readonly string[]): Needs {
  const words = argv.filter((word) => word.startsWith("--")).map((word) => word.split("=", 1)[0]!);
  const hasLetters = argv.some((word) => word[0] === "-" && word[1] !== "-");
  return ({ flags }) =>
    (hasLetters && flags[1] !== "-") || words.some((word) => flags.includes(word));
}
