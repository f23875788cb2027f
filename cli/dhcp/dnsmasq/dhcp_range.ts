/** Values of dnsmasq's `dhcp-range` and `dhcp-host`, as far as they matter to us. */

import { FOR_EVER } from "../for_ever.ts";
import { isAddress } from "./lease.ts";

/** Consecutive IPv4 addresses, both ends included. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** A `dhcp-range` from which clients get addresses. */
export interface DhcpRange extends AddressRange {
  /** Lease time in seconds; {@linkcode FOR_EVER} for one that never ends. */
  readonly lease: number;
}

/** A `dhcp-host`. */
export interface DhcpHost {
  readonly addresses: readonly string[];
  readonly lease?: number | undefined;
}

/** dnsmasq's lease time where none is given. */
const DEFAULT_LEASE = 3600;
const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/**
 * A `dhcp-range`: `undefined` if it gives clients no addresses of IPv4 (IPv6, static, proxy), a
 * text that says why if it cannot be understood.
 */
export function parseRange(value: string): DhcpRange | string | undefined {
  const parts = value.split(",").map((part) => part.trim());
  // Tags come first and are never written with digits and dots alone.
  while (parts.length > 1 && !/^[0-9A-Fa-f.: ]*$/.test(parts[0]!)) parts.shift();
  const [first = "", last = "", ...rest] = parts;
  if (first.includes(":") || last === "static" || last === "proxy") return undefined;
  if (!isAddress(first) || !isAddress(last)) return `dhcp-range=${value} has no two addresses`;
  while (rest.length > 0 && isAddress(rest[0]!)) rest.shift();
  if (rest[0] === "static" || rest[0] === "proxy") return undefined;
  const lease = rest[0] === undefined ? DEFAULT_LEASE : leaseTime(rest[0]);
  if (lease === undefined || rest.length > 1) {
    return `dhcp-range=${value} has a lease time that cannot be understood`;
  }
  const isTurned = numberOf(first) > numberOf(last);
  return isTurned ? { first: last, last: first, lease } : { first, last, lease };
}

/** A `dhcp-host`. */
export function parseHost(value: string): DhcpHost {
  const parts = value.split(",").map((part) => part.trim());
  const times = parts.map(leaseTime).filter((time) => time !== undefined);
  return { addresses: parts.filter(isAddress), lease: times.at(-1) };
}

/** Seconds of `45`, `45m`, `12h`, `infinite`…; `undefined` for what is none of it. */
function leaseTime(text: string): number | undefined {
  if (text === "infinite") return FOR_EVER;
  const match = /^([0-9]{1,10})([smhdw]?)$/.exec(text.toLowerCase());
  if (match === null) return undefined;
  return Math.min(FOR_EVER, Number(match[1]) * UNITS[match[2]!]!);
}

/** An address as a number. */
export function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Whether an address is in a range. */
export function isWithin(address: string, { first, last }: AddressRange): boolean {
  const number = numberOf(address);
  return numberOf(first) <= number && number <= numberOf(last);
}

/** How many addresses a range has. */
export function sizeOf({ first, last }: AddressRange): number {
  return numberOf(last) - numberOf(first) + 1;
}
