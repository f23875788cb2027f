/**
 * A bounded reader over bytes in network byte order. It knows no parameter and no padding; the
 * schema asks it for what it needs and it fails, rather than clamps, at the end of its range.
 */

import { CAUSE } from "./cause.ts";
import { DecodeFailure } from "./decode_failure.ts";
import type { Trace } from "./trace.ts";

/** One for all: an empty array costs as much as a full one, and 16,000 fit into one message. */
const EMPTY = new Uint8Array(0);

/** A position in a message, and the range of the TLV in it that is being read. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly trace: Trace | undefined;
  /** TLVs that were skipped and must be reported, RFC 5354 §3 (action bits 11). */
  readonly unrecognized: Uint8Array[] = [];
  /** Where the next field begins. */
  offset = 0;
  /** Start of the TLV, or message, whose value is being read: the offending TLV of a failure. */
  start = 0;
  /** Declared end of that value, without padding; the bytes may have been cut before it. */
  end: number;

  constructor(bytes: Uint8Array, trace: Trace | undefined, end = bytes.length) {
    this.bytes = bytes;
    this.trace = trace;
    this.end = end;
  }

  /** Bytes that are declared and not read yet. */
  get remaining(): number {
    return this.end - this.offset;
  }

  u8(label: string): number {
    return this.bytes[this.take(1, label)]!;
  }

  u16(label: string): number {
    return this.peekU16(this.take(2, label));
  }

  u32(label: string): number {
    return this.i32(label) >>> 0;
  }

  i32(label: string): number {
    const at = this.take(4, label);
    return (this.peekU16(at) << 16) | this.peekU16(at + 2);
  }

  /** The 16 bits at an offset that is known to be inside; a DataView would cost more than this. */
  peekU16(at: number): number {
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  /** A copy of the next `length` bytes, so that a value never pins a receive buffer. */
  copy(length: number, label: string): Uint8Array {
    if (length === 0) return EMPTY;
    const at = this.take(length, label);
    return this.bytes.slice(at, at + length);
  }

  /** Moves over the next `length` bytes and returns where they begin. */
  take(length: number, label: string): number {
    const at = this.offset;
    const next = at + length;
    if (next > this.end) {
      const needed = length === 1 ? "1 byte" : `${length} bytes`;
      this.fail(`${label} needs ${needed} and ${this.end - at} are left`);
    }
    if (next > this.bytes.length) {
      this.fail(`${label} is cut off: there are ${this.bytes.length} bytes`);
    }
    this.offset = next;
    return at;
  }

  /** Ends reading here. The offending TLV is what begins at `start`. RFC 5354 §3.12.4. */
  fail(detail: string, start: number = this.start): never {
    throw new DecodeFailure({
      cause: CAUSE.invalidValues,
      offset: this.offset,
      detail,
      offendingTlv: this.bytes.subarray(start, this.end),
    });
  }
}
