/** Which transport leads where, and which side of TLS this process is on it. */

import type { ProtocolName, SecurityKind, SocketAddress } from "../core/mod.ts";
import type { Connection, TlsUse, Transport } from "../net/mod.ts";

/** The transports of one process. */
export interface Transports {
  /** What accepts connections that are secured so; without TLS if no kind is named. */
  toListen(security: SecurityKind | undefined): Transport;
  /** What dials an address, secured as the machine says, if it does. */
  toDial(protocol: ProtocolName, to: SocketAddress, security: SecurityKind | undefined): Transport;
  /** How TLS is used on connections that are accepted (`listen`) or dialled. */
  tlsUse(protocol: ProtocolName, by: "listen" | "dial"): TlsUse;
  /** Why a connection that was just made is not to be used after all, in words. */
  objection?(connection: Connection): string | undefined;
}

/**
 * The only transport of a pool element, a pool user or an observer. It is the TLS client always, on
 * an element's own ASAP endpoint, too: there the registrar that dialled is the server (protocol
 * decision 27).
 */
export function clientTransports(transport: Transport): Transports {
  return {
    toListen: () => transport,
    toDial: () => transport,
    tlsUse: (protocol) => ({ role: "client", protocol: alpnOf(protocol) }),
  };
}

/** A protocol as TLS calls it. */
export function alpnOf(protocol: ProtocolName): TlsUse["protocol"] {
  return protocol === "ASAP" ? "asap" : "enrp";
}
