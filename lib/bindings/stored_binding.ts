/**
 * A binding as it is kept, and which of two is the later one. docs/dhcp.md §2: the merge is
 * commutative, associative and idempotent, so that all tables become equal whatever came first.
 */

import { type Binding, BINDING_STATES, BINDING_TRANSACTIONS, INFINITE_LEASE } from "../wire/mod.ts";

/** Milliseconds of a clock that only goes forward; its zero means nothing. */
export type Instant = number;

/** A binding, with when it ends instead of how long that is from now. */
export interface StoredBinding extends Omit<Binding, "remaining"> {
  /** Of BOUND: the end of the lease. Of BINDABLE: when it may be forgotten. */
  readonly expiresAt: Instant;
}

/** A binding that came now. */
export function stored({ remaining, ...others }: Binding, now: Instant): StoredBinding {
  const expiresAt = instantOf(remaining, now);
  const { acknowledgedBy } = others;
  if (acknowledgedBy === undefined) return { ...others, expiresAt };
  // In one order, whoever has written them in another.
  return { ...others, expiresAt, acknowledgedBy: union(acknowledgedBy) };
}

/** A binding as a message carries it now; a part of a second counts as one. */
export function told({ expiresAt, ...others }: StoredBinding, now: Instant): Binding {
  return { ...others, remaining: secondsUntil(expiresAt, now) };
}

/** When so many seconds are over. */
export function instantOf(seconds: number, now: Instant): Instant {
  return seconds === INFINITE_LEASE ? Infinity : now + seconds * 1000;
}

/** How many seconds it is until then, rounded up. */
export function secondsUntil(instant: Instant, now: Instant): number {
  if (instant === Infinity) return INFINITE_LEASE;
  return Math.min(Math.max(0, Math.ceil((instant - now) / 1000)), INFINITE_LEASE - 1);
}

/** Who a client is: by its identifier, or else by its hardware address. RFC 2131 §2. */
export function clientKey(client: Pick<Binding, "hardware" | "clientId">): string {
  const { clientId, hardware } = client;
  return clientId === undefined ? `hardware ${hardware ?? ""}` : `client ${clientId}`;
}

/** Whether one client is meant: one that has no identifier here may have one there. */
export function isSameClient(
  one: Pick<Binding, "hardware" | "clientId">,
  other: Pick<Binding, "hardware" | "clientId">,
): boolean {
  if (one.clientId !== undefined && other.clientId !== undefined) {
    return one.clientId === other.clientId;
  }
  return one.hardware !== undefined && one.hardware === other.hardware;
}

/**
 * Which of two bindings of an address is the later one: below 0, the first is older. 0: they are
 * one version, in perhaps two states. Counter, the draft's precedence, longest lease, identifier.
 */
export function compareVersions(one: StoredBinding, other: StoredBinding): number {
  return one.counter - other.counter ||
    BINDING_TRANSACTIONS.indexOf(one.transaction) -
      BINDING_TRANSACTIONS.indexOf(other.transaction) ||
    one.lease - other.lease ||
    one.server - other.server ||
    compareText(clientKey(one), clientKey(other)) ||
    compareText(one.hardware ?? "", other.hardware ?? "");
}

/** What two who know different things of an address know together. */
export function mergeBindings(one: StoredBinding, other: StoredBinding): StoredBinding {
  const order = compareVersions(one, other);
  if (order !== 0) return order > 0 ? one : other;
  if (isEqual(one, other)) return one;
  const [oneState, otherState] = [one, other].map(({ state }) => BINDING_STATES.indexOf(state));
  const later = oneState! > otherState! ? one : other;
  const acknowledgedBy = one.state === other.state
    ? union(one.acknowledgedBy, other.acknowledgedBy)
    : later.acknowledgedBy;
  const host = (one.host ?? "") > (other.host ?? "") ? one.host : other.host;
  const expiresAt = one.state === other.state
    ? Math.max(one.expiresAt, other.expiresAt)
    : later.expiresAt;
  return { ...later, expiresAt, host, acknowledgedBy };
}

/** Whether two bindings say the same, but for a second more or less. */
function isEqual(one: StoredBinding, other: StoredBinding): boolean {
  return contentOf(one) === contentOf(other) && one.expiresAt === other.expiresAt;
}

/** All that equal tables have in common of a binding: not when it ends, as clocks differ. */
export function contentOf(binding: StoredBinding): string {
  const { address, state, transaction, counter, server, lease } = binding;
  const { hardware = "", clientId = "", host = "", acknowledgedBy = [] } = binding;
  const version = [address, state, transaction, counter, server, lease];
  return [...version, hardware, clientId, host, acknowledgedBy.join(",")].join(" ");
}

/** Numbers of both, in order. */
function union(
  one: readonly number[] = [],
  other: readonly number[] = [],
): readonly number[] | undefined {
  if (one.length === 0 && other.length === 0) return undefined;
  return [...new Set([...one, ...other])].sort((a, b) => a - b);
}

/** Code units count, as everybody must come to the same order. */
export function compareText(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
