/** What happened, line by line: for people, for scenarios, and to compare two runs by. */

import type { Instant } from "../core/mod.ts";

/** One thing that happened. */
export interface TranscriptLine {
  readonly at: Instant;
  readonly text: string;
}

/** The narration of a run. It keeps the last lines and a digest of all. */
export class Transcript {
  private readonly clock: { readonly now: Instant };
  private readonly keep: number;
  private lines: TranscriptLine[] = [];
  private count = 0;
  private hash = 0x811c9dc5;
  private listener: ((line: TranscriptLine) => void) | undefined;

  /** @param keep How many lines it keeps at least; 0, without a listener: nothing is told. */
  constructor(clock: { readonly now: Instant }, keep = 400) {
    this.clock = clock;
    this.keep = keep;
  }

  /** Whether anybody reads it: else the work of making lines is saved. */
  get isTold(): boolean {
    return this.keep > 0 || this.listener !== undefined;
  }

  /** Number of lines ever added. */
  get length(): number {
    return this.count;
  }

  /** A number that two runs have in common if all their lines are the same, in all likelihood. */
  get digest(): number {
    return this.hash;
  }

  /** Hears of each line from now on. */
  listen(listener: (line: TranscriptLine) => void): void {
    this.listener = listener;
  }

  /** Adds a line at the present instant. */
  add(text: string): void {
    if (!this.isTold) return;
    const line = { at: this.clock.now, text };
    this.count++;
    this.lines.push(line);
    if (this.lines.length > 2 * this.keep) this.lines.splice(0, this.keep);
    this.digestText(`${line.at} ${text}\n`);
    this.listener?.(line);
  }

  /** The last lines, with their instants. */
  tail(count: number = this.keep): string {
    return this.lines.slice(-count).map(formatLine).join("\n");
  }

  /** FNV-1a, over code units. */
  private digestText(text: string): void {
    let { hash } = this;
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    this.hash = hash >>> 0;
  }
}

/** A line with its instant in seconds. */
export function formatLine(line: TranscriptLine): string {
  return `${(line.at / 1000).toFixed(3).padStart(9)} ${line.text}`;
}
