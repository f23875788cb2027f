/** IP addresses as text: canonical for both families, RFC 5952 for IPv6. */

/** Canonical text of an IPv4 or IPv6 address. */
export type IpAddress = string;

const IPV4_BYTES = 4;
const GROUPS = 8;
const MAPPED_PREFIX = "::ffff:";

/** Canonical text of four or sixteen bytes. */
export function formatIpAddress(bytes: Uint8Array): IpAddress {
  if (bytes.length === IPV4_BYTES) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  return formatIpv6(bytes);
}

/**
 * The bytes of an IP address: four or sixteen.
 *
 * @throws {SyntaxError} if the text is no IPv4 address of four plain decimal parts and no IPv6 address.
 */
export function parseIpAddress(text: string): Uint8Array {
  const bytes = text.includes(":") ? parseIpv6(text) : parseIpv4(text);
  if (bytes === undefined) {
    throw new SyntaxError(`Cannot read "${text.slice(0, 60)}" as IP address`);
  }
  return bytes;
}

/** Whether the text is an IPv6 address, given that it is an IP address. */
export function isIpv6(address: IpAddress): boolean {
  return address.includes(":");
}

/** The form to compare by: `::ffff:a.b.c.d` is the IPv4 address `a.b.c.d` (protocol decision 19). */
export function comparableAddress(address: IpAddress): IpAddress {
  return address.startsWith(MAPPED_PREFIX) && address.includes(".")
    ? address.slice(MAPPED_PREFIX.length)
    : address;
}

/** Whether an address is of the host itself: 127/8 or ::1. */
export function isLoopback(address: IpAddress): boolean {
  const compared = comparableAddress(address);
  return compared === "::1" || /^127\./.test(compared);
}

/** Whether an address is the one that stands for all: 0.0.0.0 or ::. */
export function isUnspecified(address: IpAddress): boolean {
  const compared = comparableAddress(address);
  return compared === "0.0.0.0" || compared === "::";
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== IPV4_BYTES) return undefined;
  const bytes = new Uint8Array(IPV4_BYTES);
  for (const [i, part] of parts.entries()) {
    // No leading zero: 010 is eight to some readers and ten to others.
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!);
  const tail = halves.length === 2 ? parseGroups(halves[1]!) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const bytes = new Uint8Array(2 * GROUPS);
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 0xff;
  }
  return bytes;
}

function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    if (part.includes(".") && i === parts.length - 1) {
      const four = parseIpv4(part);
      if (four === undefined) return undefined;
      groups.push((four[0]! << 8) | four[1]!, (four[2]! << 8) | four[3]!);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(parseInt(part, 16));
    } else return undefined;
  }
  return groups;
}

function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 2 * GROUPS; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `${MAPPED_PREFIX}${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`;
  }
  const [from, length] = longestZeroRun(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}

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
