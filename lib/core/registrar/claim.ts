/**
 * Two registrars own one element: "the element decides" (protocol decision 2). RFC 5353 §3.3.1
 * alone would let the later message win, be it the older.
 */

import type { PoolElement } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { endpointOf } from "./addresses.ts";
import { closeIfUnused, detach, releaseContender } from "./attachment.ts";
import type { Child } from "./child.ts";
import { probeAnew } from "./contention.ts";
import { announceAddition, merge, withdraw } from "./handle_update.ts";
import type { RegistrarState } from "./state.ts";

/** An element has answered here though another registrar claims it. */
export interface AnsweredClaim {
  /** The other registrar's identifier. */
  readonly rival: number;
  readonly at: Instant;
  /** How often, each time soon after the one before. */
  readonly times: number;
}

/** How often an element may say here that it is not where a larger identifier has announced it. */
const UNASKED_ROUNDS = 3;

/** Another registrar says that it is the home of one's own child. */
export interface Claim {
  /** The element as the other one announced it. */
  rival: PoolElement;
  /** Whether the other one has removed it since. */
  isWithdrawn: boolean;
}

/**
 * Whether a child is kept for now though another registrar claims it: its association is open, and
 * it is asked over that one whose it is. The larger identifier asks with H=1, which settles it.
 */
export function contest(
  state: RegistrarState,
  child: Child,
  rival: PoolElement,
  now: Instant,
): boolean {
  if (child.association === undefined || state.isStopping) return false;
  if (isSettled(state, child, rival.home, now)) return false;
  const isAgain = child.claim !== undefined;
  child.claim = { rival, isWithdrawn: false };
  if (!isAgain) probeAnew(state, child, now);
  return true;
}

/**
 * Whether the larger identifier insists after it was told that the element answers here: it has
 * asked with H=1 since, so the element has chosen. Without an ASAP endpoint an element that is
 * taken over is announced unasked, so one that still answers here is believed a few times more.
 */
function isSettled(state: RegistrarState, child: Child, rival: number, now: Instant): boolean {
  if (rival < state.options.identifier || !isRecent(state, child, rival, now)) return false;
  const isAsked = endpointOf(child.entry.poolElement.asapTransport) !== undefined;
  return child.answeredClaim!.times >= (isAsked ? 1 : UNASKED_ROUNDS);
}

/** Whether the element has answered here to a registrar's claim of late. */
function isRecent(state: RegistrarState, child: Child, rival: number, now: Instant): boolean {
  const { answeredClaim } = child;
  if (answeredClaim?.rival !== rival) return false;
  return now - answeredClaim.at < state.options.timing.keepAliveCycleMs;
}

/** Whether the keep-alive that asks is to make this registrar the home, should both be answered. */
export function insists(state: RegistrarState, child: Child): boolean {
  return child.claim !== undefined && state.options.identifier > child.claim.rival.home;
}

/** The element has answered here since: the other registrar is told. */
export function onClaimAnswered(state: RegistrarState, child: Child, now: Instant): void {
  if (child.claim === undefined) return;
  const rival = child.claim.rival.home;
  const times = isRecent(state, child, rival, now) ? child.answeredClaim!.times + 1 : 1;
  child.answeredClaim = { rival, at: now, times };
  child.claim = undefined;
  announceAddition(state, child.entry);
}

/** The element has not answered here: it is the other registrar's. */
export function onClaimLost(state: RegistrarState, child: Child): void {
  const { rival, isWithdrawn } = child.claim!;
  const { entry } = child;
  yieldChild(state, child);
  if (isWithdrawn) withdraw(state, entry);
  else merge(state, undefined, entry.poolHandle, rival);
}

/** A child is one no more: its timers and its dial end, and the element stays listed. */
export function yieldChild(state: RegistrarState, child: Child): void {
  const { poolHandle, identifier } = child.entry;
  const { association } = child;
  detach(state, child);
  if (association !== undefined) closeIfUnused(state, association);
  child.claim = undefined;
  child.isAdopted = false;
  state.expiries.delete(child);
  state.adoptions.delete(child);
  state.children.delete(child.entry);
  state.tell({ type: "pool-element-yielded", poolHandle, identifier });
  releaseContender(state, child);
}
