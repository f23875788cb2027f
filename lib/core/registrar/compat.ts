/**
 * Peers that speak otherwise than the RFCs: which they are, and the border at which their messages
 * are translated, so that the procedures need not know. docs/tcp-mapping.md §11.
 */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import { comparableAddress, type EnrpMessage, type IpAddress } from "../../wire/mod.ts";
import type { Message, SocketAddress } from "../machine.ts";
import { endpointKey } from "./attachment.ts";
import type { OpenAssociation } from "./child.ts";
import { RSPLIB } from "./rsplib.ts";
import type { RegistrarState } from "./state.ts";

/** What a translation of what came must know. */
export interface Hearing {
  /** The observed address of the association. */
  readonly observed: IpAddress;
  /** Whether the elements of that home are known to speak TCP. */
  readonly speaksTcp: (home: number) => boolean;
}

/** How a peer's ENRP differs from the RFCs'. */
export interface Dialect {
  /** A message as the peer takes it; `undefined`: it has nothing like it. */
  outgoing(message: EnrpMessage): EnrpMessage | undefined;
  /** A message of the peer's as the RFCs have it. */
  incoming(message: EnrpMessage, hearing: Hearing): EnrpMessage;
  /** Whether the peer takes an element. */
  isTellable(entry: PoolElementEntry): boolean;
  /** Elements in one message of a handle table, at most. */
  readonly tablePageElements: number;
  /** Bytes of one message of a handle table, at most. */
  readonly tablePageBytes: number;
  /** Bytes that the translation adds to an element, at most. */
  readonly extraElementBytes: number;
}

/** Peers that are rsplib registrars: all, or those at these ENRP addresses. */
export type RsplibPeers = "all" | readonly SocketAddress[];

/** Which identifier wins where two want to take a registrar over. RFC 5353 §3.5.1: the larger. */
export type Arbitration = "larger-wins" | "smaller-wins";

/**
 * The order of the whole cluster: with rsplib the smaller wins.
 *
 * @throws {RangeError} if rsplib is among the peers and the other order is demanded.
 */
export function arbitrationOf(
  rsplibPeers: RsplibPeers | undefined,
  demanded: Arbitration | undefined,
): Arbitration {
  if (rsplibPeers === undefined || rsplibPeers.length === 0) return demanded ?? "larger-wins";
  if (demanded !== "larger-wins") return "smaller-wins";
  throw new RangeError(
    "Cannot let the larger identifier win with rsplib among the peers: a cluster has one order, " +
      "and rsplib's lets the smaller one win",
  );
}

/** Where messages of peers come in and go out. */
export class Border {
  private readonly isUsed: boolean;
  private readonly isEverybody: boolean;
  private readonly addresses: ReadonlySet<string>;
  private readonly hosts: ReadonlySet<string>;
  /** What was translated last: one translation serves all to whom the same object goes. */
  private last: { readonly message: Message; readonly said: Message | undefined } | undefined;

  constructor(peers: RsplibPeers | undefined) {
    const addresses = peers === undefined || peers === "all" ? [] : peers;
    this.isEverybody = peers === "all";
    this.isUsed = this.isEverybody || addresses.length > 0;
    this.addresses = new Set(addresses.map(endpointKey));
    this.hosts = new Set(addresses.map(({ host }) => comparableAddress(host)));
  }

  /** How the peer at a dialled address is spoken to, before it has said anything. */
  dialectAt(address: SocketAddress): Dialect | undefined {
    return this.isEverybody || this.addresses.has(endpointKey(address)) ? RSPLIB : undefined;
  }

  /** Takes what a registrar says; whoever asks without being one is no peer, and not heard here. */
  hear(open: OpenAssociation, message: EnrpMessage, speaksTcp: Hearing["speaksTcp"]): EnrpMessage {
    if (!this.isUsed) return message;
    this.recognize(open, message);
    if (open.dialect === undefined) return message;
    return open.dialect.incoming(message, { observed: open.address, speaksTcp });
  }

  /** A message as the other side of an association takes it, if it takes it at all. */
  say({ dialect }: OpenAssociation, message: Message): Message | undefined {
    if (dialect === undefined) return message;
    if (this.last?.message !== message) {
      this.last = { message, said: dialect.outgoing(message as EnrpMessage) };
    }
    return this.last.said;
  }

  /**
   * Whoever names itself by an SCTP-type Server Transport is rsplib, whoever does so by a TCP-type
   * one is not; before that the address decides. An accepted association has a port of its own, so
   * there only the host counts.
   */
  private recognize(open: OpenAssociation, message: EnrpMessage): void {
    if (open.peer === undefined && open.peerAddress === undefined && open.dialect === undefined) {
      if (this.isEverybody || this.hosts.has(open.address)) open.dialect = RSPLIB;
    }
    if (message.type !== "ENRP_PRESENCE") return;
    const protocol = message.serverInformation?.transport.protocol;
    if (protocol === "sctp") open.dialect = RSPLIB;
    else if (protocol === "tcp") open.dialect = undefined;
  }
}

/** The PE checksum of what a peer is told, as that is all that it can compare. RFC 5353 §3.6.2. */
export function checksumFor(
  { handlespace }: RegistrarState,
  dialect: Dialect | undefined,
): number {
  if (dialect === undefined) return handlespace.checksum();
  return handlespace.checksumWhere(handlespace.self, (entry) => dialect.isTellable(entry));
}

/** Whether the elements of a registrar are known to speak TCP: one's own, and most peers'. */
export function speaksTcp({ options, peers }: RegistrarState, home: number): boolean {
  if (home === options.identifier) return true;
  const open = peers.get(home)?.open;
  return open !== undefined && open.dialect === undefined;
}
