/** IP addresses as text: canonical for both families, RFC 5952 for IPv6. */

/** Canonical text of an IPv4 or IPv6 address. */
export type IpAddress = string;

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
const GROUPS = 8;
/** Bytes of an IPv6 address that name a network; who has one has all of its addresses. */
const IPV6_NETWORK_BYTES = 8;
const MAPPED_PREFIX = "::ffff:";

/**
 * Canonical text of four or sixteen bytes.
 *
 * @throws {RangeError} if there are neither four nor sixteen bytes.
 *
 * @example
 * ```ts
 * import { formatIpAddress, parseIpAddress } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatIpAddress(new Uint8Array([192, 0, 2, 10])), "192.0.2.10");
 * assert.equal(formatIpAddress(parseIpAddress("2001:DB8:0:0::1")), "2001:db8::1");
 * ```
 */
export function formatIpAddress(bytes: Uint8Array): IpAddress {
  const { length } = bytes;
  if (length !== IPV4_BYTES && length !== IPV6_BYTES) {
    throw new RangeError(`Cannot format ${length} bytes as IP address: it must be 4 or 16`);
  }
  return formatIpAddressAt(bytes, 0, length);
}

/** Canonical text of the four or sixteen bytes at an offset. */
export function formatIpAddressAt(bytes: Uint8Array, at: number, width: 4 | 16): IpAddress {
  if (width === IPV6_BYTES) return formatIpv6(bytes, at);
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/**
 * The bytes of an IP address: four or sixteen.
 *
 * @throws {SyntaxError} if the text is no IPv4 address of four plain decimal parts and no IPv6
 * address.
 *
 * @example
 * ```ts
 * import { parseIpAddress } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseIpAddress("192.0.2.10"), new Uint8Array([192, 0, 2, 10]));
 * assert.throws(() => parseIpAddress("192.0.2.010"), SyntaxError);
 * ```
 */
export function parseIpAddress(text: string): Uint8Array {
  if (text.includes(":")) return parseIpv6(text) ?? failToParse(text);
  const bits = parseIpv4(text) ?? failToParse(text);
  return new Uint8Array([bits >>> 24, bits >>> 16, bits >>> 8, bits]);
}

function failToParse(text: string): never {
  throw new SyntaxError(`Cannot read "${text.slice(0, 60)}" as IP address`);
}

/** Whether the text is an IPv6 address, given that it is an IP address. */
export function isIpv6(address: IpAddress): boolean {
  return address.includes(":");
}

/**
 * The form to compare by: `::ffff:a.b.c.d` is the IPv4 address `a.b.c.d` (protocol decision 19).
 *
 * @example
 * ```ts
 * import { comparableAddress } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(comparableAddress("::ffff:192.0.2.10"), "192.0.2.10");
 * ```
 */
export function comparableAddress(address: IpAddress): IpAddress {
  return address.startsWith(MAPPED_PREFIX) && address.includes(".")
    ? address.slice(MAPPED_PREFIX.length)
    : address;
}

/** Whether an address is of the host itself: 127/8 or ::1. */
export function isLoopback(address: IpAddress): boolean {
  const compared = comparableAddress(address);
  return compared === "::1" || compared.startsWith("127.");
}

/** Whether an address is the one that stands for all: 0.0.0.0 or ::. */
export function isUnspecified(address: IpAddress): boolean {
  const compared = comparableAddress(address);
  return compared === "0.0.0.0" || compared === "::";
}

/**
 * What counts as one host where each may have or do so much: an IPv4 address, or the /64 of an IPv6
 * address, as one IPv6 host has 2^64 addresses.
 */
export function networkOf(address: IpAddress): string {
  const compared = comparableAddress(address);
  if (!isIpv6(compared)) return compared;
  // A zone names an interface of this host, not an address.
  const bytes = parseIpAddress(compared.split("%")[0]!);
  return `${formatIpAddress(bytes.fill(0, IPV6_NETWORK_BYTES))}/64`;
}

/** The 32 bits of an IPv4 address in four plain decimal parts, or `undefined` if it is none. */
export function parseIpv4(text: string): number | undefined {
  let bits = 0;
  let part = -1;
  let parts = 0;
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) {
      // No leading zero: 010 is eight to some readers and ten to others.
      if (part === 0) return undefined;
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return undefined;
      continue;
    }
    const isEnd = i === text.length || text[i] === ".";
    if (!isEnd || part < 0 || ++parts > IPV4_BYTES) return undefined;
    bits = (bits << 8) | part;
    part = -1;
  }
  return parts === IPV4_BYTES ? bits >>> 0 : undefined;
}

/** The sixteen bytes of an IPv6 address, or `undefined` if it is none. */
function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const isWhole = halves.length === 1;
  const head = parseGroups(halves[0]!, isWhole);
  const tail = isWhole ? [] : parseGroups(halves[1]!, true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  if (isWhole ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(IPV6_BYTES);
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 0xff;
  }
  return bytes;
}

/** Groups between colons; the last two of an address may be written as an IPv4 address. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
      continue;
    }
    const four = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (four === undefined) return undefined;
    groups.push(four >>> 16, four & 0xffff);
  }
  return groups;
}

function formatIpv6(bytes: Uint8Array, at: number): string {
  const groups: number[] = [];
  for (let i = at; i < at + IPV6_BYTES; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  const [from, length] = longestZeroRun(groups);
  if (from === 0 && length === 5 && groups[5] === 0xffff) {
    return MAPPED_PREFIX + formatIpAddressAt(bytes, at + IPV6_BYTES - IPV4_BYTES, IPV4_BYTES);
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}

/** The longest run of zero groups, the first of several. RFC 5952 §4.2.3. */
function longestZeroRun(groups: readonly number[]): [from: number, length: number] {
  let best: [number, number] = [0, 0];
  let from = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (i < groups.length && groups[i] === 0) continue;
    if (i - from > best[1]) best = [from, i - from];
    from = i + 1;
  }
  return best;
}
