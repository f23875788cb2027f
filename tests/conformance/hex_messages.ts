/**
 * Messages written out in hex, so that nothing of the codec stands on both sides of a comparison.
 */

import assert from "node:assert/strict";
import {
  asap,
  type AsapMessage,
  CAUSE,
  DecodeFailure,
  hex,
  parseHex,
  type PoolElement,
} from "../../lib/wire/mod.ts";

/** Bytes of hex in groups. */
export function bytesOf(...groups: string[]): Uint8Array {
  return parseHex(groups.join("").replaceAll(" ", ""));
}

/** Sixteen bits as four digits. */
export function word(value: number): string {
  return value.toString(16).padStart(4, "0");
}

/** A message around a value whose last padding it does not count. */
export function message(type: number, value: string, flags = 0): Uint8Array {
  const digits = value.replaceAll(" ", "");
  return bytesOf(word(type << 8 | flags), word(4 + digits.length / 2), digits);
}

/** The digits of a parameter around a value. */
export function tlv(type: number, value: string): string {
  const digits = value.replaceAll(" ", "");
  return word(type) + word(4 + digits.length / 2) + digits;
}

/** The Pool Handle "web", and the parts of a Pool Element. */
export const WEB = "00090007 77656200";
export const IPV4 = "00010008 c000020a";
export const TCP = tlv(0x5, `0050 0000 ${IPV4}`);
export const ROUND_ROBIN = "00080008 00000001";
export const ELEMENT = `0000d001 00000000 0000012c ${TCP}${ROUND_ROBIN}`;

/** A registration of a Pool Element with this value. */
export function registration(element: string): Uint8Array {
  return message(0x01, `${WEB} ${tlv(0xa, element)}`);
}

/** The message that the bytes are; they must be one. */
export function decoded(bytes: Uint8Array): AsapMessage {
  const result = asap.decode(bytes);
  assert(result.ok, result instanceof DecodeFailure ? result.detail : "");
  return result.message;
}

/** The Pool Element of a registration. */
export function elementIn(bytes: Uint8Array): PoolElement {
  const result = decoded(bytes);
  assert(result.type === "ASAP_REGISTRATION");
  return result.poolElement;
}

/** Why the bytes are no message; they must be none. */
export function failure(bytes: Uint8Array): DecodeFailure {
  const result = asap.decode(bytes);
  assert(!result.ok, "it was decoded");
  return result;
}

/** Bytes that must be answered with Invalid Values and this TLV. */
export function invalid(bytes: Uint8Array, offendingTlv: string): void {
  const { cause, report, offendingTlv: tlv } = failure(bytes);
  assert.equal(cause, CAUSE.invalidValues);
  assert.equal(report, true);
  assert.equal(hex(tlv), offendingTlv.replaceAll(" ", ""));
}

/** A cookie is the plainest of messages: one parameter of any bytes. */
export function cookie(value: string): AsapMessage {
  return { type: "ASAP_COOKIE", cookie: bytesOf(value) };
}
