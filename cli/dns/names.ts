/** Pool handles as labels of DNS names, one to one. RFC 1035 §2.3.1, RFC 4648 §7. */

import type { PoolHandle } from "../api.ts";

/** What of the library tells handles from their bytes. */
export interface HandleCodec {
  poolHandleBytes(handle: PoolHandle): Uint8Array;
  poolHandleText(bytes: Uint8Array): PoolHandle;
}

/** What begins a label that stands for the bytes of a handle; no handle is such a label itself. */
const ESCAPE = "x--";
/** The label of the name server itself: "z" is no digit, so that no handle has it. */
export const SERVER_LABEL = "x--zone";
/** base32hex in lower case: DNS compares without case. */
const DIGITS = "0123456789abcdefghijklmnopqrstuv";
const BITS = 5;
/** A label is up to 63 bytes, and one of a service begins with an underscore. */
export const MAX_POOL_LABEL = 62;
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** The label of a pool, in lower case; `undefined` if its handle is too long to have one. */
export function poolLabel(handle: PoolHandle, codec: HandleCodec): string | undefined {
  const label = isPlain(handle) ? handle : ESCAPE + base32hex(codec.poolHandleBytes(handle));
  return label.length <= MAX_POOL_LABEL ? label : undefined;
}

/** The handle that a label in lower case stands for; `undefined` if it stands for none. */
export function handleOf(label: string, codec: HandleCodec): PoolHandle | undefined {
  if (label.length > MAX_POOL_LABEL) return undefined;
  if (isPlain(label)) return label;
  if (!label.startsWith(ESCAPE)) return undefined;
  const bytes = parseBase32hex(label.slice(ESCAPE.length));
  if (bytes === undefined || bytes.length === 0) return undefined;
  const handle = codec.poolHandleText(bytes);
  // One pool, one name: what needs no escape has none.
  return poolLabel(handle, codec) === label ? handle : undefined;
}

function isPlain(text: string): boolean {
  return HOST_LABEL.test(text) && !text.startsWith(ESCAPE);
}

function base32hex(bytes: Uint8Array): string {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= BITS; bits -= BITS) text += DIGITS[(held >> (bits - BITS)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + DIGITS[(held << (BITS - bits)) & 31];
}

function parseBase32hex(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const digit of text) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) return undefined;
    held = (held << BITS) | value;
    bits += BITS;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(held >> bits);
    held &= (1 << bits) - 1;
  }
  return new Uint8Array(bytes);
}
