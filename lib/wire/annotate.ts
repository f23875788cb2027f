/** Annotated hex: a message field by field, for people, as far as its bytes can be read. */

import { causeName } from "./cause.ts";
import { formatNumber, hex } from "./hex.ts";
import type { Protocol } from "./protocol.ts";
import { Trace, type TraceLine } from "./trace.ts";

const BYTES_PER_LINE = 8;
/** Two digits a byte and the spaces between them. */
const HEX_WIDTH = 3 * BYTES_PER_LINE - 1;
const OFFSET_DIGITS = 4;
const INDENT = "  ";

/**
 * The lines of annotated hex: offset, bytes, and what they mean; nested parameters are indented. Of
 * broken bytes, everything up to the point of failure, then why reading stopped, then the rest as
 * hex. The hex columns together are all the bytes. Nothing in a line can control a terminal.
 *
 * @example
 * ```ts
 * import { annotate, asap, parseHex } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(annotate(asap, parseHex("0500000b" + "0009000777656200")), [
 *   "0000  05                       Message Type = ASAP_HANDLE_RESOLUTION (0x05)",
 *   "0001  00                       Message Flags = 0x00",
 *   "0002  00 0b                    Message Length = 11",
 *   "0004  00 09 00 07              Pool Handle, type 0x0009, length 7",
 *   "0008  77 65 62                   Pool Handle = web",
 *   "000b  00                       (padding)",
 * ]);
 * ```
 */
export function annotate<M extends { readonly type: string }>(
  protocol: Protocol<M>,
  bytes: Uint8Array,
): string[] {
  const trace = new Trace();
  const decoded = protocol.decode(bytes, trace);
  const lines = trace.lines.flatMap((line) => rows(bytes, line, meaning(line)));
  if (decoded.ok) return lines;
  const { cause, detail, offset } = decoded;
  const why = `!! ${detail} (${causeName(cause)}, ${formatNumber(cause, 4)})`;
  lines.push(row(offset, "", why));
  const last = trace.lines.at(-1);
  const read = last === undefined ? 0 : last.offset + last.length;
  if (read === bytes.length) return lines;
  return [...lines, ...rows(bytes, { offset: read, length: bytes.length - read }, "(not read)")];
}

/** Several lines where the bytes are many; the first says what they mean. */
function rows(
  bytes: Uint8Array,
  { offset, length }: { readonly offset: number; readonly length: number },
  text: string,
): string[] {
  const lines: string[] = [];
  const end = offset + length;
  let at = offset;
  do {
    const next = Math.min(at + BYTES_PER_LINE, end);
    lines.push(row(at, spaced(bytes.subarray(at, next)), at === offset ? text : ""));
    at = next;
  } while (at < end);
  return lines;
}

function meaning({ depth, label, value, isParameter }: TraceLine): string {
  const text = value === "" ? label : `${label}${isParameter ? ", " : " = "}${value}`;
  return INDENT.repeat(depth) + text;
}

function row(offset: number, digits: string, text: string): string {
  const at = offset.toString(16).padStart(OFFSET_DIGITS, "0");
  return `${at}  ${digits.padEnd(HEX_WIDTH)}  ${text}`.trimEnd();
}

function spaced(bytes: Uint8Array): string {
  return hex(bytes).replaceAll(/(..)(?=.)/g, "$1 ");
}
