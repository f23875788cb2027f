/** The lenient reading: every field as it is read, for annotated hex, also of broken bytes. */

/** One stretch of bytes and what it means. */
export interface TraceLine {
  readonly depth: number;
  /** Offset from the start of the message, in bytes. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
  readonly label: string;
  readonly value: string;
}

/** Collects trace lines while a message is decoded. */
export class Trace {
  readonly lines: TraceLine[] = [];
  private depth = 0;

  field(offset: number, length: number, label: string, value: string): void {
    this.lines.push({ depth: this.depth, offset, length, label, value });
  }

  enter(offset: number, length: number, label: string, value: string): void {
    this.field(offset, length, label, value);
    this.depth++;
  }

  leave(): void {
    this.depth--;
  }
}
