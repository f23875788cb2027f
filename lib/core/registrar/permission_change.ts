/** Permissions: what an association may do, when it opens and when the permissions are others. */

import { CAUSE, type IpAddress, isLoopback, networkOf } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { mayRead, mayRegister, type Rights, rightsOf } from "../security/authorize.ts";
import type { RateKey } from "../security/rate_limiter.ts";
import type { Rates } from "../security/rates.ts";
import { close, remove } from "./attachment.ts";
import type { OpenAssociation } from "./child.ts";
import type { SecurityRules } from "./contract.ts";
import { rejectHandleResolution } from "./handle_resolution.ts";
import { announceAddition } from "./handle_update.ts";
import { isAnothers, ownerOf, tellRemoved } from "./owner.ts";
import { onPeerDisconnected, turnAway } from "./peer_connection.ts";
import { rejection } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

/** Finds out what an association may do. */
export function entitle({ rules }: RegistrarState, open: OpenAssociation): void {
  if (rules === undefined) {
    // Who is on this host can do worse than ask too often.
    open.rateKey = isLoopback(open.address) ? undefined : keyOfNetwork(open.address);
    return;
  }
  open.rights = rightsOf(rules.permissions, open.party, rules.allowInsecureResolution);
  open.digest = undefined;
  const { identity } = open.rights;
  open.rateKey = identity === undefined
    ? keyOfNetwork(open.address)
    : { name: identity, isIdentity: true };
}

/** The key of who has proved no identity. */
function keyOfNetwork(address: IpAddress): RateKey {
  return { name: networkOf(address), isIdentity: false };
}

/** Other permissions hold: whoever may still do what it does is not disturbed. */
export function onPermissions(
  state: RegistrarState,
  rules: SecurityRules,
  rates: Rates | undefined,
  now: Instant,
): void {
  if (rates !== undefined) state.rateLimiter?.replace(rates);
  if (state.rules === undefined) return;
  state.rules = rules;
  for (const open of [...state.associations.values()]) {
    // It may have been closed with one of those before.
    if (state.associations.has(open.association)) review(state, open, now);
  }
}

function review(state: RegistrarState, open: OpenAssociation, now: Instant): void {
  const before = open.rights;
  const owned = ownerOf(state, open)?.digest;
  entitle(state, open);
  const rights = open.rights!;
  if (before?.identity !== rights.identity) rename(state, open, before?.identity, owned);
  if (open.peer !== undefined && !(rights.isRegistrar && open.peer.identity === rights.identity)) {
    close(state, open, "unauthorized");
    return onPeerDisconnected(state, open, "security", now);
  }
  // Whoever was dialled and has not said who it is: it is dialled again, as it may be a peer later.
  if (open.peerAddress !== undefined && !rights.isRegistrar) {
    return turnAway(state, open, "unauthorized", now);
  }
  for (const child of [...open.children]) {
    const { entry } = child;
    const isRight = mayRegister(rights, entry.poolHandle) && !isAnothers(state, open, entry);
    if (isRight) continue;
    tellRemoved(state, open, entry);
    remove(state, child, "unauthorized");
    if (!state.associations.has(open.association)) return;
  }
  for (const poolHandle of state.subscriptions.poolsOf(open)) {
    if (mayRead(rights, poolHandle)) continue;
    state.subscriptions.end(open, poolHandle);
    const { cause } = rejection(CAUSE.rejectedDueToSecurityConsiderations, "");
    rejectHandleResolution(state, open, poolHandle, cause);
  }
  const hasLost = isSomebody(before) && !isSomebody(rights);
  if (hasLost && state.associations.has(open.association)) close(state, open, "unauthorized");
}

/**
 * The permissions call who proves the same by another name: what was its own still is, here and, as
 * the home says so, everywhere.
 */
function rename(
  state: RegistrarState,
  open: OpenAssociation,
  before: string | undefined,
  owned: string | undefined,
): void {
  const { peer, identity } = open;
  if (before === undefined || identity === undefined) return;
  if (peer?.identity === before) peer.identity = identity;
  for (const child of open.children) {
    const { entry } = child;
    if (entry.owner?.digest !== owned) continue;
    entry.owner = ownerOf(state, open);
    child.identity = identity;
    announceAddition(state, entry);
  }
}

/** Whether there is anything that it may do. */
function isSomebody(rights: Rights | undefined): boolean {
  if (rights === undefined) return false;
  const { register, read, isRegistrar, operates } = rights;
  return register.length > 0 || read.length > 0 || isRegistrar || operates;
}
