/**
 * Stands in the quick part of the built file for every module that is not in it. Whoever imports
 * one gets the whole program instead, which stands packed in a comment of the same file (that costs
 * the quick part a millisecond, where code costs ten) and runs the command line from its beginning;
 * nothing was printed or sent before that.
 *
 * @module
 */

import { isHangUpIgnored } from "../../cli/hang_up.ts";

/** Begins the comment; `tools/build.ts` writes it. */
const BEGIN = "\n/* The whole program, gzip and base64: ";
const END = " */\n";

/** A program as it can stand in a comment. */
export async function pack(program: string): Promise<string> {
  const packed = new Blob([program]).stream().pipeThrough(new CompressionStream("gzip"));
  return `${BEGIN}${(await new Response(packed).bytes()).toBase64()}${END}`;
}

/** The program that stands in a comment of a file. */
async function unpack(file: string): Promise<Blob> {
  const begin = file.lastIndexOf(BEGIN) + BEGIN.length;
  const packed = Uint8Array.fromBase64(file.slice(begin, file.indexOf(END, begin)));
  const program = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Blob([await new Response(program).bytes()], { type: "text/javascript" });
}

/** Runs the whole program, which ends the process: this never returns. */
export async function runWholeProgram(): Promise<never> {
  isHangUpIgnored(); // the whole program may begin too late to see it
  const file = await Deno.readTextFile(new URL(import.meta.url));
  await import(URL.createObjectURL(await unpack(file)));
  return await new Promise<never>(() => {});
}
