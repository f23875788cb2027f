/**
 * How long messages will be: what a peer names must never make an answer that cannot be encoded.
 */

import { type PoolHandle, poolHandleLength } from "../../wire/mod.ts";

/** Bytes of a message's or parameter's header. RFC 5354 §3 and §4. */
export const HEADER_BYTES = 4;

/** Bytes of an error cause without its information. RFC 5354 §3.12. */
export const CAUSE_BYTES = 4;

/** Bytes with their padding. RFC 5354 §3. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** Bytes of a Pool Handle parameter, padded. */
export function poolHandleBytesOf(poolHandle: PoolHandle): number {
  return HEADER_BYTES + padded(poolHandleLength(poolHandle));
}
