/** RFC 5353 §3.3: updates of the handlespace, announced and applied. */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import {
  ADD_PE,
  DEL_PE,
  type EnrpMessage,
  type PoolElement,
  poolElementBytes,
  type PoolHandle,
  poolHandleLength,
} from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { adopt } from "./adoption.ts";
import { onAnnounced } from "./announced.ts";
import type { OpenAssociation } from "./child.ts";
import { contest, yieldChild } from "./claim.ts";
import { discard } from "./errors.ts";
import { isOwnedRightly, withOwner } from "./owner.ts";
import type { Peer } from "./peer.ts";
import type { RegistrarState } from "./state.ts";

type HandleUpdate = Extract<EnrpMessage, { type: "ENRP_HANDLE_UPDATE" }>;

/** RFC 5353 §3.3.1: tells all peers of a grant: one message, whoever gets it. */
export function announceAddition(state: RegistrarState, entry: PoolElementEntry): void {
  announce(state, ADD_PE, entry);
}

/** RFC 5353 §3.3.2: tells all peers of a removal. */
export function announceRemoval(state: RegistrarState, entry: PoolElementEntry): void {
  announce(state, DEL_PE, entry);
}

/** The message that tells of one element. */
export function updateOf(
  state: RegistrarState,
  action: number,
  entry: PoolElementEntry,
): HandleUpdate {
  return {
    type: "ENRP_HANDLE_UPDATE",
    sender: state.options.identifier,
    receiver: 0,
    takeoverSuggestion: false,
    action,
    poolHandle: entry.poolHandle,
    poolElement: withOwner(entry),
  };
}

function announce(state: RegistrarState, action: number, entry: PoolElementEntry): void {
  state.broadcast(() => updateOf(state, action, entry));
}

/** An update by a peer: only a home speaks for its elements (RFC 5353 §2.4). */
export function onHandleUpdate(
  state: RegistrarState,
  open: OpenAssociation,
  peer: Peer,
  message: HandleUpdate,
  now: Instant,
): void {
  const { action, poolHandle, poolElement, takeoverSuggestion } = message;
  if (poolElement.home !== peer.identifier) {
    return discard(state, open, message, "its sender is not the home of the pool element");
  }
  if (action === DEL_PE) return applyRemoval(state, peer, poolHandle, poolElement);
  if (action !== ADD_PE) return discard(state, open, message, "its action is unknown");
  applyAddition(state, peer, poolHandle, poolElement, now);
  const entry = state.handlespace.get(poolHandle, poolElement.identifier);
  if (entry?.home === peer.identifier) {
    onAnnounced(state, peer, poolHandle, poolElement.identifier);
  }
  if (!takeoverSuggestion) return;
  peer.leaving = open;
  takeOver(state, peer, poolHandle, poolElement, now);
}

/** RFC 5353 §3.3.1, rules 1 to 3; protocol decisions 1 and 2 where the element is one's own. */
export function applyAddition(
  state: RegistrarState,
  peer: Peer,
  poolHandle: PoolHandle,
  element: PoolElement,
  now: Instant,
): void {
  if (!fits(state, peer, poolHandle, element)) return;
  const child = state.child(poolHandle, element.identifier);
  if (child !== undefined) {
    // Protocol decision 7: what it still lists of what it has handed over is no claim.
    if (peer.leaving !== undefined && peer.leaving === peer.open) return;
    if (contest(state, child, element, now)) return;
    yieldChild(state, child);
  }
  merge(state, peer, poolHandle, element);
}

/** Whether an element is as short as one that registers here, and as rightly somebody's. */
export function fits(
  state: RegistrarState,
  peer: Peer,
  poolHandle: PoolHandle,
  element: PoolElement,
): boolean {
  const { maxHandleBytes, maxElementBytes } = state.options.limits;
  const isShort = poolHandleLength(poolHandle) <= maxHandleBytes &&
    poolElementBytes(withoutOwner(element)) <= maxElementBytes;
  if (!isShort) tellNotStored(state, peer, poolHandle, element);
  return isShort && isOwnedRightly(state, peer, poolHandle, element);
}

function tellNotStored(
  state: RegistrarState,
  peer: Peer | undefined,
  poolHandle: PoolHandle,
  { identifier }: PoolElement,
): void {
  const sender = peer?.identifier ?? 0;
  state.tell({ type: "update-not-stored", poolHandle, identifier, sender });
}

/** Stores what the home of an element says of it. */
export function merge(
  state: RegistrarState,
  peer: Peer | undefined,
  poolHandle: PoolHandle,
  element: PoolElement,
): void {
  const { handlespace } = state;
  const { identifier, home } = element;
  const outcome = handlespace.merge(poolHandle, withoutOwner(element));
  if (!outcome.granted) return tellNotStored(state, peer, poolHandle, element);
  if (state.options.security !== undefined) outcome.entry.owner = element.owner;
  // Its home hands it out, whatever was found out here before.
  if (!outcome.entry.selectable) handlespace.setSelectable(poolHandle, identifier, true);
  if (outcome.changed) state.tell({ type: "pool-element-updated", poolHandle, identifier, home });
}

/** The owner is kept apart, as pool users are not told of it. */
function withoutOwner(element: PoolElement): PoolElement {
  if (element.owner === undefined) return element;
  const { owner: _, ...others } = element;
  return others;
}

/** RFC 5353 §3.3.2; protocol decision 1: only by the home that is recorded. */
function applyRemoval(
  state: RegistrarState,
  peer: Peer,
  poolHandle: PoolHandle,
  element: PoolElement,
): void {
  const { identifier } = element;
  const entry = state.handlespace.get(poolHandle, identifier);
  if (entry === undefined) return;
  if (entry.home === peer.identifier) return withdraw(state, entry);
  const claim = state.children.get(entry)?.claim;
  // Whoever claims the element has removed it since: to yield is to remove it, then.
  if (claim?.rival.home === peer.identifier) claim.isWithdrawn = true;
}

/** Removes an element that another registrar owns, or that nobody owns any more. */
export function withdraw(state: RegistrarState, entry: PoolElementEntry): void {
  const { poolHandle, identifier, home } = entry;
  state.handlespace.remove(poolHandle, identifier);
  state.tell({ type: "pool-element-withdrawn", poolHandle, identifier, home });
}

/** Protocol decision 7: its home ends, and hands the element over. */
function takeOver(
  state: RegistrarState,
  peer: Peer,
  poolHandle: PoolHandle,
  element: PoolElement,
  now: Instant,
): void {
  const entry = state.handlespace.get(poolHandle, element.identifier);
  if (entry?.home !== peer.identifier || state.isStopping) return;
  adopt(state, entry, now);
}
