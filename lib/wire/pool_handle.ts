/**
 * Pool handles. RFC 5354 §3.9: a sequence of bytes. Here a handle is its canonical text, which
 * stands one to one for the bytes, so that equal handles are equal strings: the text itself if the
 * bytes are printable UTF-8 and do not begin with `hex:`, else `hex:` and their digits.
 */

import { hex, parseHex } from "./hex.ts";

/** The canonical text of a pool handle. */
export type PoolHandle = string;

const HEX_PREFIX = "hex:";
const ASCII: readonly string[] = Array.from({ length: 0x80 }, (_, i) => String.fromCharCode(i));
/** First byte of a UTF-8 sequence by the number of bytes that follow it, without its data bits. */
const LEAD: readonly number[] = [0x00, 0xc0, 0xe0, 0xf0];

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
  return poolHandleTextAt(bytes, 0, bytes.length);
}

/** The canonical text of the bytes from one offset to before another. */
export function poolHandleTextAt(bytes: Uint8Array, from: number, to: number): PoolHandle {
  const text = decodeUtf8(bytes, from, to);
  if (text === undefined || text === "" || text.startsWith(HEX_PREFIX)) {
    return HEX_PREFIX + hex(bytes.subarray(from, to));
  }
  // Longer than its bytes it cannot be; as long, it is ASCII, which decodeUtf8 has seen through.
  if (text.length < to - from && !isPrintable(text)) {
    return HEX_PREFIX + hex(bytes.subarray(from, to));
  }
  return text;
}

/** Letters, marks, numbers, punctuation, symbols, plain space: no control, nothing invisible. */
function isPrintable(text: string): boolean {
  // Here and not above, as to build this one takes a millisecond of a command's start.
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(text);
}

/**
 * The bytes for which the text of a pool handle stands.
 *
 * @throws {SyntaxError} after `hex:`, if what follows is not pairs of hexadecimal digits; and for
 * half of a surrogate pair, which stands for no bytes.
 *
 * @example
 * ```ts
 * import { poolHandleBytes } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(poolHandleBytes("hex:00ff"), new Uint8Array([0x00, 0xff]));
 * ```
 */
export function poolHandleBytes(handle: PoolHandle): Uint8Array {
  if (handle.startsWith(HEX_PREFIX)) return parseHex(handle.slice(HEX_PREFIX.length));
  return encodeUtf8(handle);
}

/** Whether the bytes of a pool handle are its characters, one for one. */
export function isPlainAscii(handle: PoolHandle): boolean {
  for (let i = 0; i < handle.length; i++) if (handle.charCodeAt(i) >= 0x80) return false;
  return !handle.startsWith(HEX_PREFIX);
}

/**
 * Length of a pool handle in bytes, which is what limits count.
 *
 * @example
 * ```ts
 * import { poolHandleLength } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(poolHandleLength("größe"), 7);
 * assert.equal(poolHandleLength("hex:00ff"), 2);
 * ```
 */
export function poolHandleLength(handle: PoolHandle): number {
  if (handle.startsWith(HEX_PREFIX)) return (handle.length - HEX_PREFIX.length) / 2;
  return utf8Length(handle);
}

/**
 * The canonical pool handle for what a person or script wrote.
 *
 * @throws {SyntaxError} as `poolHandleBytes` does.
 *
 * @example
 * ```ts
 * import { parsePoolHandle } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parsePoolHandle("hex:776562"), "web");
 * assert.equal(parsePoolHandle("two\nlines"), "hex:74776f0a6c696e6573");
 * ```
 */
export function parsePoolHandle(text: string): PoolHandle {
  return poolHandleText(poolHandleBytes(text));
}

/**
 * UTF-8 by hand, as the pure rooms have no `TextDecoder`; `undefined` if it is not, or a control.
 */
function decodeUtf8(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = "";
  let i = from;
  while (i < to) {
    const first = bytes[i++]!;
    if (first < 0x80) {
      if (first < 0x20 || first === 0x7f) return undefined;
      text += ASCII[first];
      continue;
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || i + more > to) return undefined;
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
  if (point > 0x10ffff || isSurrogate(point)) return true;
  return (more === 2 && point < 0x800) || (more === 3 && point < 0x10000);
}

function isSurrogate(point: number): boolean {
  return point >= 0xd800 && point <= 0xdfff;
}

function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800 || isSurrogate(unit)) length += 2;
    else length += 3;
  }
  return length;
}

function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!;
    if (point < 0x80) {
      bytes[at++] = point;
      continue;
    }
    if (isSurrogate(point)) {
      throw new SyntaxError("Cannot read the text as pool handle: half of a surrogate pair in it");
    }
    const more = point >= 0x10000 ? 3 : point >= 0x800 ? 2 : 1;
    bytes[at++] = LEAD[more]! | (point >> (6 * more));
    for (let k = more - 1; k >= 0; k--) bytes[at++] = 0x80 | ((point >> (6 * k)) & 0x3f);
    if (more === 3) i++;
  }
  return bytes;
}
