/** What is found in a capture. */

import { ASAP_PORT, ENRP_PORT } from "../address.ts";
import type { ProtocolWord } from "../decoding.ts";
import type { Ends } from "./frame.ts";

/** A message of ASAP or ENRP, or what was to be one. */
export interface CapturedMessage extends Ends {
  /** The packet that completed it. */
  readonly packet: number;
  readonly timeNs: bigint | undefined;
  readonly transport: "tcp" | "sctp" | "udp";
  readonly protocol: ProtocolWord;
  /** A copy. */
  readonly bytes: Uint8Array;
}

/** What could not be read. */
export interface Losses {
  /** Connections over TLS. */
  tlsConnections: number;
  /** Places in streams where segments are missing. */
  gaps: number;
  /** Bytes behind such places, and at the beginning, where no message begins. */
  skippedBytes: number;
  /** Packets of which only the beginning was captured. */
  cutPackets: number;
  /** Parts of IP datagrams. */
  fragments: number;
  /** Packets of links of which nobody knows where IP begins. */
  unknownLinks: number;
  /** Connections that were forgotten, as there were too many. */
  forgotten: number;
}

/** Nothing is lost yet. */
export function noLosses(): Losses {
  return {
    tlsConnections: 0,
    gaps: 0,
    skippedBytes: 0,
    cutPackets: 0,
    fragments: 0,
    unknownLinks: 0,
    forgotten: 0,
  };
}

/** What is spoken between two ends, as far as their ports tell. */
export function protocolOfPorts({ from, to }: Ends): ProtocolWord | undefined {
  if (from.port === ASAP_PORT || to.port === ASAP_PORT) return "asap";
  return from.port === ENRP_PORT || to.port === ENRP_PORT ? "enrp" : undefined;
}
