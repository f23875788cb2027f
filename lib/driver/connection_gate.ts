/** How many connections one address may make. RFC 5355 §2.1: nobody keeps others out. */

import { type Instant, type Rates, TokenBucket } from "../core/mod.ts";
import { networkOf } from "../wire/mod.ts";

/** Addresses that are remembered; beyond that, whoever came the longest ago is forgotten. */
export const MAX_GATE_ADDRESSES = 10_000;

/** The rates of a gate. */
export type GateRates = Pick<Rates, "connectionsPerSecond" | "burstSeconds">;

/** Connections by address, at the rate that one address may make them. */
export class ConnectionGate {
  private readonly visitors = new Map<string, TokenBucket>();
  private perSecond = 0;
  private burst = 1;

  /** Nobody has come yet. */
  constructor(rates: GateRates) {
    this.change(rates);
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.visitors.size;
  }

  /** Other rates hold from now on. */
  change({ connectionsPerSecond, burstSeconds }: GateRates): void {
    this.perSecond = connectionsPerSecond;
    this.burst = Math.max(1, connectionsPerSecond * burstSeconds);
  }

  /** Whether an address may make a connection now; if so, it is counted. */
  admits(host: string, now: Instant): boolean {
    const key = networkOf(host);
    const visitor = this.visitors.get(key) ?? new TokenBucket(this.burst, now);
    // Whoever came last is the last in the order of the map.
    this.visitors.delete(key);
    this.visitors.set(key, visitor);
    if (this.visitors.size > MAX_GATE_ADDRESSES) this.forgetOldest();
    return visitor.take(this.perSecond, this.burst, now);
  }

  /** Whoever came the longest ago begins anew. */
  private forgetOldest(): void {
    for (const key of this.visitors.keys()) {
      this.visitors.delete(key);
      return;
    }
  }
}
