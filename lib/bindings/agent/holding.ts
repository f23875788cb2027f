/** Whether what a DHCP server has is what it should have. */

import { INFINITE_LEASE } from "../../wire/mod.ts";
import { type Instant, isSameClient } from "../stored_binding.ts";
import type { Client, Holding, LeaseEvent } from "./contract.ts";

/** Nothing is there. */
export const FREE: Holding = { kind: "free" };
/** A lease of nobody. */
export const PLACEHOLDER: Holding = { kind: "placeholder" };

/** A lease that is kept for its old client ends in 34 years: when it is renewed, that shows. */
export const KEPT_SECONDS = 0x4000_0000;
/** What the expiry of one and the same lease may differ by, at least. */
const TOLERANCE_SECONDS = 5;

/** A lease that was merely told again: its expiry is in whole seconds, rounded here and there. */
export const SAME_LEASE_MS = 2_000;

/** A lease that only its old client gets. */
export function keptFor(client: Client, now: Instant): Holding {
  return { kind: "lease", client, expiresAt: now + KEPT_SECONDS * 1000 };
}

/** Whether a lease is one that is kept for its old client. */
export function isKept(expiresAt: Instant, now: Instant): boolean {
  return Number.isFinite(expiresAt) && expiresAt - now > KEPT_SECONDS * 500;
}

/**
 * Whether two expiries are those of one lease: what is earned by telling less than an eighth of a
 * lease is not worth a message.
 */
export function isCloseTo(one: Instant, other: Instant, lease: number): boolean {
  if (one === Infinity || other === Infinity) return one === other;
  const finite = lease === INFINITE_LEASE ? 0 : lease;
  return Math.abs(one - other) <= Math.max(TOLERANCE_SECONDS, finite / 8) * 1000;
}

/** Whether two holdings are the same to a client. */
export function isSameHolding(
  one: Holding,
  other: Holding,
  lease: number,
  now: Instant,
): boolean {
  if (one.kind !== "lease" || other.kind !== "lease") return one.kind === other.kind;
  if (!isSameClient(one.client, other.client)) return false;
  if (isKept(one.expiresAt, now) && isKept(other.expiresAt, now)) return true;
  return isCloseTo(one.expiresAt, other.expiresAt, lease);
}

/** Whether an event is about what is believed to be there. */
export function isAbout(
  holding: Holding,
  event: LeaseEvent,
  endsAt: Instant,
  lease: number,
  now: Instant,
): boolean {
  if (holding.kind !== "lease") return false;
  const told: Holding = { kind: "lease", client: event.client, expiresAt: endsAt };
  return isSameHolding(holding, told, lease, now);
}

/** Whether a lease is a client's that runs, as far as is known: not one that is kept for it. */
export function isRunning(holding: Holding, now: Instant): boolean {
  return holding.kind === "lease" && !isKept(holding.expiresAt, now);
}
