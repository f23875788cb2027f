/** Which association a pool element uses, and what ends when it uses another or none. */

import type { Instant } from "../machine.ts";
import type { Child, OpenAssociation } from "./child.ts";
import type { CloseReason, RemovalReason } from "./contract.ts";
import { announceRemoval } from "./handle_update.ts";
import { releaseAddress } from "./peer_connection.ts";
import type { RegistrarState } from "./state.ts";

/** An association is the one in use: it carried a registration or an acknowledgement. */
export function attach(
  state: RegistrarState,
  child: Child,
  open: OpenAssociation,
  now: Instant,
): void {
  const previous = child.association;
  if (previous === open) return;
  open.children.add(child);
  child.association = open;
  state.graces.delete(child);
  // Whoever has come by itself need not be told any more who its home is.
  state.adoptions.delete(child);
  leaveDial(state, child);
  scheduleKeepAlive(state, child, now);
  if (previous === undefined) return;
  previous.children.delete(child);
  closeIfUnused(state, previous);
}

/** A pool element has no association any more, nor is it asked whether it lives. */
export function detach(state: RegistrarState, child: Child): void {
  child.association?.children.delete(child);
  child.association = undefined;
  child.isRegistrant = false;
  child.isProbed = false;
  child.staleAcks = 0;
  state.keepAlives.delete(child);
  state.graces.delete(child);
  leaveDial(state, child);
}

/**
 * RFC 5352 §3.5: the time between two keep-alives is varied by plus or minus 50 percent, so that a
 * large number of pool elements makes no bursts.
 */
export function scheduleKeepAlive(state: RegistrarState, child: Child, now: Instant): void {
  const { random, timing } = state.options;
  child.isProbed = false;
  child.staleAcks = 0;
  state.keepAlives.set(child, now + timing.keepAliveCycleMs * (0.5 + random.fraction()));
}

/** Removes a pool element from the handlespace, and tells why. */
export function remove(
  state: RegistrarState,
  child: Child,
  reason: RemovalReason,
  detail?: string,
): void {
  const { poolHandle, identifier, poolElement } = child.entry;
  const open = child.association;
  if (open !== undefined && child.isProbed) open.orphanedAcks += 1 + child.staleAcks;
  detach(state, child);
  state.expiries.delete(child);
  state.adoptions.delete(child);
  state.children.delete(child.entry);
  announceRemoval(state, child.entry);
  state.handlespace.remove(poolHandle, identifier);
  const lastOfPool = state.handlespace.pool(poolHandle) === undefined;
  const event = { poolHandle, identifier, reason, detail, element: poolElement, lastOfPool };
  state.tell({ type: "pool-element-removed", ...event });
  releaseContender(state, child);
  if (open !== undefined) closeIfUnused(state, open);
}

/** Whoever waits for an element that is lost or gone is heard anew, after the present input. */
export function releaseContender(state: RegistrarState, child: Child): void {
  if (child.contender !== undefined) state.released.push(child.contender);
  child.contender = undefined;
}

/** Ends an association in order. */
export function close(state: RegistrarState, open: OpenAssociation, reason: CloseReason): void {
  const { association, protocol, remote } = open;
  forget(state, open);
  state.outputs.close(association);
  const event = { association, protocol, remote, reason, elements: open.children.size };
  state.tell({ type: "association-closed", ...event });
}

/** An association is open no longer; its children are still to be told. */
export function forget(state: RegistrarState, open: OpenAssociation): void {
  state.associations.delete(open.association);
  state.downloads.delete(open);
  state.peers.introductions.delete(open);
  state.peers.retirements.delete(open);
  state.subscriptions.endAll(open);
  state.bindings.forget(open);
  if (open.dial !== undefined) forgetDial(state, open.dial.association);
  if (open.peerAddress !== undefined) releaseAddress(state, open.peerAddress);
}

/** A dial is over. */
export function forgetDial(state: RegistrarState, association: number): void {
  const dial = state.dials.get(association);
  if (dial === undefined) return;
  state.dials.delete(association);
  state.dialsByEndpoint.delete(dial.key);
}

/** An ASAP endpoint as a key. */
export function endpointKey(endpoint: { readonly host: string; readonly port: number }): string {
  return `${endpoint.host} ${endpoint.port}`;
}

/** What the registrar dialled for its own questions, it closes when they are answered. */
export function closeIfUnused(state: RegistrarState, open: OpenAssociation): void {
  if (open.dial === undefined || open.children.size > 0 || open.dial.waiting.size > 0) return;
  if (state.associations.has(open.association)) close(state, open, "unused");
}

/** Nobody is asked at the ASAP endpoint for this child any more. */
function leaveDial(state: RegistrarState, child: Child): void {
  child.dialQueue?.delete(child);
  child.dialQueue = undefined;
  const { dial } = child;
  if (dial === undefined) return;
  child.dial = undefined;
  dial.waiting.delete(child);
  if (dial.waiting.size > 0) return;
  const open = state.associations.get(dial.association);
  if (open !== undefined) return closeIfUnused(state, open);
  if (!state.dials.has(dial.association)) return;
  forgetDial(state, dial.association);
  state.outputs.close(dial.association);
}
