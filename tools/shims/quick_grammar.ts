/** Stands for `cli/grammar.ts` in the quick program, which has no help. */

import { parseCommandLine as parse } from "../../cli/grammar.ts";
import { HelpWanted } from "./quick_help.ts";
import { runWholeProgram } from "./whole_program.ts";

/** As the grammar's own; where it is to help, the whole program begins anew. */
export async function parseCommandLine(
  ...command: Parameters<typeof parse>
): ReturnType<typeof parse> {
  try {
    return await parse(...command);
  } catch (error) {
    if (error instanceof HelpWanted) return await runWholeProgram();
    throw error;
  }
}
