/** A packet from its first byte to what TCP, SCTP or UDP carry. RFC 791, RFC 8200. */

import type { Api, SocketAddress } from "../api.ts";
import { u16 } from "../bytes.ts";

/** What a packet carries over IP. */
export interface Datagram {
  readonly protocol: "tcp" | "sctp" | "udp";
  readonly from: string;
  readonly to: string;
  /** From the first byte of its header on, without what the link has added behind. */
  readonly bytes: Uint8Array;
}

/** A datagram's ends with their ports. */
export interface Ends {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
}

type Format = Api["formatIpAddress"];

const PROTOCOLS: ReadonlyMap<number, Datagram["protocol"]> = new Map([
  [6, "tcp"],
  [17, "udp"],
  [132, "sctp"],
]);

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** IEEE 802.1Q, 802.1ad, and what came before it. */
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
/** VLAN tags in a row. */
const MAX_TAGS = 4;
/** Extension headers in a row. RFC 8200 §4.1 has each once. */
const MAX_EXTENSIONS = 16;

/** LINKTYPEs and where IP begins; the kind of those with an Ethertype is read there. */
const LINKS: ReadonlyMap<number, (bytes: Uint8Array) => number | undefined> = new Map([
  [0, loopback], // BSD loopback
  [108, loopback], // OpenBSD loopback
  [1, (bytes) => ethernet(bytes, 12)], // Ethernet
  [113, (bytes) => ethernet(bytes, 14)], // Linux cooked capture
  [276, linuxCooked2], // Linux cooked capture, version 2
  [12, () => 0], // raw IP
  [14, () => 0], // raw IP, OpenBSD
  [101, () => 0], // raw IP
  [228, () => 0], // IPv4
  [229, () => 0], // IPv6
]);

/**
 * What a packet carries; `undefined`: nothing of interest, `"fragment"`: a part of a datagram,
 * `"unknown-link"`: nobody knows where IP begins.
 */
export function readFrame(
  { formatIpAddress }: Pick<Api, "formatIpAddress">,
  linkType: number,
  bytes: Uint8Array,
): Datagram | "fragment" | "unknown-link" | undefined {
  const link = LINKS.get(linkType);
  if (link === undefined) return "unknown-link";
  const at = link(bytes);
  if (at === undefined || at >= bytes.length) return undefined;
  const packet = bytes.subarray(at);
  const version = packet[0]! >> 4;
  if (version === 4) return ipv4(packet, formatIpAddress);
  return version === 6 ? ipv6(packet, formatIpAddress) : undefined;
}

/** The port numbers, which TCP, SCTP and UDP have at the same place. */
export function endsOf({ from, to, bytes }: Datagram): Ends | undefined {
  if (bytes.length < 4) return undefined;
  return {
    from: { host: from, port: u16(bytes, 0) },
    to: { host: to, port: u16(bytes, 2) },
  };
}

function loopback(): number {
  return 4;
}

function linuxCooked2(bytes: Uint8Array): number | undefined {
  return isIp(u16(bytes, 0)) ? 20 : undefined;
}

/** Where IP begins behind an Ethertype, and behind the tags before it. */
function ethernet(bytes: Uint8Array, typeAt: number): number | undefined {
  for (let at = typeAt, tags = 0; tags <= MAX_TAGS; at += 4, tags++) {
    const type = u16(bytes, at);
    if (isIp(type)) return at + 2;
    if (!VLAN_TAGS.has(type)) return undefined;
  }
  return undefined;
}

function isIp(type: number): boolean {
  return type === ETHERTYPE_IPV4 || type === ETHERTYPE_IPV6;
}

function ipv4(bytes: Uint8Array, format: Format): Datagram | "fragment" | undefined {
  const headerBytes = (bytes[0]! & 15) * 4;
  if (headerBytes < 20 || bytes.length < headerBytes) return undefined;
  const protocol = PROTOCOLS.get(bytes[9]!);
  if (protocol === undefined) return undefined;
  // More fragments, or an offset.
  if ((u16(bytes, 6) & 0x3fff) !== 0) return "fragment";
  // A sender whose card cuts segments itself leaves the length out.
  const total = u16(bytes, 2) || bytes.length;
  const host = (at: number) => format(bytes.subarray(at, at + 4));
  return { protocol, from: host(12), to: host(16), bytes: bytes.subarray(headerBytes, total) };
}

function ipv6(bytes: Uint8Array, format: Format): Datagram | "fragment" | undefined {
  if (bytes.length < 40) return undefined;
  const end = 40 + (u16(bytes, 4) || bytes.length - 40);
  let next = bytes[6]!;
  let at = 40;
  for (let extensions = 0; extensions <= MAX_EXTENSIONS; extensions++) {
    const protocol = PROTOCOLS.get(next);
    if (protocol !== undefined) {
      const [from, to] = [format(bytes.subarray(8, 24)), format(bytes.subarray(24, 40))];
      return { protocol, from, to, bytes: bytes.subarray(at, end) };
    }
    if (next === 44) return "fragment";
    // Hop-by-hop, routing, destination options.
    if (![0, 43, 60].includes(next) || at + 8 > bytes.length) return undefined;
    next = bytes[at]!;
    at += (bytes[at + 1]! + 1) * 8;
  }
  return undefined;
}
