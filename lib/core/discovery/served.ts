/** What a registrar announces on which interface: only what can be reached from there. */

import { comparableAddress, isIpv6, isLoopback, isUnspecified } from "../../wire/mod.ts";
import type { ProtocolName, SocketAddress } from "../machine.ts";
import { ANNOUNCED_PORTS, encodePresence, encodeServerAnnounce } from "./announcement.ts";

/** Where a registrar serves one protocol, as it is announced. */
export interface AnnouncedAddresses {
  /** Where it listens: IP addresses; an unspecified one stands for all of this host. */
  readonly listening: readonly SocketAddress[];
  /** What is announced instead: behind a translation of addresses, in a container, a relay. */
  readonly advertised?: SocketAddress | undefined;
}

/**
 * The datagram that announces a registrar.
 *
 * @param from The address from which it is sent.
 * @returns nothing if the registrar cannot be reached where the datagram goes.
 */
export function announcementFrom(
  from: string,
  protocol: ProtocolName,
  identifier: number,
  served: AnnouncedAddresses,
): Uint8Array | undefined {
  const addresses = reachableFrom(from, served);
  const [first] = addresses;
  if (first === undefined) return undefined;
  if (protocol === "ENRP") return encodePresence(identifier, first);
  return encodeServerAnnounce(identifier, isImplied(from, addresses) ? [] : addresses);
}

/** RFC 5352 §3.6: without transports, the source address and the registered port are meant. */
function isImplied(from: string, addresses: readonly SocketAddress[]): boolean {
  const [only, ...others] = addresses;
  return others.length === 0 && only!.host === comparableAddress(from) &&
    only!.port === ANNOUNCED_PORTS.ASAP;
}

function reachableFrom(from: string, served: AnnouncedAddresses): SocketAddress[] {
  const { listening, advertised } = served;
  if (advertised !== undefined) return [advertised];
  const source = comparableAddress(from);
  // An element that comes over the loopback registers its loopback address, which nobody but this
  // host can use: whoever serves others, too, is to be found at another address.
  const servesThisHostOnly = listening.every(({ host }) => isLoopback(host));
  const reachable = listening.flatMap(({ host, port }) => {
    const address = comparableAddress(host);
    if (isUnspecified(address)) {
      const isReached = takesFamily(address, source) && !isLoopback(source);
      return isReached ? [{ host: source, port }] : [];
    }
    if (isLoopback(address) && !(servesThisHostOnly && isLoopback(source))) return [];
    return [{ host: address, port }];
  });
  const byKey = new Map(reachable.map((each) => [`${each.host} ${each.port}`, each]));
  return [...byKey.values()];
}

/** A listener at :: takes IPv4, too. */
function takesFamily(unspecified: string, address: string): boolean {
  return isIpv6(unspecified) || !isIpv6(address);
}
