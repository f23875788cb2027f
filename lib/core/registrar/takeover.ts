/** RFC 5353 §3.5: taking over a failed peer. */

import type { EnrpMessage } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { adoptAll } from "./adoption.ts";
import { close } from "./attachment.ts";
import { yieldChild } from "./claim.ts";
import { announceAddition } from "./handle_update.ts";
import type { Peer } from "./peer.ts";
import { forgetPeer, suspect } from "./peer_monitor.ts";
import { requestList } from "./peer_connection.ts";
import { announcePresence } from "./presence.ts";
import type { RegistrarState } from "./state.ts";

type Enrp<Type extends EnrpMessage["type"]> = Extract<EnrpMessage, { type: Type }>;

/** A takeover that this registrar initiates, or that it has acknowledged to another. */
export interface Takeover {
  /** The registrar that has failed. */
  readonly target: number;
  /** Whose acknowledgement is awaited; absent where another registrar is the initiator. */
  readonly awaited: Set<number> | undefined;
}

/** RFC 5353 §3.5.1: begins the arbitration, unless it has begun. */
export function beginTakeover(state: RegistrarState, target: number, now: Instant): void {
  const { peers, options } = state;
  if (!state.isServing || state.isStopping) return forgetTarget(state, target, now);
  const known = peers.takeovers.get(target);
  if (known?.awaited !== undefined) return;
  if (known !== undefined) peers.arbitrations.delete(known);
  const awaited = new Set<number>();
  for (const peer of peers.peers.values()) {
    if (peer.identifier !== target && peer.state === "active") awaited.add(peer.identifier);
  }
  const takeover = { target, awaited };
  peers.takeovers.set(target, takeover);
  peers.arbitrations.set(takeover, now + options.timing.maxTimeNoResponseMs);
  state.tell({ type: "takeover-began", target, awaited: awaited.size });
  const sender = options.identifier;
  state.broadcast(() => ({ type: "ENRP_INIT_TAKEOVER", sender, receiver: 0, target }));
  completeIfWon(state, takeover, now);
}

/** Whoever does not serve takes nobody over; the others do. */
function forgetTarget(state: RegistrarState, target: number, now: Instant): void {
  const peer = state.peers.get(target);
  if (peer !== undefined) forgetPeer(state, peer, now);
}

/** RFC 5353 §3.5.1: what a peer does that receives an ENRP_INIT_TAKEOVER. */
export function onInitTakeover(
  state: RegistrarState,
  peer: Peer,
  message: Enrp<"ENRP_INIT_TAKEOVER">,
  now: Instant,
): void {
  const { target } = message;
  const { peers, options } = state;
  // Rule 1: "MUST immediately announce an ENRP_PRESENCE message to all its peer ENRP servers".
  if (target === options.identifier) return announcePresence(state);
  const own = peers.takeovers.get(target);
  if (own?.awaited !== undefined) {
    // Rule 2B: "Otherwise, the peer MUST ignore the ENRP_INIT_TAKEOVER message."
    if (prevails(state, peer.identifier)) return;
    // Rule 2A: the larger identifier wins.
    stopTakeover(state, own, "other-initiator");
  }
  watchInitiator(state, target, now);
  const sender = options.identifier;
  const receiver = peer.identifier;
  if (peer.open === undefined) return;
  state.send(peer.open, { type: "ENRP_INIT_TAKEOVER_ACK", sender, receiver, target });
}

/** Rule 2: the larger identifier wins, or as the whole cluster was told. */
function prevails({ options: { identifier }, arbitration }: RegistrarState, rival: number) {
  return arbitration === "larger-wins" ? identifier > rival : identifier < rival;
}

/**
 * Rule 3: "mark the target server as 'not active'". Protocol decision 5: not for ever; without an
 * ENRP_TAKEOVER_SERVER the target is watched again.
 */
function watchInitiator(state: RegistrarState, target: number, now: Instant): void {
  const { peers, options: { timing } } = state;
  const peer = peers.get(target);
  // Nobody is watched: a record of every identifier that is named would have no bound.
  if (peer === undefined) return;
  const known = peers.takeovers.get(target);
  const takeover = known ?? { target, awaited: undefined };
  peers.takeovers.set(target, takeover);
  peers.arbitrations.set(takeover, now + 2 * timing.maxTimeNoResponseMs);
  peer.state = "inactive";
  peers.watches.delete(peer);
}

/** RFC 5353 §3.5.1: a peer does not object. */
export function onInitTakeoverAck(
  state: RegistrarState,
  peer: Peer,
  message: Enrp<"ENRP_INIT_TAKEOVER_ACK">,
  now: Instant,
): void {
  const takeover = state.peers.takeovers.get(message.target);
  if (takeover?.awaited === undefined) return;
  takeover.awaited.delete(peer.identifier);
  completeIfWon(state, takeover, now);
}

/** The arbitration has lasted long enough (protocol decision 5). */
export function onArbitrationDue(state: RegistrarState, takeover: Takeover, now: Instant): void {
  const { target, awaited } = takeover;
  if (awaited === undefined) return onInitiatorSilent(state, target, now);
  for (const identifier of awaited) {
    const peer = state.peers.get(identifier);
    if (peer?.state === "active") suspect(state, peer, now);
  }
  awaited.clear();
  completeIfWon(state, takeover, now);
}

/** Who wanted to take the target over has not said that it did. */
function onInitiatorSilent(state: RegistrarState, target: number, now: Instant): void {
  state.peers.takeovers.delete(target);
  const peer = state.peers.get(target);
  if (peer === undefined) return;
  suspect(state, peer, now);
}

/** The target was heard: "The initiating server MUST stop the takeover operation". */
export function onTargetHeard(state: RegistrarState, target: number): void {
  const takeover = state.peers.takeovers.get(target);
  if (takeover !== undefined) stopTakeover(state, takeover, "target-heard");
}

/** Ends a takeover without a result of this registrar's. */
function stopTakeover(
  state: RegistrarState,
  takeover: Takeover,
  why: "target-heard" | "other-initiator" | "taken-over",
): void {
  const { target, awaited } = takeover;
  state.peers.takeovers.delete(target);
  state.peers.arbitrations.delete(takeover);
  if (awaited !== undefined) state.tell({ type: "takeover-stopped", target, why });
}

/** RFC 5353 §3.5.2: all have acknowledged, or there is nobody to ask. */
function completeIfWon(state: RegistrarState, takeover: Takeover, now: Instant): void {
  const { target, awaited } = takeover;
  if (awaited === undefined || awaited.size > 0) return;
  const { peers, options } = state;
  peers.takeovers.delete(target);
  peers.arbitrations.delete(takeover);
  const sender = options.identifier;
  state.broadcast(() => ({ type: "ENRP_TAKEOVER_SERVER", sender, receiver: 0, target }));
  dismiss(state, target, now);
  const elements = adoptAll(state, target, now);
  state.tell({ type: "taken-over", target, by: sender, elements });
}

/**
 * RFC 5353 §3.5.2: "remove the target server from its internal peer list". Should it live, it
 * misses updates from now on: over a new association both audit each other.
 */
function dismiss(state: RegistrarState, target: number, now: Instant): void {
  const peer = state.peers.get(target);
  if (peer === undefined) return;
  if (peer.open !== undefined) close(state, peer.open, "taken-over");
  forgetPeer(state, peer, now);
}

/** RFC 5353 §3.5.2: a peer declares that it has taken a registrar over. */
export function onTakeoverServer(
  state: RegistrarState,
  peer: Peer,
  message: Enrp<"ENRP_TAKEOVER_SERVER">,
  now: Instant,
): void {
  const { target } = message;
  if (target === state.options.identifier) return onTakenOver(state, peer);
  if (target === peer.identifier) return onGoodbye(state, peer, now);
  const takeover = state.peers.takeovers.get(target);
  if (takeover !== undefined) stopTakeover(state, takeover, "taken-over");
  dismiss(state, target, now);
  let elements = 0;
  for (const { poolHandle, identifier } of [...state.handlespace.ownedBy(target)]) {
    state.handlespace.changeHome(poolHandle, identifier, peer.identifier);
    elements++;
  }
  state.tell({ type: "taken-over", target, by: peer.identifier, elements });
}

/**
 * Protocol decision 2: this registrar lives. It says so, keeps the elements that it has an
 * association with, and yields the others.
 */
function onTakenOver(state: RegistrarState, peer: Peer): void {
  announcePresence(state);
  for (const [entry, child] of [...state.children]) {
    if (child.association !== undefined) {
      announceAddition(state, entry);
      continue;
    }
    yieldChild(state, child);
    state.handlespace.setSelectable(entry.poolHandle, entry.identifier, true);
    state.handlespace.changeHome(entry.poolHandle, entry.identifier, peer.identifier);
  }
}

/** A peer ends in order. What it has not handed over is taken over at once. */
function onGoodbye(state: RegistrarState, peer: Peer, now: Instant): void {
  const { identifier } = peer;
  state.tell({ type: "peer-left", peer: identifier });
  const isBare = state.handlespace.countOwnedBy(identifier) === 0;
  forgetPeer(state, peer, now);
  if (!isBare) beginTakeover(state, identifier, now);
}

/**
 * Elements whose home is no peer would have no one who asks whether they live. Peers are asked for
 * their lists first: one of them may know that home.
 */
export function sweepOrphans(state: RegistrarState, now: Instant): void {
  const { peers, handlespace, options } = state;
  const { orphanedSince } = peers;
  const homes = new Set(handlespace.homes());
  for (const home of orphanedSince.keys()) {
    if (!homes.has(home) || peers.get(home) !== undefined) orphanedSince.delete(home);
  }
  for (const home of homes) {
    if (home === options.identifier || peers.get(home) !== undefined) continue;
    const since = orphanedSince.get(home);
    if (since === undefined) {
      orphanedSince.set(home, now);
      for (const peer of peers.connected()) requestList(state, peer);
    } else if (now - since >= options.timing.maxTimeLastHeardMs) {
      orphanedSince.delete(home);
      beginTakeover(state, home, now);
    }
  }
}
