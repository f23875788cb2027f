/**
 * A bounded reader over bytes in network byte order. It knows no parameter and no padding; the
 * schema asks it for what it needs and it fails, rather than clamps, at the end of its range.
 */

import { DecodeFailure } from "./decode_failure.ts";
import type { Trace } from "./trace.ts";
import { CAUSE } from "./cause.ts";

/** What all cursors over one message share. */
export interface CursorContext {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** TLVs that were skipped and must be reported, RFC 5354 §3 (action bits 11). */
  readonly unrecognized: Uint8Array[];
  readonly trace: Trace | undefined;
}

/** A position in a range of a message. */
export class Cursor {
  readonly context: CursorContext;
  offset: number;
  readonly end: number;
  /** Start of the TLV or message this range is the value of: the offending TLV of a failure. */
  readonly start: number;

  constructor(context: CursorContext, start: number, offset: number, end: number) {
    this.context = context;
    this.start = start;
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  u8(label: string): number {
    return this.context.view.getUint8(this.take(1, label));
  }

  u16(label: string): number {
    return this.context.view.getUint16(this.take(2, label));
  }

  u32(label: string): number {
    return this.context.view.getUint32(this.take(4, label));
  }

  i32(label: string): number {
    return this.context.view.getInt32(this.take(4, label));
  }

  /** A copy of the next `length` bytes, so that a value never pins a receive buffer. */
  bytes(length: number, label: string): Uint8Array {
    const at = this.take(length, label);
    return this.context.bytes.slice(at, at + length);
  }

  fail(detail: string, cause: number = CAUSE.invalidValues): never {
    throw new DecodeFailure({
      cause,
      offset: this.offset,
      detail,
      offendingTlv: this.context.bytes.slice(this.start, this.end),
    });
  }

  private take(length: number, label: string): number {
    if (length > this.remaining) {
      this.fail(`${label} needs ${length} bytes and ${this.remaining} are left`);
    }
    const at = this.offset;
    this.offset += length;
    return at;
  }
}
