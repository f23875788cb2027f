/**
 * Stands in the whole program for yaml, a third of all the code there is and seldom asked for: it
 * stands packed in a comment of its own, so that a registrar neither parses nor holds it.
 *
 * @module
 */

import { runPart } from "./whole_program.ts";

const yaml = await runPart("yaml") as typeof import("yaml");

export const { isMap, isScalar, LineCounter, parseDocument, Parser, stringify, visit } = yaml;
