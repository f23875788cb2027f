/**
 * When dnsmasq is restarted for changes that cannot be made while it runs: once for many, soon for
 * what is urgent, and for the renewals of others only before its own lease would end.
 */

import type { BindingChange } from "../../api.ts";
import type { LocalLeases } from "./local_leases.ts";

/** So much quiet is waited for, and so long at most; milliseconds. */
export const RESTART_TIMES = {
  /** An address is free that must not be. */
  urgent: { quietMs: 200, longestMs: 1_000 },
  other: { quietMs: 2_000, longestMs: 10_000 },
  /** So long before the end of a lease that was renewed elsewhere. */
  renewalMs: 10_000,
} as const;

interface Quiet {
  readonly quietMs: number;
  readonly longestMs: number;
}

/** One wait for quiet. */
class Waiting {
  private since: number | undefined;
  private last = 0;

  constructor(private readonly times: Quiet) {}

  get dueAt(): number {
    if (this.since === undefined) return Infinity;
    return Math.min(this.last + this.times.quietMs, this.since + this.times.longestMs);
  }

  note(now: number): void {
    this.since ??= now;
    this.last = now;
  }

  clear(): void {
    this.since = undefined;
  }
}

/** What waits for a restart. */
export class RestartTimer {
  private readonly urgent = new Waiting(RESTART_TIMES.urgent);
  private readonly other = new Waiting(RESTART_TIMES.other);
  private renewalAt = Infinity;

  /** @param leases - What dnsmasq has. */
  constructor(private readonly leases: LocalLeases) {}

  /** When to restart; `undefined`: nothing waits. */
  get dueAt(): number | undefined {
    const at = Math.min(this.urgent.dueAt, this.other.dueAt, this.renewalAt);
    return at === Infinity ? undefined : at;
  }

  /** Something is to be other than it is. Without changes: what waits is urgent now. */
  add(changes: readonly BindingChange[], isUrgent: boolean, now: number): void {
    if (isUrgent) return this.urgent.note(now);
    for (const change of changes) {
      const end = this.endOfSame(change);
      if (end === undefined) this.other.note(now);
      else this.renewalAt = Math.min(this.renewalAt, end - RESTART_TIMES.renewalMs);
    }
  }

  /** dnsmasq has all of it, or will have at its start. */
  clear(): void {
    this.urgent.clear();
    this.other.clear();
    this.renewalAt = Infinity;
  }

  /** When dnsmasq's own lease for the same client ends. */
  private endOfSame({ address, holding }: BindingChange): number | undefined {
    const lease = this.leases.at(address);
    if (holding.kind !== "lease" || lease === undefined) return undefined;
    const { hardware, clientId } = holding.client;
    const isSame = lease.clientId === undefined || clientId === undefined
      ? lease.hardware === hardware
      : lease.clientId === clientId;
    // What ends sooner than dnsmasq believes is no renewal.
    return isSame && holding.expiresAt > lease.endsAt ? lease.endsAt : undefined;
  }
}
