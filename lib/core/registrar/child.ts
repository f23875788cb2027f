/** What the procedures remember of associations and of the pool elements that use them. */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import { type AsapMessage, comparableAddress, type IpAddress } from "../../wire/mod.ts";
import type { Association, Connected, Instant, ProtocolName, SocketAddress } from "../machine.ts";
import type { Party, Rights } from "../security/authorize.ts";
import type { RateKey } from "../security/rate_limiter.ts";
import type { AnsweredClaim, Claim } from "./claim.ts";
import type { Dialect } from "./compat.ts";
import type { Download } from "./handle_table.ts";
import type { Peer, PeerAddress } from "./peer.ts";

/** A dial of an ASAP endpoint, from the attempt until its association ends. */
export interface EndpointDial {
  readonly association: Association;
  /** Its endpoint and how it is secured, of which there is one dial. */
  readonly key: string;
  /** Pool elements that have not yet acknowledged a keep-alive over it. */
  readonly waiting: Set<Child>;
}

/** What the registrar dialled an association for. */
export interface Dialled {
  readonly dial?: EndpointDial | undefined;
  readonly peerAddress?: PeerAddress | undefined;
}

/** An open association. */
export class OpenAssociation {
  readonly association: Association;
  readonly protocol: ProtocolName;
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** What the other side has proved. */
  readonly party: Party;
  /** What it may do; absent where everybody may do everything. */
  rights: Rights | undefined = undefined;
  /** Digest of its identity, once it was asked for. */
  digest: string | undefined = undefined;
  /** Under which name its requests are counted; absent: they are not. */
  rateKey: RateKey | undefined = undefined;
  /** The observed address of the other side, as one compares it. */
  readonly address: IpAddress;
  /** Of two, the one that was opened later has the larger number. */
  readonly order: number;
  /** The dial that led to it, if it was the registrar that dialled. */
  readonly dial: EndpointDial | undefined;
  /** The pool elements that use it. */
  readonly children = new Set<Child>();
  /** Whether the registrar has said who it is, and whether that was acknowledged. */
  greeting: "due" | "sent" | "acknowledged" = "due";
  /** Who was greeted. */
  greeted: Child | undefined = undefined;
  /** Acknowledgements on their way of pool elements that were removed meanwhile. */
  orphanedAcks = 0;
  /** Whose it is, on the ENRP side, once it has said so. */
  peer: Peer | undefined = undefined;
  /** Where a registrar was dialled, if this one did. */
  readonly peerAddress: PeerAddress | undefined;
  /** How the peer speaks, if it is otherwise than the RFCs. */
  dialect: Dialect | undefined = undefined;
  /**
   * Whether the last page that came of the peer's handle table said that there is more: the peer
   * goes on there, even if the download was given up. Unknown of rsplib, whose last page says so.
   */
  isMidTable = false;
  /** Whether the peer's first presence with digests has come over it. docs/dhcp.md §5.5. */
  areBindingsCompared = false;
  /** The handle table on its way over it. */
  download: Download | undefined = undefined;

  constructor(
    connected: Connected,
    { dial, peerAddress }: Dialled,
    order: number,
  ) {
    this.peerAddress = peerAddress;
    this.association = connected.association;
    this.protocol = connected.protocol;
    this.remote = connected.remote;
    this.local = connected.local;
    this.party = connected;
    this.address = comparableAddress(connected.remote.host);
    this.dial = dial;
    this.order = order;
  }

  /** Who the other side has proved to be. */
  get identity(): string | undefined {
    return this.rights === undefined ? this.party.identity : this.rights.identity;
  }
}

/** A request by another association than the one that registered the element. */
export interface Contender {
  readonly open: OpenAssociation;
  readonly message: Extract<
    AsapMessage,
    { readonly type: "ASAP_REGISTRATION" | "ASAP_DEREGISTRATION" }
  >;
  /** Whether the element that has the identifier at another home was found to be gone. */
  readonly isCleared?: boolean | undefined;
}

/** A pool element that this registrar owns: in RFC 5353's words, one of its own children. */
export class Child {
  readonly entry: PoolElementEntry;
  /** Of several, the newest that carried a registration or an acknowledgement; none: it is lost. */
  association: OpenAssociation | undefined = undefined;
  /** Whether the registration came over `association`. */
  isRegistrant = false;
  /** Who registered it. */
  address: IpAddress = "";
  identity: string | undefined = undefined;
  /** The dial that is to find out whether it lives. */
  dial: EndpointDial | undefined = undefined;
  /** Where it waits for its turn to be dialled. */
  dialQueue: Set<Child> | undefined = undefined;
  /** Whether a keep-alive is outstanding. */
  isProbed = false;
  /**
   * Acknowledgements on their way that are of older keep-alives: they tell nothing of who lives
   * now.
   */
  staleAcks = 0;
  contender: Contender | undefined = undefined;
  /** It was another registrar's and has not been told yet, or has not answered. */
  isAdopted = false;
  /** Another registrar says that it is the home. */
  claim: Claim | undefined = undefined;
  /** Whose claim it has answered here last, and how often of late. */
  answeredClaim: AnsweredClaim | undefined = undefined;
  /** When it was sent a keep-alive last. */
  probedAt: Instant = -Infinity;
  /** Peers that could not reach it wait to hear that it lives (protocol decision 13). */
  isDoubted = false;

  constructor(entry: PoolElementEntry) {
    this.entry = entry;
  }
}

/** Whether an association is the element's own, or of who registered it once that one is lost. */
export function isOwner(child: Child, open: OpenAssociation): boolean {
  if (open === child.association) return true;
  if (child.dial !== undefined && child.dial === open.dial) return true;
  return !child.isRegistrant && isOfRegistrant(child, open);
}

/** Whether an association is of who registered the element: unsecured, of the observed address. */
export function isOfRegistrant(child: Child, open: OpenAssociation): boolean {
  // Protocol decision 15.
  return child.identity === open.identity &&
    (child.identity !== undefined || child.address === open.address);
}

/** Whether a child was another registrar's, and has not answered here yet. */
export function isUnconfirmed(child: Child): boolean {
  return child.isAdopted && child.association === undefined;
}
