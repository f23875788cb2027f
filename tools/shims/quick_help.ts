/**
 * The help of the program itself, in the quick program: as commander prints it, without commander.
 * `tests/tools/shims/quick_help_test.ts` holds the two together.
 *
 * @module
 */

import { COMMANDS } from "../../cli/commands.ts";
import { describe, SHARED_OPTIONS } from "../../cli/options.ts";
import {
  HELP_OPTION,
  ROOT_DESCRIPTION,
  ROOT_NOTES,
  ROOT_USAGE,
  VERSION_OPTION,
} from "../../cli/root_help.ts";

/** Narrower columns are not filled. */
const LEAST_WIDTH = 40;
/** Before a term, and between it and what it means. */
const GAP = "  ";

type Item = readonly [term: string, meaning: string];

/** What `rserpool --help` prints in so many columns. */
export function rootHelp(columns: number): string {
  const options: Item[] = [
    VERSION_OPTION,
    ...Object.values(SHARED_OPTIONS).map((option): Item => [option.flags, describe(option)]),
    HELP_OPTION,
  ];
  const commands = COMMANDS.map(({ name, summary }): Item => [name, summary]);
  const width = Math.max(...[...options, ...commands].map(([term]) => term.length));
  const listOf = (items: readonly Item[]) =>
    items.map(([term, meaning]) => {
      const lines = filled(meaning, columns - width - 2 * GAP.length);
      const below = `\n${" ".repeat(width + 2 * GAP.length)}`;
      return `${GAP}${term.padEnd(width)}${GAP}${lines.join(below)}\n`;
    }).join("");
  return `Usage: rserpool ${ROOT_USAGE}\n\n${filled(ROOT_DESCRIPTION, columns).join("\n")}\n\n` +
    `Options:\n${listOf(options)}\nCommands:\n${listOf(commands)}${ROOT_NOTES}\n`;
}

/** The lines of a text of words between single blanks. */
function filled(text: string, width: number): string[] {
  if (width < LEAST_WIDTH) return [text];
  const lines: string[] = [];
  let last = "";
  for (const word of text.split(" ")) {
    if (last === "") last = word;
    else if (last.length + 1 + word.length <= width) last += ` ${word}`;
    else {
      lines.push(last);
      last = word;
    }
  }
  return [...lines, last];
}
