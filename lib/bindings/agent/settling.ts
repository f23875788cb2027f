/**
 * What a DHCP server is to have at each address, and when this server's word is given for it.
 * docs/dhcp.md §2.3: an address goes to a new client only where all others hold it.
 */

import type { IpAddress } from "../../wire/mod.ts";
import type { Instant, StoredBinding } from "../stored_binding.ts";
import { compareText, isSameClient } from "../stored_binding.ts";
import { acknowledgeClaims, maySpend } from "./claim.ts";
import type { AgentState } from "./agent_state.ts";
import type { Client, Holding } from "./contract.ts";
import {
  FREE,
  isCloseTo,
  isRunning,
  isSameHolding,
  keptFor,
  PLACEHOLDER,
  SAME_LEASE_MS,
} from "./holding.ts";

/** The longest time before its end that a lease is replaced by one that is kept. */
const END_MARGIN_MS = 30_000;

/** Everything anew: a server's record has changed, or the DHCP server has started. */
export function settleAll(state: AgentState, now: Instant): void {
  state.recountServers(now);
  for (const address of state.range.addresses()) {
    settleOne(state, address, now);
    remind(state, address);
  }
  acknowledgeClaims(state, now);
}

/** Others may have forgotten what a server that has returned has yet to acknowledge. */
function remind(state: AgentState, address: IpAddress): void {
  const binding = state.table.bindings.get(address);
  if (binding?.state !== "BINDABLE") return;
  const { acknowledgedBy = [] } = binding;
  if (state.required.every((each) => acknowledgedBy.includes(each))) return;
  state.publishAgain(address);
}

/** After anything has changed that is known of an address. */
export function settle(state: AgentState, address: IpAddress, now: Instant): void {
  settleOne(state, address, now);
  const binding = state.table.bindings.get(address);
  if (binding === undefined) return;
  for (const other of state.table.othersOf(binding)) settleOne(state, other.address, now);
}

function settleOne(state: AgentState, address: IpAddress, now: Instant): void {
  acknowledge(state, address, now);
  // One change of an address at a time, so that each event is known to be of this one.
  if (!state.isServing || state.pending.has(address)) return;
  const holding = state.holding(address);
  const desired = heldFirst(holding, desiredAt(state, address, now));
  if (isSameHolding(desired, holding, state.options.lease, now)) return;
  state.change(address, desired, isUrgent(holding, desired), now);
}

/** What has just been renewed, unknown to this server, must not be free before that is known. */
function heldFirst(holding: Holding, desired: Holding): Holding {
  return desired.kind === "free" && holding.kind === "lease" ? PLACEHOLDER : desired;
}

/** The DHCP server has what it was told to have. */
export function onConfirmed(state: AgentState, address: IpAddress, now: Instant): void {
  state.pending.delete(address);
  settle(state, address, now);
  if (state.pending.size === 0) acknowledgeClaims(state, now);
}

/** What the DHCP server is to have at an address. */
export function desiredAt(state: AgentState, address: IpAddress, now: Instant): Holding {
  const binding = state.table.bindings.get(address);
  switch (binding?.state) {
    case undefined:
    case "BINDABLE":
      if (mayGive(state, address, binding)) return FREE;
      return binding === undefined ? PLACEHOLDER : bindableHolding(state, binding, now);
    case "UNAVAILABLE":
      return PLACEHOLDER;
    case "BOUND":
      return boundHolding(state, binding, now);
    case "EXPIRED":
      return expiredHolding(state, binding, now);
  }
}

/** The owner keeps it for its old client until it may give it to others. */
function bindableHolding(state: AgentState, binding: StoredBinding, now: Instant): Holding {
  const holding = state.holding(binding.address);
  const isOwner = state.ownerOf(binding.address) === state.options.self;
  const stays = isOwner && holding.kind === "lease" && !isRunning(holding, now) &&
    !hasMoved(state, binding, now);
  return stays ? holding : PLACEHOLDER;
}

function boundHolding(state: AgentState, binding: StoredBinding, now: Instant): Holding {
  const client = clientOf(binding);
  if (client === undefined || hasMoved(state, binding, now)) return PLACEHOLDER;
  const { expiresAt, address } = binding;
  // What ended in the DHCP server itself would be anybody's there until that is known here.
  const lastsUntil = now + endMarginMs(state);
  if (expiresAt > lastsUntil) return { kind: "lease", client, expiresAt };
  const holding = state.holding(address);
  return hasRunningLease(holding, binding, lastsUntil) ? holding : keptFor(client, now);
}

/** How long before its end a lease is one that is kept for its client. */
function endMarginMs({ options: { lease } }: AgentState): number {
  return Math.min(END_MARGIN_MS, lease * 250);
}

/** A lease that still runs here ends by itself, unless its client has given it back. */
function expiredHolding(state: AgentState, binding: StoredBinding, now: Instant): Holding {
  const client = clientOf(binding);
  if (client === undefined || hasMoved(state, binding, now)) return PLACEHOLDER;
  const holding = state.holding(binding.address);
  const runsOut = binding.transaction === "EXPIRATION" && hasRunningLease(holding, binding, now);
  return runsOut ? holding : keptFor(client, now);
}

/**
 * Whether its client has another address by now: a DHCP server that had two leases of one client
 * would refuse it one of them. The lease that ends last is the one that the client renews.
 */
function hasMoved(state: AgentState, binding: StoredBinding, now: Instant): boolean {
  const rank = (each: StoredBinding) => {
    if (each.state !== "BOUND" || each.expiresAt <= now) return each.state === "BINDABLE" ? 0 : 1;
    return each.expiresAt;
  };
  const own = rank(binding);
  return state.table.othersOf(binding).some((other) => {
    const order = rank(other) - own || other.counter - binding.counter ||
      compareText(other.address, binding.address);
    return order > 0;
  });
}

/** Whether this server may give an address to a new client. */
function mayGive(state: AgentState, address: IpAddress, binding?: StoredBinding): boolean {
  const { self } = state.options;
  if (state.ownerOf(address) !== self || !maySpend(state)) return false;
  if (binding === undefined) return true;
  const { acknowledgedBy = [] } = binding;
  return state.required.every((each) => each === self || acknowledgedBy.includes(each));
}

/** Gives this server's word for what it has, and draws the conclusion if it was the last one. */
function acknowledge(state: AgentState, address: IpAddress, now: Instant): void {
  const binding = state.table.bindings.get(address);
  if (binding?.state === "BOUND") return noteEnd(state, binding, now);
  if (binding?.state === "EXPIRED") return acknowledgeEnd(state, binding, now);
  if (binding?.state === "BINDABLE") return acknowledgeHold(state, binding);
}

/** A lease that has ended, as it is kept in the DHCP server by then, or was elsewhere. */
function noteEnd(state: AgentState, binding: StoredBinding, now: Instant): void {
  const { address, expiresAt } = binding;
  if (!state.isServing || state.pending.has(address)) return;
  if (expiresAt <= now + endMarginMs(state) && tellUntold(state, binding, now)) return;
  if (expiresAt <= now && !hasRunningLease(state.holding(address), binding, now)) {
    writeEnd(state, binding, "EXPIRATION", now);
  }
}

/** A renewal that was not worth a message is, now that all others believe in its end. */
function tellUntold(state: AgentState, binding: StoredBinding, now: Instant): boolean {
  const { address, expiresAt, state: is } = binding;
  const holding = state.holding(address);
  if (!hasRunningLease(holding, binding, now) || holding.kind !== "lease") return false;
  const others = is === "BOUND" ? expiresAt : now;
  if (holding.expiresAt <= others + SAME_LEASE_MS) return false;
  const { acknowledgedBy: _, ...known } = binding;
  state.write({
    ...known,
    state: "BOUND",
    transaction: "RENEWING",
    counter: state.clock + 1,
    server: state.options.self,
    expiresAt: holding.expiresAt,
  });
  return true;
}

/** EXPIRED, and this server's word that its own lease is over. docs/dhcp.md §2.2, §2.3. */
export function writeEnd(
  state: AgentState,
  binding: StoredBinding,
  transaction: "EXPIRATION" | "RELEASE",
  now: Instant,
): void {
  const { self } = state.options;
  const { counter, address } = binding;
  // With the same server and lease, so that all who see a lease end make the same version of it,
  // and whoever has granted it sees that it is its grant that has ended.
  const ended = { ...binding, state: "EXPIRED", transaction, expiresAt: now } as const;
  state.write({ ...ended, counter: counter + 1, acknowledgedBy: [self] });
  state.tell({ type: "ended", address, transaction });
  promote(state, address, now);
}

/**
 * What this server has given a client is the client's until then, whatever others say who cannot
 * have known of it: they have ended or shortened it. docs/dhcp.md §2.5.
 */
export function reassert(state: AgentState, before: StoredBinding, now: Instant): void {
  const { self, lease } = state.options;
  if (before.state !== "BOUND" || before.server !== self || before.expiresAt <= now) return;
  const after = state.table.bindings.get(before.address)!;
  if (after === before || after.state === "UNAVAILABLE") return;
  const isSame = isSameClient(after, before);
  const isLease = after.state === "BOUND" && after.expiresAt > now;
  // Another client that has the address now has it; one that had it has not.
  if (!isSame && isLease) return;
  const isShorter = after.state === "BOUND" && after.expiresAt < before.expiresAt &&
    !isCloseTo(after.expiresAt, before.expiresAt, lease);
  // A grant that was not worth a message may be later than the release of the one that was told.
  const untold = untoldEnd(state, before, now);
  const isOfThis = isSame && after.counter === before.counter + 1 && after.server === self &&
    untold === undefined;
  const isTaken = !isLease && !isOfThis;
  if (!isShorter && !isTaken) return;
  const counter = Math.max(state.clock, after.counter) + 1;
  state.write({
    ...before,
    expiresAt: untold ?? before.expiresAt,
    counter,
    transaction: "RENEWING",
  });
}

/** The end of a lease that the DHCP server has renewed since it was told. */
function untoldEnd(state: AgentState, known: StoredBinding, now: Instant): Instant | undefined {
  const holding = state.holding(known.address);
  if (holding.kind !== "lease" || !hasRunningLease(holding, known, now)) return undefined;
  return holding.expiresAt > known.expiresAt + SAME_LEASE_MS ? holding.expiresAt : undefined;
}

function acknowledgeEnd(state: AgentState, binding: StoredBinding, now: Instant): void {
  const { self } = state.options;
  const { address, acknowledgedBy = [], transaction } = binding;
  const mayRun = transaction === "EXPIRATION" && state.isServing && !state.pending.has(address);
  if (mayRun && tellUntold(state, binding, now)) return;
  const isOver = state.isServing && !state.pending.has(address) &&
    !hasRunningLease(state.holding(address), binding, now);
  if (isOver && !acknowledgedBy.includes(self)) {
    state.write({ ...binding, acknowledgedBy: withSelf(acknowledgedBy, self) });
  }
  promote(state, address, now);
}

/** Nobody honours the old client any more: the address can be had again. */
function promote(state: AgentState, address: IpAddress, now: Instant): void {
  const binding = state.table.bindings.get(address)!;
  const { acknowledgedBy = [] } = binding;
  if (!state.required.every((each) => acknowledgedBy.includes(each))) return;
  const expiresAt = now + state.longestLeaseMs;
  const { self } = state.options;
  // The owner's own word means nothing, as it is the one that gives.
  const acknowledged = state.ownerOf(address) === self ? [self] : undefined;
  const bindable = { ...binding, state: "BINDABLE", acknowledgedBy: acknowledged } as const;
  state.write({ ...bindable, expiresAt });
}

function acknowledgeHold(state: AgentState, binding: StoredBinding): void {
  const { self } = state.options;
  const { address, acknowledgedBy = [] } = binding;
  if (acknowledgedBy.includes(self)) return;
  const isHeld = state.isServing && !state.pending.has(address) &&
    state.holding(address).kind === "placeholder";
  if (!isHeld && state.ownerOf(address) !== self) return;
  state.write({ ...binding, acknowledgedBy: withSelf(acknowledgedBy, self) });
}

function withSelf(acknowledgedBy: readonly number[], self: number): readonly number[] {
  return [...acknowledgedBy, self].sort((one, other) => one - other);
}

/** Whose a binding is; nobody's if it does not say so. */
export function clientOf({ hardware, clientId, host }: StoredBinding): Client | undefined {
  return hardware === undefined ? undefined : { hardware, clientId, host };
}

/** Whether the DHCP server has a lease of the client that lasts beyond an instant. */
function hasRunningLease(holding: Holding, binding: StoredBinding, beyond: Instant): boolean {
  return holding.kind === "lease" && isSameClient(holding.client, binding) &&
    isRunning(holding, beyond) && holding.expiresAt > beyond;
}

/** What is free must be held soon; that a lease is longer than this server knows can wait. */
function isUrgent(holding: Holding, desired: Holding): boolean {
  if (desired.kind === "free") return false;
  if (holding.kind === "free") return true;
  return holding.kind === "lease" &&
    (desired.kind !== "lease" || !isSameClient(holding.client, desired.client));
}
