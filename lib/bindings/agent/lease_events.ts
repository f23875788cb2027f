/**
 * What the DHCP server has done. Its events come after the fact and in order; what this agent has
 * brought about itself comes back as an echo, recognized by its content. docs/dhcp.md §2.
 */

import { INFINITE_LEASE, type IpAddress } from "../../wire/mod.ts";
import { type Instant, instantOf, isSameClient, type StoredBinding } from "../stored_binding.ts";
import type { AgentState } from "./agent_state.ts";
import type { Client, Holding, LeaseEvent } from "./contract.ts";
import {
  FREE,
  isAbout,
  isCloseTo,
  isKept,
  isSameHolding,
  PLACEHOLDER,
  SAME_LEASE_MS,
} from "./holding.ts";
import { onConfirmed, settle, writeEnd } from "./settling.ts";

/** A lease that would have run so much longer did not run out: it was given back. */
const RELEASED_SECONDS = 2;

/** Takes one event of the DHCP server. */
export function onLeaseEvent(state: AgentState, event: LeaseEvent, now: Instant): void {
  const { address } = event;
  if (!state.range.includes(address)) return state.tell({ type: "out-of-range", address });
  if (event.action === "del") return onDeleted(state, event, now);
  if (event.client.hardware === state.options.placeholder) return onPlaceholder(state, event, now);
  onLease(state, event, now);
}

function onPlaceholder(state: AgentState, { address }: LeaseEvent, now: Instant): void {
  state.hold(address, PLACEHOLDER);
  if (state.pending.get(address)?.kind === "placeholder") onConfirmed(state, address, now);
  else settle(state, address, now);
}

/** A lease that was added, renewed or merely told again. */
function onLease(state: AgentState, event: LeaseEvent, now: Instant): void {
  const { address, client } = event;
  const { lease } = state.options;
  const holding = holdingOf(event, now);
  const pending = state.pending.get(address);
  if (pending !== undefined && isSameHolding(pending, holding, lease, now)) {
    state.hold(address, holding);
    return onConfirmed(state, address, now);
  }
  const binding = state.table.bindings.get(address);
  const isKnown = isNoNews(state, binding, holding, now);
  state.hold(address, holding);
  if (!isKnown) grant(state, address, client, event.remaining, now);
  settle(state, address, now);
}

/** Whether a lease is as others know it, or one that is kept for its client anyway. */
function isNoNews(
  state: AgentState,
  binding: StoredBinding | undefined,
  holding: Holding & { kind: "lease" },
  now: Instant,
): boolean {
  const { client, expiresAt } = holding;
  if (isKept(expiresAt, now)) return true;
  if (binding?.state !== "BOUND" || !isSameClient(client, binding)) return false;
  if (binding.server === state.options.self) {
    return isCloseTo(expiresAt, binding.expiresAt, state.options.lease);
  }
  // That this server has given it, too, others must know before they end it.
  return expiresAt === binding.expiresAt ||
    Math.abs(expiresAt - binding.expiresAt) <= SAME_LEASE_MS;
}

function holdingOf({ client, remaining }: LeaseEvent, now: Instant): Holding & { kind: "lease" } {
  return { kind: "lease", client, expiresAt: instantOf(remaining, now) };
}

/** The DHCP server has given an address to a client, or has renewed it. */
function grant(
  state: AgentState,
  address: IpAddress,
  client: Client,
  remaining: number,
  now: Instant,
): void {
  const { self } = state.options;
  const known = state.table.bindings.get(address);
  if (known?.state === "BOUND" && known.expiresAt > now && !isSameClient(known, client)) {
    const { hardware = "", clientId, host, server } = known;
    state.tell({ type: "conflict", address, client: { hardware, clientId, host }, server });
  }
  const transaction = transactionOf(known, client, self);
  const binding: StoredBinding = {
    address,
    state: "BOUND",
    transaction,
    counter: Math.max(state.clock, known?.counter ?? 0) + 1,
    server: self,
    lease: remaining,
    expiresAt: instantOf(remaining, now),
    hardware: client.hardware,
    clientId: client.clientId,
    host: client.host,
  };
  state.write(binding);
  state.tell({ type: "granted", address, client, transaction });
}

function transactionOf(known: StoredBinding | undefined, client: Client, self: number) {
  if (known?.state !== "BOUND" || !isSameClient(known, client)) return "SELECTING";
  return known.server === self ? "RENEWING" : "REBINDING";
}

/** A lease has ended, by itself, by its client, or as this agent has had it deleted. */
function onDeleted(state: AgentState, event: LeaseEvent, now: Instant): void {
  const { address, client } = event;
  const believed = state.holding(address);
  state.hold(address, FREE);
  if (isPlaceholder(state, event)) return onPlaceholderDeleted(state, address, now);
  const pending = state.pending.get(address);
  const endsAt = instantOf(event.remaining, now);
  if (pending === undefined) return onEnded(state, event, now);
  if (believed.kind === "free" && isEndOf(pending, event)) {
    // It was there, and is over: that it began was merged away.
    state.pending.delete(address);
    return onEnded(state, event, now);
  }
  if (!isAbout(believed, event, endsAt, state.options.lease, now) && event.remaining > 0) {
    // It was given away, or renewed, before the deletion: it must be put back.
    grant(state, address, client, event.remaining, now);
    state.tell({ type: "grant-found", address, client });
  }
  if (pending.kind === "free") onConfirmed(state, address, now);
  // Where changes wait for a restart, nothing is there until then.
  else state.escalate();
}

function isEndOf(pending: Holding, { client, remaining }: LeaseEvent): boolean {
  return remaining <= RELEASED_SECONDS && pending.kind === "lease" &&
    isSameClient(pending.client, client);
}

function onPlaceholderDeleted(state: AgentState, address: IpAddress, now: Instant): void {
  if (state.pending.get(address)?.kind === "free") return onConfirmed(state, address, now);
  if (!state.pending.has(address)) settle(state, address, now);
}

function onEnded(
  state: AgentState,
  { address, client, remaining }: LeaseEvent,
  now: Instant,
): void {
  const binding = state.table.bindings.get(address);
  const isReleased = remaining === INFINITE_LEASE || remaining > RELEASED_SECONDS;
  if (binding?.state === "BOUND" && isSameClient(binding, client)) {
    writeEnd(state, binding, isReleased ? "RELEASE" : "EXPIRATION", now);
  }
  settle(state, address, now);
}

function isPlaceholder(state: AgentState, { client }: LeaseEvent): boolean {
  return client.hardware === state.options.placeholder;
}
