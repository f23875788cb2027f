/** Frames as what a terminal understands (ECMA-48); only what has changed is written. Pure. */

import type { Line, Span } from "./render.ts";
import type { Style } from "./view.ts";

const CSI = "\x1b[";
const PLAIN = `${CSI}0m`;

const COLORS: Readonly<Record<Style, string>> = {
  plain: "",
  bold: `${CSI}1m`,
  dim: `${CSI}2m`,
  good: `${CSI}32m`,
  warn: `${CSI}33m`,
  bad: `${CSI}31m`,
  bar: `${CSI}7m`,
};

/** Without colours, what is reversed and bold is still to be seen. */
const NO_COLORS: Readonly<Record<Style, string>> = {
  ...COLORS,
  dim: "",
  good: "",
  warn: "",
  bad: COLORS.bold,
};

/** Shows another screen than that with the shell, without a cursor. */
export const ENTER = `${CSI}?1049h${CSI}?25l${CSI}2J`;
/** Goes back to it. */
export const LEAVE = `${PLAIN}${CSI}?25h${CSI}?1049l`;

/** Paints frames one after the other. */
export class Painter {
  private before: readonly string[] = [];
  private readonly styles: Readonly<Record<Style, string>>;

  constructor(color: boolean) {
    this.styles = color ? COLORS : NO_COLORS;
  }

  /** Forgets what is on the screen: the next frame is written whole. */
  reset(): void {
    this.before = [];
  }

  /** What is to be written, so that the screen shows the frame. */
  paint(frame: readonly Line[]): string {
    const lines = frame.map((line) => this.line(line));
    const changes = lines.flatMap((line, i) =>
      line === this.before[i] ? [] : [`${CSI}${i + 1};1H${CSI}K${line}`]
    );
    const isShorter = lines.length < this.before.length;
    this.before = lines;
    return changes.join("") + (isShorter ? `${CSI}J` : "");
  }

  private line(line: Line): string {
    return line.map((span) => this.span(span)).join("");
  }

  private span({ text, style }: Span): string {
    const begin = this.styles[style];
    return begin === "" ? text : `${begin}${text}${PLAIN}`;
  }
}
