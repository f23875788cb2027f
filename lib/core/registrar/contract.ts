/** What a registrar's machine is told, asked and tells. RFC 5352 §3, RFC 5353 §2. */

import type { Random } from "../../handlespace/random.ts";
import type { ErrorCause, IpAddress, PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { Limits } from "../limits.ts";
import type { Association, DisconnectReason, ProtocolName, SocketAddress } from "../machine.ts";
import type { Permissions } from "../security/permissions.ts";
import type { RateKind, Rates } from "../security/rates.ts";
import type { RegistrarTiming } from "../timing.ts";
import type { AuditReason } from "./audit.ts";
import type { BindingsEvent } from "./bindings/contract.ts";
import type { Arbitration, RsplibPeers } from "./compat.ts";
import type { MentorFailure } from "./initialization.ts";
import type { PeerRefused } from "./peer_refusal.ts";

/** What a registrar's machine is made of. */
export interface RegistrarOptions {
  /** Server Identifier, not 0. RFC 5353 §2.1: random, and the same until the registrar ends. */
  readonly identifier: number;
  readonly random: Random;
  readonly limits: Limits;
  readonly timing: RegistrarTiming;
  /**
   * `observed`: a pool element registers the address that its association comes from, or over the
   * loopback any address of this host. `any`: no check.
   */
  readonly addressCheck: "observed" | "any";
  /** The addresses of this host's own interfaces, now. */
  readonly interfaceAddresses: () => readonly IpAddress[];
  /** Whether only this host can reach the registrar: then loopback addresses may be registered. */
  readonly loopbackOnly: boolean;
  /** ENRP addresses of registrars to be peers of, and mentors at the start. RFC 5353 §3.2.2.1. */
  readonly mentors?: readonly SocketAddress[] | undefined;
  /**
   * Peers that are rsplib registrars behind a relay, by the ENRP addresses at which they are
   * dialled, or all. docs/tcp-mapping.md §11. Default: none.
   */
  readonly rsplibPeers?: RsplibPeers | undefined;
  /**
   * The order of takeovers, the same in the whole cluster. Default: RFC 5353 §3.5.1,
   * `larger-wins`; with rsplib among the peers only `smaller-wins` is possible.
   */
  readonly arbitration?: Arbitration | undefined;
  /** Who may do what; without it everybody may do everything (docs/security.md). */
  readonly security?: SecurityOptions | undefined;
  /** How often one identity or address may ask. Default: as often as it likes. */
  readonly rates?: Rates | undefined;
}

/** What can be changed while a registrar runs, of what makes it a secured one. */
export interface SecurityRules {
  readonly permissions: Permissions;
  /** Whether pool users without TLS may resolve (protocol decision 30). Default: they may not. */
  readonly allowInsecureResolution?: boolean | undefined;
}

/** What makes a registrar a secured one. RFC 5355 §2.15: all of its handlespace, or nothing. */
export interface SecurityOptions extends SecurityRules {
  /** The first 16 bytes of the SHA-256 of an identity in UTF-8, as 32 hexadecimal digits. */
  readonly digest: (identity: string) => string;
}

/** Where peers and pool users reach a registrar. */
export interface ServedAddresses {
  /** Where it listens; an unspecified host stands for every address of this host. */
  readonly enrp: readonly SocketAddress[];
  /** Where it listens with pre-shared keys: what peers are told over such associations. */
  readonly enrpPsk?: readonly SocketAddress[] | undefined;
  /** What peers are told instead: behind a translation of addresses, in a container, a relay. */
  readonly advertisedEnrp?: SocketAddress | undefined;
}

/** What a registrar's operator asks for. */
export type RegistrarCommand =
  /** It listens: initialization begins, and `serving` follows. RFC 5353 §3.2. */
  | { readonly type: "start"; readonly served: ServedAddresses }
  /**
   * A registrar may be there, as an announcement says: it is dialled, and nothing else is believed
   * (protocol decision 23).
   */
  | { readonly type: "hint"; readonly enrp: SocketAddress }
  /**
   * Other permissions hold from now on: whoever may still do what it does is not disturbed, whoever
   * may not loses its elements here, its subscriptions or its association.
   */
  | { readonly type: "permissions"; readonly rules: SecurityRules; readonly rates?: Rates }
  /**
   * Hands its elements over to peers, if there are any (protocol decision 7); then `stopped`
   * follows, every association is closed in order and the handlespace is forgotten.
   */
  | { readonly type: "stop" };

/** Why a pool element is in the handlespace no longer. */
export type RemovalReason =
  /** It de-registered itself. RFC 5352 §3.2. */
  | "deregistered"
  /** Its registration life ended. RFC 5352 §3.2. */
  | "expired"
  /** It did not acknowledge a keep-alive in time. RFC 5352 §3.5. */
  | "keep-alive-timed-out"
  /** More than MAX-BAD-PE-REPORT reported it unreachable. RFC 5352 §3.5. */
  | "unreachable-reports"
  /** Its association was lost and its ASAP endpoint cannot be dialled (protocol decision 11). */
  | "endpoint-unreachable"
  /** Its association was lost and the grace period has passed (protocol decision 11). */
  | "association-lost"
  /** Its owner may register it no longer. */
  | "unauthorized";

/** Why the registrar itself closed an association. */
export type CloseReason =
  /** It dialled the association, and no pool element uses it. */
  | "unused"
  /** The only pool element on it was removed as unreachable. */
  | "unreachable"
  /** The registrar ends. */
  | "stopped"
  /** A newer association with the same peer is in use (protocol decision 20). */
  | "replaced"
  /** Whoever was dialled has not said who it is. */
  | "silent"
  /** The peer was taken over: should it live, it begins anew. */
  | "taken-over"
  /** It does not serve yet: another registrar may. */
  | "initializing"
  /** There are as many peers as there may be. */
  | "too-many-peers"
  /** It may not do any more what it did. */
  | "unauthorized"
  /** Its pool element is another identity's, at a registrar that decides (decision 29). */
  | "owner-conflict";

/** A pool element, and where it is registered. */
export interface OfPoolElement {
  /** Its pool. */
  readonly poolHandle: PoolHandle;
  /** PE Identifier. */
  readonly identifier: number;
}

/** A message on an association. */
export interface OfMessage {
  /** Which association. */
  readonly association: Association;
  /** Where its other side is. */
  readonly remote: SocketAddress;
}

/** What a registrar's machine tells. */
export type RegistrarEvent =
  /** An association is open: accepted, or dialled to an ASAP endpoint. */
  | {
    readonly type: "association-opened";
    readonly association: Association;
    readonly protocol: ProtocolName;
    readonly remote: SocketAddress;
    readonly identity?: string | undefined;
  }
  | {
    readonly type: "association-closed";
    readonly association: Association;
    readonly protocol: ProtocolName;
    readonly remote: SocketAddress;
    readonly reason: DisconnectReason | CloseReason;
    readonly detail?: string | undefined;
    /** How many pool elements have lost it. */
    readonly elements: number;
  }
  | (OfPoolElement & OfMessage & {
    readonly type: "pool-element-registered";
    readonly element: PoolElement;
    /** Whether its pool was created. */
    readonly newPool: boolean;
    /** What was modified, as the pool element is told. RFC 5352 §2.2.3. */
    readonly warnings: readonly ErrorCause[];
  })
  | (OfPoolElement & OfMessage & {
    readonly type: "pool-element-reregistered";
    readonly element: PoolElement;
    /** Whether anything but its life is other than before. */
    readonly changed: boolean;
    readonly warnings: readonly ErrorCause[];
  })
  | (OfPoolElement & OfMessage & {
    readonly type: "registration-rejected";
    readonly causes: readonly ErrorCause[];
    /** The causes in words, with the values that were wrong. */
    readonly why: string;
  })
  | (OfPoolElement & OfMessage & {
    readonly type: "deregistration-rejected";
    readonly causes: readonly ErrorCause[];
    readonly why: string;
  })
  /** A request waits until the association that registered the element has been probed. */
  | (OfPoolElement & OfMessage & { readonly type: "ownership-contested" })
  /** The association was lost: the element stays listed and is not handed out meanwhile. */
  | (OfPoolElement & {
    readonly type: "pool-element-lost";
    /** Its ASAP endpoint, which is dialled; without one the grace period runs. */
    readonly endpoint?: SocketAddress | undefined;
  })
  /** A lost pool element has acknowledged a keep-alive at its ASAP endpoint. */
  | (OfPoolElement & OfMessage & { readonly type: "pool-element-recovered" })
  | (OfPoolElement & {
    readonly type: "pool-element-removed";
    readonly reason: RemovalReason;
    /** How the dial of its ASAP endpoint ended. */
    readonly detail?: string | undefined;
    readonly element: PoolElement;
    /** Whether its pool is gone with it. */
    readonly lastOfPool: boolean;
  })
  /** A report that an element is unreachable. RFC 5352 §3.5. */
  | (OfPoolElement & OfMessage & {
    readonly type: "unreachable-reported";
    /** Distinct reporters within the window, this one included. */
    readonly reporters: number;
  })
  /** One that the reporter says it has not tried (docs/tcp-mapping.md §9), before it is judged. */
  | (OfPoolElement & OfMessage & {
    readonly type: "report-forced";
    /** Who reports; absent: it has proved nothing. */
    readonly identity?: string | undefined;
  })
  /** A download of the handle table began or was refused; what fits one message is not told. */
  | { readonly type: "download-began"; readonly association: Association }
  | { readonly type: "download-rejected"; readonly association: Association }
  /** It serves from now on. RFC 5353 §3.2.3, step 5. */
  | {
    readonly type: "serving";
    /** Peers that it has found. */
    readonly peers: number;
    /** Pool elements that it has downloaded. */
    readonly elements: number;
  }
  /** A mentor is asked for its peers and its table. RFC 5353 §3.2.2.2. */
  | { readonly type: "mentor-asked"; readonly peer: number }
  | { readonly type: "mentor-failed"; readonly peer: number; readonly why: MentorFailure }
  /** A new entry of the peer list. RFC 5353 §3.4.1. */
  | { readonly type: "peer-discovered"; readonly peer: number }
  /** An association with a peer is the one in use. */
  | {
    readonly type: "peer-connected";
    readonly peer: number;
    readonly association: Association;
    readonly remote: SocketAddress;
  }
  /** The association with a peer was lost; it is dialled again. */
  | { readonly type: "peer-lost"; readonly peer: number; readonly reason: DisconnectReason }
  /** A first dial failed; it is dialled again, for ever. */
  | {
    readonly type: "peer-unreachable";
    readonly address: SocketAddress;
    readonly reason: DisconnectReason | "silent" | "too-many-peers" | "unauthorized";
    readonly detail?: string | undefined;
  }
  | PeerRefused
  /** This registrar itself answers at an address, or one with its identifier. */
  | { readonly type: "peer-is-self"; readonly address: SocketAddress }
  /** Another registrar has this one's identifier: they are no peers. RFC 5353 §3.2.1. */
  | { readonly type: "identifier-in-use"; readonly remote: SocketAddress }
  /** Silent for MAX-TIME-LAST-HEARD: it is asked. RFC 5353 §3.4.3. */
  | { readonly type: "peer-suspected"; readonly peer: number }
  /** Heard again. */
  | { readonly type: "peer-active"; readonly peer: number }
  /** Considered dead. RFC 5353 §3.4.3; `replaced`: another registrar is at its address. */
  | { readonly type: "peer-dead"; readonly peer: number; readonly why: "silent" | "replaced" }
  /** It has ended in order. */
  | { readonly type: "peer-left"; readonly peer: number }
  /** RFC 5353 §3.5.1: the arbitration begins. */
  | { readonly type: "takeover-began"; readonly target: number; readonly awaited: number }
  | {
    readonly type: "takeover-stopped";
    readonly target: number;
    readonly why: "target-heard" | "other-initiator" | "taken-over";
  }
  /** RFC 5353 §3.5.2: a registrar was taken over, by this one or by a peer. */
  | {
    readonly type: "taken-over";
    readonly target: number;
    readonly by: number;
    readonly elements: number;
  }
  /** RFC 5353 §3.6.3. */
  | { readonly type: "resynchronization-began"; readonly peer: number; readonly why: AuditReason }
  | {
    readonly type: "resynchronized";
    readonly peer: number;
    readonly received: number;
    /** Elements that the peer owns no longer. */
    readonly removed: number;
  }
  | {
    readonly type: "resynchronization-failed";
    readonly peer: number;
    readonly why: "rejected" | "silent" | "endless" | "partial";
  }
  /** Its home says something new of an element. RFC 5353 §3.3.1. */
  | (OfPoolElement & { readonly type: "pool-element-updated"; readonly home: number })
  /** Its home has removed it. RFC 5353 §3.3.2. */
  | (OfPoolElement & { readonly type: "pool-element-withdrawn"; readonly home: number })
  /** A limit keeps an element of a peer's from being stored. */
  | (OfPoolElement & { readonly type: "update-not-stored"; readonly sender: number })
  /** An element of another home has acknowledged a keep-alive with H=1. RFC 5353 §3.5.2. */
  | (OfPoolElement & OfMessage & { readonly type: "pool-element-adopted" })
  /** It is another registrar's (protocol decision 2). */
  | (OfPoolElement & { readonly type: "pool-element-yielded" })
  /** Its endpoint cannot be reached from here: its home is told (protocol decision 13). */
  | (OfPoolElement & { readonly type: "pool-element-doubted"; readonly home: number })
  /** It ends, and suggests to peers to take its elements over (protocol decision 7). */
  | { readonly type: "handing-over"; readonly elements: number; readonly peers: number }
  | BindingsEvent
  /** An update by somebody who is no peer was refused. RFC 5353 §2.4. */
  | (OfPoolElement & OfMessage & {
    readonly type: "update-rejected";
    /** Sending Server's ID. */
    readonly sender: number;
  })
  /** A message was refused to who sent it, which was told so if it can be. RFC 5355. */
  | (OfMessage & {
    readonly type: "refused";
    readonly messageType: string;
    /** Whoever has proved one. */
    readonly identity: string | undefined;
    readonly why: string;
  })
  /** Requests beyond a rate were refused: told once a second at most, for all since. */
  | (OfMessage & {
    readonly type: "rate-limited";
    readonly kind: RateKind;
    /** The identity, or else the address. */
    readonly who: string;
    readonly count: number;
  })
  /** Two registrars list one identifier of different owners (protocol decision 29). */
  | (OfPoolElement & {
    readonly type: "owner-conflict";
    readonly peer: number;
    /** Whether this registrar yields to the peer. */
    readonly yields: boolean;
  })
  /** Bytes were no message. RFC 5354 §3 and §4. */
  | (OfMessage & {
    readonly type: "undecodable";
    readonly messageType: string | undefined;
    readonly cause: number;
    readonly detail: string;
    /** Whether the sender was told by an ASAP_ERROR or ENRP_ERROR. */
    readonly reported: boolean;
  })
  /** A message had parameters that are unknown and whose types ask for a report. RFC 5354 §3. */
  | (OfMessage & {
    readonly type: "unrecognized-parameters";
    readonly messageType: string;
    readonly count: number;
  })
  /** A message was ignored. */
  | (OfMessage & {
    readonly type: "discarded";
    readonly messageType: string;
    readonly why: string;
  })
  /** An ASAP_ERROR or ENRP_ERROR came. */
  | (OfMessage & { readonly type: "error-received"; readonly causes: readonly ErrorCause[] })
  /** The machine has ended. */
  | {
    readonly type: "stopped";
    readonly associations: number;
    readonly elements: number;
  };
