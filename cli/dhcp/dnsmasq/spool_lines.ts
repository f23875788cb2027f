/** Cuts the bytes of a spool into lines and remembers where each ends. */

import { MAX_SPOOL_LINE } from "./limits.ts";

const NEW_LINE = 10;

/** A line and the position after it. */
export interface SpoolLine {
  readonly text: string;
  readonly end: number;
}

/** Lines out of pieces; of one that is too long only the beginning is kept. */
export class SpoolLines {
  private readonly decoder = new TextDecoder();
  private rest: Uint8Array<ArrayBuffer> = new Uint8Array();
  private position: number;

  /** @param position - Where the first byte stands. */
  constructor(position: number) {
    this.position = position;
  }

  /** Bytes that came after the last whole line. */
  get isWhole(): boolean {
    return this.rest.length === 0;
  }

  /** Takes the bytes that come next and answers the lines that are whole now. */
  push(bytes: Uint8Array): SpoolLine[] {
    const lines: SpoolLine[] = [];
    let from = 0;
    for (let at = bytes.indexOf(NEW_LINE); at >= 0; at = bytes.indexOf(NEW_LINE, from)) {
      const text = this.decoder.decode(this.joined(bytes.subarray(from, at)));
      lines.push({ text, end: this.position + at + 1 });
      this.rest = new Uint8Array();
      from = at + 1;
    }
    this.rest = this.joined(bytes.subarray(from));
    this.position += bytes.length;
    return lines;
  }

  /** One byte more than a line may have shows that it is too long. */
  private joined(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const joined = new Uint8Array(this.rest.length + bytes.length);
    joined.set(this.rest);
    joined.set(bytes, this.rest.length);
    return joined.slice(0, MAX_SPOOL_LINE + 1);
  }
}
