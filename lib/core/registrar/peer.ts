/** What a registrar remembers of its peers. RFC 5353 §3.4: the "peer list". */

import type { ServerInformation } from "../../wire/mod.ts";
import type { Association, Instant, SocketAddress } from "../machine.ts";
import { Timers } from "../timers.ts";
import { endpointKey } from "./attachment.ts";
import type { Resynchronization } from "./audit.ts";
import type { OpenAssociation } from "./child.ts";
import type { Takeover } from "./takeover.ts";

/** An address at which a registrar is, or was: dialled whenever no association is open. */
export class PeerAddress {
  readonly address: SocketAddress;
  /** Configured, so never forgotten. RFC 5353 §3.2.2.1. */
  readonly isMentor: boolean;
  /** Who answered there last. */
  peer: Peer | undefined = undefined;
  /** Its dial, or the association that the dial led to. */
  association: Association | undefined = undefined;
  /** Dials in vain since the last answer. */
  failures = 0;
  /** Whether this registrar itself answers there. */
  isSelf = false;
  /** Whether a mentor that has proved who it is answers there, and may be no peer here. */
  isRefused = false;
  /** When it was last told that one of both refuses the other. */
  refusalToldAt: Instant | undefined = undefined;

  constructor(address: SocketAddress, isMentor: boolean) {
    this.address = address;
    this.isMentor = isMentor;
  }
}

/** Another registrar of the operational scope. */
export class Peer {
  readonly identifier: number;
  /** Who it has proved to be, where registrars are secured: nobody else is it while it lives. */
  identity: string | undefined = undefined;
  information: ServerInformation | undefined = undefined;
  /** Where it is dialled. */
  address: PeerAddress | undefined = undefined;
  /** The association in use. */
  open: OpenAssociation | undefined = undefined;
  /** Since when that one is in use. */
  boundAt: Instant = -Infinity;
  /** The association over which it has handed elements over: it ends (protocol decision 7). */
  leaving: OpenAssociation | undefined = undefined;
  /** Associations that another one has replaced: what still comes over them is heard. */
  readonly retired = new Set<OpenAssociation>();
  /** RFC 5353 §4.1: peer_last_heard. */
  lastHeardAt: Instant;
  /** Whether it was ever heard, or others only spoke of it. */
  isHeard = false;
  /**
   * `suspect`: silent for MAX-TIME-LAST-HEARD, or without an association. `inactive`: another
   * registrar takes it over, so it is monitored no longer (RFC 5353 §3.5.1).
   */
  state: "active" | "suspect" | "inactive" = "active";
  /** Whether it rejected a request for its list: it is itself initializing. */
  isInitializing = false;
  /** Whether it was asked for its list and has not responded. */
  isListAwaited = false;
  /** Whether it has shown that it understands messages about bindings. docs/dhcp.md §5.5. */
  speaksBindings = false;
  /** The download of its own children that is under way. */
  resynchronization: Resynchronization | undefined = undefined;

  constructor(identifier: number, now: Instant) {
    this.identifier = identifier;
    this.lastHeardAt = now;
  }
}

/** All peers, where they are, and when something is to be done about them. */
export class PeerList {
  readonly peers = new Map<number, Peer>();
  readonly addresses = new Map<string, PeerAddress>();
  /** Dials under way and associations that they led to. */
  readonly dials = new Map<Association, PeerAddress>();
  /** Takeovers under way, of this registrar's and of others, by target. */
  readonly takeovers = new Map<number, Takeover>();

  readonly heartbeats = new Timers<"heartbeat">();
  /** When a peer's silence is looked at. */
  readonly watches = new Timers<Peer>();
  readonly redials = new Timers<PeerAddress>();
  /** Dialled associations that have not said who they are. */
  readonly introductions = new Timers<OpenAssociation>();
  readonly retirements = new Timers<OpenAssociation>();
  readonly arbitrations = new Timers<Takeover>();
  /** Answers to requests for own children. */
  readonly tables = new Timers<Peer>();
  readonly audits = new Timers<Peer>();

  readonly clocks: readonly { next(): Instant | undefined }[] = [
    this.heartbeats,
    this.watches,
    this.redials,
    this.introductions,
    this.retirements,
    this.arbitrations,
    this.tables,
    this.audits,
  ];

  /** Since when elements belong to a registrar that is no peer. */
  readonly orphanedSince = new Map<number, Instant>();

  get(identifier: number): Peer | undefined {
    return this.peers.get(identifier);
  }

  addressAt(address: SocketAddress): PeerAddress | undefined {
    return this.addresses.get(endpointKey(address));
  }

  /** Peers that can be spoken to. */
  *connected(): IterableIterator<Peer> {
    for (const peer of this.peers.values()) {
      if (peer.open !== undefined) yield peer;
    }
  }
}
