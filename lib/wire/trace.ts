/** The lenient reading: every field as it is read, for annotated hex, also of broken bytes. */

/** One stretch of bytes and what it means. */
export interface TraceLine {
  /** How deep the parameter is nested; 0 for the message itself. */
  readonly depth: number;
  /** Offset from the start of the message, in bytes. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
  /** The RFC's name of the field or parameter. */
  readonly label: string;
  /** The value for people. */
  readonly value: string;
  /** Whether these bytes are the header of a parameter, whose value is deeper. */
  readonly isParameter: boolean;
}

/**
 * Collects trace lines while a message is decoded: one after the other they cover all bytes up to
 * where reading ended.
 *
 * @example
 * ```ts
 * import { asap, parseHex, Trace } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const trace = new Trace();
 * asap.decode(parseHex("0b000008000d0004"), trace);
 * assert.equal(trace.lines[0]?.value, "ASAP_COOKIE (0x0b)");
 * ```
 */
export class Trace {
  /** What was read, in the order of the bytes. */
  readonly lines: TraceLine[] = [];
  /** What the next parameter is to the one around it, such as "User Transport". */
  role: string | undefined = undefined;
  private depth = 0;

  /** Bytes that mean a value. */
  field(offset: number, length: number, label: string, value: string): void {
    this.lines.push({ depth: this.depth, offset, length, label, value, isParameter: false });
  }

  /** The header of a parameter; lines up to `leave` are inside it. */
  enter(offset: number, length: number, name: string, value: string): void {
    const label = this.role === undefined ? name : `${this.role}: ${name}`;
    this.lines.push({ depth: this.depth++, offset, length, label, value, isParameter: true });
    this.role = undefined;
  }

  /** The end of a parameter. */
  leave(): void {
    this.depth--;
  }
}
