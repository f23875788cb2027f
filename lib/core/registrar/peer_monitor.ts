/** RFC 5353 §3.4: the peer list, and whether peers are alive. */

import type { PeerStatus } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { close } from "./attachment.ts";
import { abandonResynchronization } from "./audit.ts";
import type { OpenAssociation } from "./child.ts";
import { onMentorGone } from "./initialization.ts";
import { Peer } from "./peer.ts";
import { bind, dialPeer } from "./peer_connection.ts";
import { sendPresence } from "./presence.ts";
import type { RegistrarState } from "./state.ts";
import { beginTakeover, onTargetHeard } from "./takeover.ts";

/**
 * RFC 5353 §3.4.1: "If a message of any type is received from a previously unknown peer, the ENRP
 * server MUST consider this peer a new peer"; §3.4.3: every message counts as heard. `undefined` if
 * nobody more can be a peer.
 */
export function meet(
  state: RegistrarState,
  open: OpenAssociation,
  identifier: number,
  now: Instant,
): Peer | undefined {
  const known = state.peers.get(identifier);
  const peer = known ?? addPeer(state, identifier, now);
  if (peer === undefined) return undefined;
  hear(state, peer, now);
  if (open.peer !== peer) bind(state, open, peer, now);
  // "MUST send an ENRP_PRESENCE message with the Reply-required flag set to '1'".
  if (known === undefined) sendPresence(state, open, identifier, true);
  return peer;
}

/** Adds somebody to the peer list. */
export function addPeer(state: RegistrarState, identifier: number, now: Instant): Peer | undefined {
  const { peers, options } = state;
  if (peers.peers.size >= options.limits.maxPeers) return undefined;
  const peer = new Peer(identifier, now);
  peers.peers.set(identifier, peer);
  peers.orphanedSince.delete(identifier);
  peers.watches.set(peer, now + options.timing.maxTimeLastHeardMs);
  peers.audits.set(peer, now + options.timing.auditCycleMs);
  if (!peers.heartbeats.has("heartbeat")) {
    const { peerHeartbeatCycleMs } = options.timing;
    peers.heartbeats.set("heartbeat", now + peerHeartbeatCycleMs * options.random.fraction());
  }
  state.tell({ type: "peer-discovered", peer: identifier });
  return peer;
}

/** RFC 5353 §3.4.3: peer_last_heard, "every time a message of any type […] is received". */
function hear(state: RegistrarState, peer: Peer, now: Instant): void {
  peer.lastHeardAt = now;
  peer.isHeard = true;
  if (state.peers.takeovers.size > 0) onTargetHeard(state, peer.identifier);
  if (peer.state === "active") return;
  peer.state = "active";
  state.peers.watches.set(peer, now + state.options.timing.maxTimeLastHeardMs);
  state.tell({ type: "peer-active", peer: peer.identifier });
}

/** What observers are told of a peer (protocol decision 21). */
export function statusOf(peer: Peer, now: Instant): PeerStatus {
  const isMet = peer.open !== undefined || peer.state !== "active";
  return {
    state: isMet ? peer.state : "unreachable",
    lastHeardAgoMs: peer.isHeard ? now - peer.lastHeardAt : undefined,
  };
}

/**
 * RFC 5353 §3.4.3: silent for MAX-TIME-LAST-HEARD, a peer is asked; silent for MAX-TIME-NO-RESPONSE
 * after that, it is dead.
 */
export function onWatchDue(state: RegistrarState, peer: Peer, now: Instant): void {
  const { peers, options: { timing } } = state;
  if (peer.state === "suspect") return die(state, peer, now);
  const due = peer.lastHeardAt + timing.maxTimeLastHeardMs;
  if (now < due) peers.watches.set(peer, due);
  else suspect(state, peer, now);
}

/** A peer must show within MAX-TIME-NO-RESPONSE that it lives. */
export function suspect(state: RegistrarState, peer: Peer, now: Instant): void {
  peer.state = "suspect";
  state.peers.watches.set(peer, now + state.options.timing.maxTimeNoResponseMs);
  state.tell({ type: "peer-suspected", peer: peer.identifier });
  if (peer.open !== undefined) sendPresence(state, peer.open, peer.identifier, true);
  else if (peer.address !== undefined) dialPeer(state, peer.address);
}

function die(state: RegistrarState, peer: Peer, now: Instant): void {
  // Only known from another's list: whoever has heard it sees to it that it is taken over.
  if (!peer.isHeard) return forgetPeer(state, peer, now);
  state.tell({ type: "peer-dead", peer: peer.identifier, why: "silent" });
  beginTakeover(state, peer.identifier, now);
}

/** RFC 5353 §3.5.2: "remove the target server from its internal peer list"; it is still dialled. */
export function forgetPeer(state: RegistrarState, peer: Peer, now: Instant): void {
  const { peers } = state;
  peers.peers.delete(peer.identifier);
  for (const timers of [peers.watches, peers.tables, peers.audits]) timers.delete(peer);
  abandonResynchronization(state, peer);
  // Should it speak again, it is a new peer.
  if (peer.open !== undefined) peer.open.peer = undefined;
  for (const open of peer.retired) {
    open.peer = undefined;
    close(state, open, "replaced");
  }
  peer.retired.clear();
  peer.open = undefined;
  for (const address of peers.addresses.values()) {
    if (address.peer !== peer) continue;
    address.peer = undefined;
    dialPeer(state, address);
  }
  onMentorGone(state, peer, now);
}
