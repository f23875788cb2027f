/**
 * Why bytes are not a message: a value for the receiver to act on, never an exception to callers.
 */

import { MAX_OFFENDING_TLV_BYTES } from "./limits.ts";

interface Facts {
  readonly cause: number;
  readonly offset: number;
  readonly detail: string;
  readonly offendingTlv: Uint8Array;
  readonly report?: boolean;
  readonly partial?: unknown;
}

/**
 * Bytes that are not a valid message. RFC 5354 §3, §3.12 and §4.
 *
 * The state of the receiver is unchanged, and the association may go on: the message's own length
 * still tells where the next one begins.
 *
 * @example
 * ```ts
 * import { asap, CAUSE, parseHex } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const failure = asap.decode(parseHex("7f000004"));
 * assert(!failure.ok);
 * assert.equal(failure.cause, CAUSE.unrecognizedMessage);
 * assert.equal(failure.report, true); // the two highest bits of the type, 01, ask for it
 * ```
 */
export class DecodeFailure {
  /** The bytes are no message; a `Decoded` says `true`. */
  readonly ok = false;
  /** Error cause code, RFC 5354 §3.12. */
  readonly cause: number;
  /** Offset in bytes, from the start of the message, at which reading stopped. */
  readonly offset: number;
  /** For people: what was wrong, naming the field. */
  readonly detail: string;
  /** The offending TLV or message, cut to 256 bytes (protocol decision 24). */
  readonly offendingTlv: Uint8Array;
  /**
   * Whether the sender is to be told by an error message: RFC 5354 §3 and §4, the action bits.
   * Never for a message that is itself an error message (protocol decision 24).
   */
  report: boolean;
  /** TLVs that were skipped before the failure and are to be reported as well. RFC 5354 §3.12.2. */
  unrecognized: readonly Uint8Array[] = [];
  /** Name of the message's type, when that much could be read. */
  messageType: string | undefined = undefined;
  /** What could be read before the failure, for `Protocol.view`. */
  partial: unknown;

  /** Made by the codec; `offendingTlv` is copied and cut. */
  constructor(facts: Facts) {
    this.cause = facts.cause;
    this.offset = facts.offset;
    this.detail = facts.detail;
    this.offendingTlv = facts.offendingTlv.slice(0, MAX_OFFENDING_TLV_BYTES);
    this.report = facts.report ?? true;
    this.partial = facts.partial;
  }
}
