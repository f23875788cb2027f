/**
 * Between dnsmasq, whose leases end at a time of the day, and the agent, which counts the time that
 * passes. docs/dhcp.md §8.4: where the two disagree, a lease rather lasts longer than it should.
 */

import type { AgentLeaseEvent, BindingHolding } from "../../api.ts";
import type { LeaseEvent } from "../dnsmasq/lease.ts";
import type { Lease } from "../dnsmasq/lease.ts";
import { hardwareOfMac, macOfHardware } from "../dnsmasq/hardware.ts";
import { FOR_EVER } from "../for_ever.ts";

/** By how much an end may come too early before the clock is to blame, in milliseconds. */
const EARLY_MS = 5_000;

/** When something is, by both clocks. */
export interface Times {
  /** Milliseconds of the agent's clock. */
  readonly now: number;
  /** Milliseconds since 1970. */
  readonly wall: number;
}

/**
 * An event of dnsmasq as the agent wants it.
 *
 * @param oldest How many milliseconds ago it can have been written, at most.
 */
export function agentEvent(event: LeaseEvent, { wall }: Times, oldest: number): AgentLeaseEvent {
  const { action, lease: { address, mac, clientId, host } } = event;
  return {
    action,
    address,
    client: { hardware: hardwareOfMac(mac), clientId, host },
    remaining: remainingOf(event, wall, oldest),
  };
}

function remainingOf({ lease: { expires }, remaining }: LeaseEvent, wall: number, oldest: number) {
  if (expires === 0) return FOR_EVER;
  if (remaining === undefined) return finite(expires - Math.floor(wall / 1000));
  // What has happened while nobody looked is as old as the clock says, unless that cannot be.
  const age = wall - (expires - remaining) * 1000;
  const possible = Math.min(Math.max(0, age), Math.max(0, oldest));
  return finite(remaining - Math.floor(possible / 1000));
}

/** Seconds of a lease that ends some time, however far that is. */
function finite(seconds: number): number {
  return Math.min(Math.max(0, seconds), FOR_EVER - 1);
}

/**
 * Whether dnsmasq has ended a lease that still runs: somebody has set the clock forward.
 *
 * @param endsAt When it would end, in milliseconds of the agent's clock.
 */
export function isUntimely(event: LeaseEvent, endsAt: number | undefined, times: Times): boolean {
  const { action, lease: { expires } } = event;
  if (action !== "del" || expires === 0 || endsAt === undefined) return false;
  const seemsOver = expires * 1000 <= times.wall + 1000;
  return seemsOver && endsAt - times.now > EARLY_MS;
}

/** What dnsmasq is to have at an address; `undefined`: nothing. */
export function leaseOf(
  address: string,
  holding: BindingHolding,
  placeholder: string,
  { now, wall }: Times,
): Lease | undefined {
  switch (holding.kind) {
    case "free":
      return undefined;
    case "placeholder":
      return { address, mac: placeholder, expires: 0 };
    case "lease": {
      const { client: { hardware, clientId, host }, expiresAt } = holding;
      const expires = expiresAt === Infinity
        ? 0
        : Math.ceil((wall + Math.max(1000, expiresAt - now)) / 1000);
      return { address, mac: macOfHardware(hardware), clientId, host, expires };
    }
  }
}
