/** The transport of an element whose sessions are served. */

import type { Transport } from "../../wire/mod.ts";

/** A transport that sessions can be served on. */
export type ServableTransport = Transport & { readonly protocol: "tcp" };

/** @throws {RangeError} if sessions of it cannot be served here. */
export function requireServable(transport: Transport): ServableTransport {
  if (transport.protocol !== "tcp") {
    throw new RangeError(`Sessions over ${transport.protocol} cannot be served: only tcp`);
  }
  if (transport.use > 1) {
    throw new RangeError(
      `Sessions of Transport Use ${transport.use} cannot be served: only 0 and 1`,
    );
  }
  return transport as ServableTransport;
}

/** @throws {RangeError} if nobody could connect to it. */
export function requirePort(transport: Transport): void {
  if (!("port" in transport) || transport.port !== 0) return;
  throw new RangeError(
    "Cannot register port 0: it must be from 1 to 65535, or `serve` comes first",
  );
}

/** The transport with the port on which it turned out to listen. */
export function withPort(transport: ServableTransport, port: number): ServableTransport {
  return { ...transport, port };
}

/** The transport with the address at which it was found, where it has none of its own. */
export function withAddress(transport: Transport, address: string): Transport {
  if (!("addresses" in transport) || transport.addresses.length > 0) return transport;
  return { ...transport, addresses: [address] };
}

/**
 * Where to listen; the first that this host has is taken. Without an address the element is
 * registered with that of its connection to the registrar, which may be any of this host's.
 */
export function hostsToListen({ addresses }: ServableTransport, host?: string): readonly string[] {
  if (host !== undefined) return [host];
  return addresses.length > 0 ? [addresses[0]!] : ["::", "0.0.0.0"];
}
