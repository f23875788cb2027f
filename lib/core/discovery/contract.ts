/**
 * Discovery without configuration: what is sent to and heard from multicast groups. RFC 5352 §3.6;
 * where it gives no rule, protocol decision 23. What is heard is a hint to dial, never a fact.
 */

import type { Random } from "../../handlespace/random.ts";
import type { Limits } from "../limits.ts";
import type { Instant, ProtocolName, SocketAddress } from "../machine.ts";
import type { DiscoveryTiming } from "../timing.ts";

/** What discovery is made of. */
export interface DiscoveryOptions {
  readonly timing: DiscoveryTiming;
  readonly limits: Limits;
  readonly random: Random;
  /** Ports of announcements that name no address. Default: those without security. */
  readonly usualPorts?: Readonly<Record<ProtocolName, number>> | undefined;
}

/** What discovery tells. */
export type DiscoveryEvent =
  /** An address was announced that was not known, or whose time was over. */
  | {
    readonly type: "registrar-announced";
    readonly protocol: ProtocolName;
    /** Server Identifier; whoever sent the datagram may have made it up. */
    readonly identifier: number;
    readonly registrar: SocketAddress;
    /** Where the datagram came from. */
    readonly source: string;
  }
  /** An address was not announced again in time. RFC 5352 §3.6, T7-ENRPoutdate. */
  | { readonly type: "registrar-outdated"; readonly registrar: SocketAddress }
  /** Datagrams were of no use; told of at most once in a while, however many come. */
  | {
    readonly type: "announcements-dropped";
    /** How many, since this was told last. */
    readonly count: number;
    /** Of the latest: where it came from, and why it is of no use. */
    readonly source: string;
    readonly why: string;
  };

/** What discovery asks for. */
export type DiscoveryOutput<Command> =
  /** The local registrar is to be announced now, on each of its interfaces. */
  | { readonly type: "announce"; readonly protocol: ProtocolName }
  /** A command for the machine that it serves. */
  | { readonly type: "command"; readonly command: Command }
  | { readonly type: "event"; readonly event: DiscoveryEvent };

/** Discovery of one machine: datagrams in, commands and announcements out. */
export interface Discovery<Command> {
  /** Takes a datagram that came to a group. Never throws for anything that can come. */
  hear(protocol: ProtocolName, bytes: Uint8Array, source: SocketAddress, now: Instant): void;
  /** Time has passed. */
  onDeadline(now: Instant): void;
  /** When to call `onDeadline`. */
  deadline(): Instant | undefined;
  /** The next output, or `undefined`. */
  poll(): DiscoveryOutput<Command> | undefined;
}
