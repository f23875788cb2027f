/**
 * One association for each pair of registrars: who dials when, and which of two stays. RFC 5353
 * §3.1; docs/tcp-mapping.md §10; protocol decision 20.
 */

import type { Disconnected, DisconnectReason, Instant, SocketAddress } from "../machine.ts";
import { close, endpointKey } from "./attachment.ts";
import { abandonResynchronization, resynchronize } from "./audit.ts";
import type { OpenAssociation } from "./child.ts";
import { onMentorGone, onMentorPresent, reconsider } from "./initialization.ts";
import { type Peer, PeerAddress } from "./peer.ts";
import { forgetPeer } from "./peer_monitor.ts";
import { refuseDialled } from "./peer_refusal.ts";
import { sendPresence } from "./presence.ts";
import type { RegistrarState } from "./state.ts";
import { beginTakeover } from "./takeover.ts";

/** Two first presences within this time are of a simultaneous open. */
const SIMULTANEOUS_MS = 5_000;
/** The first pause after a dial in vain; doubled each time. */
const FIRST_REDIAL_MS = 500;
/** Dials in vain after which an address is forgotten: at the longest pauses, a day. */
const MAX_DIALS_IN_VAIN = 1440;

/** An address to dial for ever, or until others are remembered in its place. */
export function rememberAddress(
  state: RegistrarState,
  at: SocketAddress,
  isMentor = false,
): PeerAddress | undefined {
  const { addresses } = state.peers;
  const known = state.peers.addressAt(at);
  if (known !== undefined) return known;
  if (!isMentor && isFull(state) && !forgetIdleAddress(state)) return undefined;
  const address = new PeerAddress(at, isMentor);
  addresses.set(endpointKey(at), address);
  return address;
}

/** Whether there are as many addresses as are remembered beside the configured ones. */
function isFull({ peers, options }: RegistrarState): boolean {
  let learned = 0;
  for (const { isMentor } of peers.addresses.values()) {
    if (!isMentor) learned++;
  }
  return learned >= options.limits.maxPeerAddresses;
}

/** Forgets the address of somebody who is no peer any more; the one that was known the longest. */
function forgetIdleAddress(state: RegistrarState): boolean {
  const { addresses, redials } = state.peers;
  for (const [key, each] of addresses) {
    if (!isIdle(state, each)) continue;
    addresses.delete(key);
    redials.delete(each);
    return true;
  }
  return false;
}

/** Whether nobody who is a peer is at an address, as far as is known, and none is configured. */
function isIdle(state: RegistrarState, address: PeerAddress): boolean {
  const { isMentor, peer, association } = address;
  if (isMentor || association !== undefined) return false;
  // Of several addresses that a peer has named, only the last one is of use.
  return peer?.address !== address || state.peers.get(peer.identifier) !== peer;
}

/** Dials an address, unless it is being dialled or an association is open with who is there. */
export function dialPeer(state: RegistrarState, address: PeerAddress): void {
  const { peers, outputs, options } = state;
  peers.redials.delete(address);
  if (address.isSelf || address.association !== undefined) return;
  if (address.peer?.open !== undefined) return;
  const association = outputs.connect("ENRP", address.address, options.timing.maxTimeNoResponseMs);
  address.association = association;
  peers.dials.set(association, address);
}

/** A dialled association is open: both sides say who they are. RFC 5353 §3.4.1. */
export function onPeerDialled(state: RegistrarState, open: OpenAssociation, now: Instant): void {
  // Who may be no peer is told nothing, and tried again: permissions change.
  if (open.rights?.isRegistrar === false) {
    refuseDialled(state, open, now);
    return turnAway(state, open, "unauthorized", now);
  }
  open.peerAddress!.isRefused = false;
  open.dialect = state.border.dialectAt(open.peerAddress!.address);
  sendPresence(state, open, 0, true);
  state.peers.introductions.set(open, now + state.options.timing.maxTimeNoResponseMs);
}

/** Whoever was dialled has not said who it is. */
export function onIntroductionDue(
  state: RegistrarState,
  open: OpenAssociation,
  now: Instant,
): void {
  const address = open.peerAddress!;
  close(state, open, "silent");
  redialLater(state, address, "silent", now);
}

/** A dial failed, or its association ended before it said who is there. */
export function onPeerDialFailed(
  state: RegistrarState,
  address: PeerAddress,
  { reason, detail }: Pick<Disconnected, "reason" | "detail">,
  now: Instant,
): void {
  releaseAddress(state, address);
  address.isRefused = false;
  redialLater(state, address, reason, now, detail);
}

function redialLater(
  state: RegistrarState,
  address: PeerAddress,
  reason: DisconnectReason | "silent" | "too-many-peers" | "unauthorized",
  now: Instant,
  detail?: string,
): void {
  const { random, timing } = state.options;
  const pause = Math.min(
    FIRST_REDIAL_MS * 2 ** Math.min(address.failures, 16),
    timing.peerRedialMaxMs,
  );
  address.failures++;
  if (address.failures > MAX_DIALS_IN_VAIN && isIdle(state, address)) {
    state.peers.addresses.delete(endpointKey(address.address));
    return;
  }
  state.peers.redials.set(address, now + pause * (0.5 + random.fraction()));
  if (address.failures === 1) {
    const more = detail === undefined ? {} : { detail };
    state.tell({ type: "peer-unreachable", address: address.address, reason, ...more });
  }
  reconsider(state, now);
}

/** The dial of an address is over, or the association that it led to. */
export function releaseAddress(state: RegistrarState, address: PeerAddress): void {
  if (address.association !== undefined) state.peers.dials.delete(address.association);
  address.association = undefined;
}

/**
 * An association has said whose it is. Of two with one peer, on a simultaneous open the one dialled
 * by the larger identifier stays, otherwise the newer; the other one is closed after a while, so
 * that what is on its way over it arrives.
 */
export function bind(
  state: RegistrarState,
  open: OpenAssociation,
  peer: Peer,
  now: Instant,
): void {
  open.peer = peer;
  peer.identity ??= open.identity;
  state.peers.introductions.delete(open);
  const { peerAddress } = open;
  if (peerAddress !== undefined) {
    peerAddress.failures = 0;
    peer.address ??= peerAddress;
  }
  use(state, open, peer, now);
  if (peerAddress !== undefined) occupy(state, peerAddress, peer, now);
}

/** A peer is at an address, and nobody else is there any more (protocol decision 6). */
export function occupy(
  state: RegistrarState,
  address: PeerAddress,
  peer: Peer,
  now: Instant,
): void {
  const previous = address.peer;
  address.peer = peer;
  if (previous === undefined || previous === peer) return;
  if (previous.open !== undefined || state.peers.get(previous.identifier) !== previous) return;
  // Only known from another's list, which may have been wrong.
  if (!previous.isHeard) return forgetPeer(state, previous, now);
  state.tell({ type: "peer-dead", peer: previous.identifier, why: "replaced" });
  beginTakeover(state, previous.identifier, now);
}

/** Whoever cannot be a peer now is dialled again, if it was dialled, as it may be one later. */
export function turnAway(
  state: RegistrarState,
  open: OpenAssociation,
  why: "too-many-peers" | "unauthorized",
  now: Instant,
): void {
  close(state, open, why);
  if (open.peerAddress !== undefined) redialLater(state, open.peerAddress, why, now);
}

function use(state: RegistrarState, open: OpenAssociation, peer: Peer, now: Instant): void {
  const previous = peer.open;
  if (previous !== undefined && staysFirst(state, peer, previous, open, now)) {
    return retire(state, peer, open, now);
  }
  peer.open = open;
  peer.boundAt = now;
  if (previous !== undefined) retire(state, peer, previous, now);
  connected(state, peer, open, now);
}

/** The association in use is a new one: both sides audit each other (protocol decision 3). */
function connected(state: RegistrarState, peer: Peer, open: OpenAssociation, now: Instant): void {
  const { association, remote } = open;
  state.tell({ type: "peer-connected", peer: peer.identifier, association, remote });
  abandonResynchronization(state, peer);
  // rsplib rejects what it is asked by a registrar that it has had no presence of.
  const isAccepted = open.peerAddress === undefined;
  if (isAccepted && open.dialect !== undefined) sendPresence(state, open, peer.identifier, false);
  if (!state.isServing) return onMentorPresent(state, peer, now);
  requestList(state, peer);
  resynchronize(state, peer, "association", now);
}

/** RFC 5353 §3.2.2.2: asks a peer for the peers that it knows. */
export function requestList(state: RegistrarState, peer: Peer): void {
  const { open, identifier: receiver } = peer;
  if (open === undefined) return;
  peer.isListAwaited = true;
  state.send(open, { type: "ENRP_LIST_REQUEST", sender: state.options.identifier, receiver });
}

function staysFirst(
  state: RegistrarState,
  peer: Peer,
  first: OpenAssociation,
  second: OpenAssociation,
  now: Instant,
): boolean {
  const isOurs = first.peerAddress !== undefined;
  const isSimultaneous = now - peer.boundAt <= SIMULTANEOUS_MS &&
    isOurs !== (second.peerAddress !== undefined);
  return isSimultaneous && isOurs === (state.options.identifier > peer.identifier);
}

function retire(state: RegistrarState, peer: Peer, open: OpenAssociation, now: Instant): void {
  peer.retired.add(open);
  state.peers.retirements.set(open, now + state.options.timing.maxTimeNoResponseMs);
}

/** What was replaced has had time for what was on its way. */
export function onRetired(state: RegistrarState, open: OpenAssociation): void {
  open.peer?.retired.delete(open);
  close(state, open, "replaced");
}

/** An association with a registrar ended that this one did not close. */
export function onPeerDisconnected(
  state: RegistrarState,
  open: OpenAssociation,
  reason: DisconnectReason,
  now: Instant,
): void {
  const { peer, peerAddress } = open;
  if (peer === undefined) {
    if (peerAddress !== undefined) onPeerDialFailed(state, peerAddress, { reason }, now);
    return;
  }
  peer.retired.delete(open);
  if (peer.open !== open) return;
  abandonResynchronization(state, peer);
  peer.open = undefined;
  if (revive(state, peer, now)) return;
  lose(state, peer, open, reason, now);
}

function revive(state: RegistrarState, peer: Peer, now: Instant): boolean {
  const [other] = peer.retired;
  if (other === undefined) return false;
  peer.retired.delete(other);
  state.peers.retirements.delete(other);
  peer.open = other;
  peer.boundAt = now;
  connected(state, peer, other, now);
  return true;
}

/**
 * "A registrar that loses a peer's connection dials again before it declares it dead"
 * (docs/tcp-mapping.md): MAX-TIME-NO-RESPONSE is left for that. Whoever had dialled dials at once,
 * the other side a little later, so that two associations are the exception.
 */
function lose(
  state: RegistrarState,
  peer: Peer,
  open: OpenAssociation,
  reason: DisconnectReason,
  now: Instant,
): void {
  const { peers, options: { timing, random } } = state;
  state.tell({ type: "peer-lost", peer: peer.identifier, reason });
  if (peer.state === "active") {
    peer.state = "suspect";
    peers.watches.set(peer, now + timing.maxTimeNoResponseMs);
  }
  onMentorGone(state, peer, now);
  const { peerAddress } = open;
  // Where it was reached it is most likely reached again, wherever it says that it is.
  if (peerAddress !== undefined) dialPeer(state, peerAddress);
  const { address } = peer;
  if (address === undefined || address === peerAddress) return;
  peers.redials.set(address, now + FIRST_REDIAL_MS * (0.5 + random.fraction()));
}

/** Somebody is at this address, as an announcement says (protocol decision 23). */
export function onHint(state: RegistrarState, at: SocketAddress): void {
  const address = rememberAddress(state, at);
  if (address === undefined || address.association !== undefined) return;
  dialPeer(state, address);
}

/** Whether the other end of an association is here, too: then it is really this registrar. */
function hasBothEnds(
  { associations }: RegistrarState,
  { local, remote }: OpenAssociation,
): boolean {
  for (const other of associations.values()) {
    if (other.local.port !== remote.port || other.remote.port !== local.port) continue;
    if (other.local.host === remote.host && other.remote.host === local.host) return true;
  }
  return false;
}

/** Whoever is on an association is this registrar itself, or has its identifier. */
export function onSelf(state: RegistrarState, open: OpenAssociation, now: Instant): void {
  const { peerAddress, remote } = open;
  if (!hasBothEnds(state, open)) state.tell({ type: "identifier-in-use", remote });
  // The end that dialled must know; this one is closed with it.
  if (peerAddress === undefined) return sendPresence(state, open, state.options.identifier, false);
  peerAddress.isSelf = true;
  state.tell({ type: "peer-is-self", address: peerAddress.address });
  close(state, open, "unused");
  reconsider(state, now);
}
