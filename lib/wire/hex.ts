/** Hexadecimal digits as people read them. */

/** Two lower-case digits a byte. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/**
 * Bytes of pairs of hexadecimal digits.
 *
 * @throws {SyntaxError} if the text is not an even number of hexadecimal digits.
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
 * An identifier of a registrar or pool element as everywhere in this project: eight lower-case digits.
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

/** A number as `0x` and at least `digits` lower-case digits. */
export function formatNumber(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
