/**
 * The words behind the options in help, and in manual pages: paragraphs that are filled to any
 * width, and indented lines that stay lines.
 */

import type { Command } from "./command.ts";

/** A part of a text: a paragraph, or a line that stands for itself. */
export type Block =
  | { readonly type: "paragraph"; readonly text: string }
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "gap" };

/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 100;
const EXAMPLE_INDENT = "      ";

/** The parts of a text, of which lines that begin with a blank are left as they are. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  for (const line of text.replace(/^\n+|\s+$/g, "").split("\n")) {
    const last = blocks.at(-1);
    if (line.trim() === "") blocks.push({ type: "gap" });
    else if (line.startsWith(" ")) blocks.push({ type: "line", text: line });
    else if (last?.type !== "paragraph") blocks.push({ type: "paragraph", text: line });
    else blocks[blocks.length - 1] = { type: "paragraph", text: `${last.text} ${line}` };
  }
  return blocks;
}

/** Fills a text into lines of a width. */
export function filled(text: string, width: number): string {
  const wide = Math.min(width, WIDEST);
  return blocksOf(text).map((block) => block.type === "gap" ? "" : wrapped(block.text, wide))
    .join("\n");
}

/** Notes and examples of a command, as they stand below its options. */
export function helpTail({ notes, examples }: Command, width: number): string {
  const lines = examples.map(([line, meaning]) =>
    `  $ ${line}\n${wrapped(EXAMPLE_INDENT + meaning, Math.min(width, WIDEST))}`
  );
  const above = notes === undefined || notes.trim() === "" ? "" : `\n${filled(notes, width)}\n`;
  return `${above}\nExamples:\n${lines.join("\n")}`;
}

/** One line as several, the later ones below the last column of the first: `  term   words`. */
function wrapped(line: string, width: number): string {
  if (line.length <= width) return line;
  const [, start, rest] = /^( *(?:\S+(?: \S+)* {2,})?)(.*)$/.exec(line)!;
  const indent = " ".repeat(start!.length);
  const lines: string[] = [];
  let last = start!;
  for (const word of rest!.split(" ")) {
    const next = last.trim() === "" || last === start ? last + word : `${last} ${word}`;
    if (next.length <= width || last === indent || last === start) last = next;
    else {
      lines.push(last);
      last = indent + word;
    }
  }
  return [...lines, last].join("\n");
}
