/** Hexadecimal digits as people read them. */

const ABRIDGED_BYTES = 16;
const DIGITS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => byte.toString(16).padStart(2, "0"),
);

/**
 * Two lower-case hexadecimal digits a byte.
 *
 * @example
 * ```ts
 * import { hex } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(hex(new Uint8Array([0, 255])), "00ff");
 * ```
 */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += DIGITS[byte];
  return text;
}

/** Hex for people: the first sixteen bytes, and how many there are where there are more. */
export function abridgedHex(bytes: Uint8Array): string {
  if (bytes.length <= ABRIDGED_BYTES) return hex(bytes);
  return `${hex(bytes.subarray(0, ABRIDGED_BYTES))}… (${bytes.length} bytes)`;
}

/**
 * Bytes of pairs of hexadecimal digits.
 *
 * @throws {SyntaxError} if the text is not an even number of hexadecimal digits.
 *
 * @example
 * ```ts
 * import { parseHex } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseHex("00FF"), new Uint8Array([0, 255]));
 * assert.throws(() => parseHex("0g"), SyntaxError);
 * ```
 */
export function parseHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) {
    throw new SyntaxError(`Cannot read "${text.slice(0, 40)}" as hex: the number of digits is odd`);
  }
  if (!/^[0-9a-fA-F]*$/.test(text)) {
    throw new SyntaxError(`Cannot read "${text.slice(0, 40)}" as hex: not hexadecimal digits`);
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/**
 * An identifier of a registrar or pool element as everywhere in this project: eight lower-case
 * digits.
 *
 * @example
 * ```ts
 * import { formatIdentifier } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatIdentifier(0xc0ffee), "0x00c0ffee");
 * ```
 */
export function formatIdentifier(identifier: number): string {
  return formatNumber(identifier, 8);
}

/**
 * A number as `0x` and at least `digits` lower-case hexadecimal digits.
 *
 * @example
 * ```ts
 * import { formatNumber } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatNumber(9, 4), "0x0009");
 * ```
 */
export function formatNumber(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
