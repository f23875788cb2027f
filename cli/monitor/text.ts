/** Text in cells of a terminal. Pure. */

import { printable } from "../printable.ts";
import { widthOf } from "../table.ts";

/** What stands where a text was cut. */
const CUT = "~";

/** The text, harmless, in exactly so many cells: cut or filled. */
export function fit(text: string, width: number, isRight = false): string {
  const cut = cutTo(printable(text), width);
  const fill = " ".repeat(Math.max(0, width - widthOf(cut)));
  return isRight ? fill + cut : cut + fill;
}

/** The width of a text once it is harmless. */
export function cellsOf(text: string): number {
  return widthOf(printable(text));
}

function cutTo(text: string, width: number): string {
  if (text.length <= width && widthOf(text) <= width) return text;
  if (widthOf(text) <= width) return text;
  let kept = "";
  let cells = 0;
  for (const character of text) {
    cells += widthOf(character);
    if (cells > width - CUT.length) break;
    kept += character;
  }
  return width < 1 ? "" : kept + CUT;
}
