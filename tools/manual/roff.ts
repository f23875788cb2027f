/** A writer of manual pages in the language of troff, with the macros of man(7). */

import type { Block } from "../../cli/help_text.ts";

/** What each character that means something to troff is written as. */
const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\(rs",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  '"': "\\(dq",
};

/** Such as JSON in an example, which may be broken at its commas. */
const LONG_WORD = /\S{50,}/g;

/** The text as troff prints it: nothing in it is a request. */
export function escaped(text: string): string {
  const special = text.replace(/[\\'`^~"-]|[^\x20-\x7e]/gu, (character) =>
    SPECIAL[character] ??
      `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`);
  const breakable = special.replace(LONG_WORD, (word) => word.replaceAll(",", ",\\:"));
  return breakable.startsWith(".") ? `\\&${breakable}` : breakable;
}

/** The head of a page. */
export interface Title {
  readonly name: string;
  readonly section: number;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Whose version. */
  readonly source: string;
  readonly manual: string;
}

/** A page that is written from its top to its end. */
export class Page {
  private readonly lines: string[] = [];
  /** Whether the next text begins a paragraph. */
  private isApart = false;

  constructor({ name, section, date, source, manual }: Title) {
    const words = [name.toUpperCase(), String(section), date, source, manual];
    this.lines.push(`.TH ${words.map((word) => `"${word}"`).join(" ")}`);
    // No hyphens are put into names of options, and lines are not stretched.
    this.lines.push(".nr HY 0", ".nh", ".ad l");
  }

  /** A heading; what it holds begins anew. */
  section(name: string): void {
    this.lines.push(`.SH "${escaped(name.toUpperCase())}"`);
    this.isApart = false;
  }

  /** A heading below another. */
  subsection(name: string): void {
    this.lines.push(`.SS "${escaped(name)}"`);
    this.isApart = false;
  }

  /** A paragraph. */
  paragraph(text: string): void {
    this.raw(escaped(text));
  }

  /** A paragraph that is written in roff already. */
  raw(roff: string): void {
    if (this.isApart) this.lines.push(".PP");
    this.lines.push(roff);
    this.isApart = true;
  }

  /** A term and what it is. */
  entry(term: string, text: string): void {
    this.lines.push(".TP", term, escaped(text));
    this.isApart = true;
  }

  /** Lines as they are, with what is said of them below. */
  example(line: string, meaning: string): void {
    if (this.isApart) this.lines.push(".PP");
    this.lines.push(".EX", escaped(`$ ${line}`), ".EE", ".RS 4", escaped(meaning), ".RE");
    this.isApart = true;
  }

  /** Paragraphs, and lines that stay lines. */
  blocks(blocks: readonly Block[]): void {
    let isInLines = false;
    for (const block of blocks) {
      if (block.type === "gap") continue;
      if (block.type === "line" !== isInLines) {
        isInLines = !isInLines;
        this.lines.push(...(isInLines ? [".RS 0", ".EX"] : [".EE", ".RE"]));
      }
      if (isInLines) this.lines.push(escaped(block.text));
      else this.paragraph(block.text);
    }
    if (isInLines) this.lines.push(".EE", ".RE");
  }

  /** The whole page. */
  toString(): string {
    return `${this.lines.join("\n")}\n`;
  }
}

/** Bold text. */
export function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

/** Text that stands for another. */
export function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}
