/** Ranges of IP addresses: those that an identity may register besides the observed one. */

import { comparableAddress, type IpAddress, parseIpAddress } from "../../wire/mod.ts";
import type { AddressRange } from "./permissions.ts";

/**
 * Reads `192.0.2.0/24`, `2001:db8::/32`, or an address alone.
 *
 * @throws {SyntaxError} if it is none, or if bits beyond the range are set, which most often is a
 * mistake.
 */
export function parseAddressRange(text: string): AddressRange {
  const [address = "", length, ...more] = text.split("/");
  const bytes = bytesOf(address);
  const all = bytes.length * 8;
  const bits = length === undefined ? all : /^(0|[1-9][0-9]{0,2})$/.test(length) ? +length : NaN;
  if (more.length > 0 || !(bits <= all)) {
    throw new SyntaxError(`"${text}" is no range of addresses such as 192.0.2.0/${all}`);
  }
  for (let bit = bits; bit < all; bit++) {
    if (isSet(bytes, bit)) {
      throw new SyntaxError(`"${text}" has bits beyond its first ${bits}, which must be 0`);
    }
  }
  return { address: comparableAddress(address), bits };
}

/** Whether an address is in a range; an IPv4-mapped one compares as IPv4. */
export function isInRange({ address, bits }: AddressRange, candidate: IpAddress): boolean {
  const range = bytesOf(address);
  const bytes = bytesOf(candidate);
  if (range.length !== bytes.length) return false;
  for (let bit = 0; bit < bits; bit++) {
    if (isSet(range, bit) !== isSet(bytes, bit)) return false;
  }
  return true;
}

function isSet(bytes: Uint8Array, bit: number): boolean {
  return (bytes[bit >> 3]! & (0x80 >> (bit & 7))) !== 0;
}

function bytesOf(address: IpAddress): Uint8Array {
  return parseIpAddress(comparableAddress(address));
}
