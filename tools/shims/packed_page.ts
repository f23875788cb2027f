/**
 * Stands in the whole program for the script and the style sheet of the status page, which are for
 * browsers: packed in a comment of their own, as yaml is, and unpacked when somebody asks.
 *
 * @module
 */

import type { Assets } from "../../cli/page/assets.ts";
import { runPart } from "./whole_program.ts";

let unpacked: Promise<Assets> | undefined;

/** What browsers get besides HTML. */
export function assets(): Promise<Assets> {
  unpacked ??= runPart("page") as Promise<Assets>;
  return unpacked;
}
