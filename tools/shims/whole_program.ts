/**
 * Stands in the quick part of the built file for every module that is not in it. Whoever imports
 * one gets the whole program instead, which stands packed in a comment of the same file (that costs
 * the quick part a millisecond, where code costs ten) and runs the command line from its beginning;
 * nothing was printed or sent before that.
 *
 * @module
 */

import { isHangUpIgnored } from "../../cli/hang_up.ts";

/** A part of the built file that stands in a comment; `tools/build.ts` writes it. */
export type Part = "The whole program" | "yaml" | "x509" | "page";

const begin = (part: Part) => `\n/* ${part}:\n`;
const END = "\n*/\n";
/** What would end the comment, and what stands for it: no program has that character. */
const COMMENT_END = "*/";
const COMMENT_END_STAND_IN = "*\x1a/";

/** A part as it can stand in a comment: the body of an asynchronous function. */
export function pack(part: Part, program: string): string {
  return begin(part) + program.replaceAll(COMMENT_END, COMMENT_END_STAND_IN) + END;
}

/** The part that stands in a comment of a file. */
function unpack(part: Part, file: string): string {
  const from = file.lastIndexOf(begin(part)) + begin(part).length;
  return file.slice(from, file.indexOf(END, from))
    .replaceAll(COMMENT_END_STAND_IN, COMMENT_END);
}

/**
 * Runs a part of the built file, which is the main module whoever asks. As a function, not as a
 * module: Deno parses a module once more by itself, which costs 15 MB and 20 ms.
 */
export async function runPart(part: Part): Promise<unknown> {
  const file = await Deno.readTextFile(new URL(Deno.mainModule));
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  return await new AsyncFunction(`"use strict";${unpack(part, file)}`)();
}

/** Runs the whole program, which ends the process: this never returns. */
export async function runWholeProgram(): Promise<never> {
  isHangUpIgnored(); // the whole program may begin too late to see it
  await runPart("The whole program");
  return await new Promise<never>(() => {});
}
