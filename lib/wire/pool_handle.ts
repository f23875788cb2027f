/**
 * Pool handles. RFC 5354 §3.9: a sequence of bytes. Here a handle is its canonical text, which stands
 * one to one for the bytes, so that equal handles are equal strings: the text itself if the bytes are
 * printable UTF-8 and do not begin with `hex:`, else `hex:` and their digits.
 */

import { hex, parseHex } from "./hex.ts";

/** The canonical text of a pool handle. */
export type PoolHandle = string;

const HEX_PREFIX = "hex:";
/** Letters, marks, numbers, punctuation, symbols, plain space: no control, no invisible formatting. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u;

/**
 * The canonical text of the bytes of a pool handle.
 *
 * @example
 * ```ts
 * import { poolHandleText } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(poolHandleText(new Uint8Array([0x77, 0x65, 0x62])), "web");
 * assert.equal(poolHandleText(new Uint8Array([0x00, 0xff])), "hex:00ff");
 * ```
 */
export function poolHandleText(bytes: Uint8Array): PoolHandle {
  const text = decodeUtf8(bytes);
  if (text === undefined || text.startsWith(HEX_PREFIX) || !PRINTABLE.test(text)) {
    return HEX_PREFIX + hex(bytes);
  }
  return text;
}

/** The bytes for which the canonical text of a pool handle stands. */
export function poolHandleBytes(handle: PoolHandle): Uint8Array {
  if (handle.startsWith(HEX_PREFIX)) return parseHex(handle.slice(HEX_PREFIX.length));
  return encodeUtf8(handle);
}

/** Length of a pool handle in bytes, which is what limits count. */
export function poolHandleLength(handle: PoolHandle): number {
  if (handle.startsWith(HEX_PREFIX)) return (handle.length - HEX_PREFIX.length) / 2;
  let length = 0;
  for (let i = 0; i < handle.length; i++) {
    const unit = handle.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit >= 0xd800 && unit <= 0xdfff) length += 2;
    else length += 3;
  }
  return length;
}

/**
 * The canonical pool handle for what a person or script wrote.
 *
 * @throws {SyntaxError} after `hex:`, if what follows is not pairs of hexadecimal digits.
 *
 * @example
 * ```ts
 * import { parsePoolHandle } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parsePoolHandle("hex:776562"), "web");
 * ```
 */
export function parsePoolHandle(text: string): PoolHandle {
  return poolHandleText(poolHandleBytes(text));
}

/** UTF-8 by hand, as the pure rooms have no `TextDecoder`; `undefined` if the bytes are not UTF-8. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text = "";
  let i = 0;
  while (i < bytes.length) {
    const first = bytes[i++]!;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      continue;
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || i + more > bytes.length) return undefined;
    let point = first & (0x3f >> more);
    for (let k = 0; k < more; k++) {
      const next = bytes[i++]!;
      if ((next & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    if (isOverlongOrSurrogate(point, more)) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}

function isOverlongOrSurrogate(point: number, more: number): boolean {
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return true;
  return (more === 2 && point < 0x800) || (more === 3 && point < 0x10000);
}

function encodeUtf8(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) {
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    } else {
      bytes.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f));
      bytes.push(0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    }
  }
  return new Uint8Array(bytes);
}
