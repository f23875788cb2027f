/**
 * What a datagram of a multicast group says: an ASAP_SERVER_ANNOUNCE (RFC 5352 §2.2.10) or an
 * ENRP_PRESENCE (RFC 5353 §2.1), and which of its addresses are worth a dial.
 */

import {
  asap,
  comparableAddress,
  DecodeFailure,
  enrp,
  isIpv6,
  isLoopback,
  isUnspecified,
  parseIpAddress,
  type Transport,
} from "../../wire/mod.ts";
import type { Limits } from "../limits.ts";
import type { ProtocolName, SocketAddress } from "../machine.ts";

/** The port of an address that is not announced: that of the datagram's source. RFC 5352 §3.6. */
export const ANNOUNCED_PORTS: Readonly<Record<ProtocolName, number>> = { ASAP: 3863, ENRP: 9901 };

/** A registrar that announces itself. */
export interface Announcement {
  readonly identifier: number;
  /** At least one. */
  readonly addresses: readonly SocketAddress[];
}

/** Why a datagram is of no use. */
export class Dropped {
  constructor(readonly why: string) {}
}

/**
 * Reads a datagram.
 *
 * @param source Where it came from; nobody has proved to be there (RFC 5352 §9.2).
 */
export function readAnnouncement(
  protocol: ProtocolName,
  bytes: Uint8Array,
  source: SocketAddress,
  limits: Limits,
  usualPorts = ANNOUNCED_PORTS,
): Announcement | Dropped {
  const { maxAnnouncementBytes } = limits;
  if (bytes.length > maxAnnouncementBytes) {
    return new Dropped(`it has more than ${maxAnnouncementBytes} bytes`);
  }
  // A message says itself where it ends: of a datagram it must be the whole.
  if (bytes.length < 4 || messageBytes(bytes) !== bytes.length) {
    return new Dropped("it is not one message");
  }
  const said = protocol === "ASAP" ? readServerAnnounce(bytes) : readPresence(bytes);
  if (said instanceof Dropped) return said;
  if (said.identifier === 0) return new Dropped("its server identifier is 0");
  const transports = said.transports.filter(({ protocol }) => protocol === "tcp");
  if (said.transports.length > 0 && transports.length === 0) {
    return new Dropped("none of its transports is TCP");
  }
  const announced = transports.length === 0
    ? [{ host: source.host, port: usualPorts[protocol] }]
    : transports.flatMap(addressesOf);
  const addresses = announced.filter((each) => isWorthADial(each, source.host))
    .map(({ host, port }) => ({ host: comparableAddress(host), port }));
  if (addresses.length === 0) return new Dropped("none of its addresses can be dialled");
  return { identifier: said.identifier, addresses };
}

interface Said {
  readonly identifier: number;
  readonly transports: readonly Transport[];
}

function readServerAnnounce(bytes: Uint8Array): Said | Dropped {
  const decoded = asap.decode(bytes);
  if (decoded instanceof DecodeFailure) return new Dropped(decoded.detail);
  const { message } = decoded;
  if (message.type !== "ASAP_SERVER_ANNOUNCE") return new Dropped(`it is an ${message.type}`);
  return { identifier: message.serverIdentifier, transports: message.transports };
}

/** What a presence says of the handlespace, its checksum, is nothing to believe from here. */
function readPresence(bytes: Uint8Array): Said | Dropped {
  const decoded = enrp.decode(bytes);
  if (decoded instanceof DecodeFailure) return new Dropped(decoded.detail);
  const { message } = decoded;
  if (message.type !== "ENRP_PRESENCE") return new Dropped(`it is an ${message.type}`);
  const { sender, serverInformation } = message;
  if (serverInformation === undefined) return { identifier: sender, transports: [] };
  if (serverInformation.identifier !== sender) {
    return new Dropped("its Server Information is that of another registrar");
  }
  return { identifier: sender, transports: [serverInformation.transport] };
}

/** The message's own length, padding included. RFC 5354 §4. */
function messageBytes(bytes: Uint8Array): number {
  const length = (bytes[2]! << 8) | bytes[3]!;
  return Math.ceil(length / 4) * 4;
}

function addressesOf(transport: Transport): SocketAddress[] {
  if (transport.protocol === "opaque") return [];
  const { addresses, port } = transport;
  return addresses.map((host) => ({ host, port }));
}

/** Loopback is this host: only whoever is on it can mean it. */
function isWorthADial({ host, port }: SocketAddress, source: string): boolean {
  if (port === 0 || !isIpAddress(host)) return false;
  const address = comparableAddress(host);
  if (isLoopback(address)) return isLoopback(source);
  return isUnicast(address);
}

function isIpAddress(host: string): boolean {
  try {
    parseIpAddress(host);
    return true;
  } catch {
    return false;
  }
}

/** An address of one host, which can be dialled without saying on which interface. */
function isUnicast(address: string): boolean {
  if (isUnspecified(address)) return false;
  const [first, second] = parseIpAddress(address) as Uint8Array & { 0: number; 1: number };
  if (!isIpv6(address)) return first > 0 && first < 224;
  const isLinkLocal = first === 0xfe && (second & 0xc0) === 0x80;
  return first !== 0xff && !isLinkLocal;
}

/** The bytes of an ASAP_SERVER_ANNOUNCE; without addresses: TCP at its source. RFC 5352 §3.6. */
export function encodeServerAnnounce(
  identifier: number,
  addresses: readonly SocketAddress[],
): Uint8Array {
  const transports = addresses.map(tcpTransport);
  return asap.encode({ type: "ASAP_SERVER_ANNOUNCE", serverIdentifier: identifier, transports });
}

/**
 * The bytes of an ENRP_PRESENCE to a group. It carries no PE Checksum, as what comes by multicast
 * is no fact about the handlespace (protocol decision 23).
 */
export function encodePresence(identifier: number, address: SocketAddress): Uint8Array {
  return enrp.encode({
    type: "ENRP_PRESENCE",
    replyRequired: false,
    sender: identifier,
    receiver: 0,
    serverInformation: { identifier, transport: tcpTransport(address) },
  });
}

function tcpTransport({ host, port }: SocketAddress): Transport {
  return { protocol: "tcp", port, use: 0, addresses: [host] };
}
