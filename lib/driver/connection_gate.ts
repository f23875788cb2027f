/** How many connections one address may make. RFC 5355 §2.1: nobody keeps others out. */

import { type Instant, type Rates, TokenBucket } from "../core/mod.ts";
import { comparableAddress, formatIpAddress, isIpv6, parseIpAddress } from "../wire/mod.ts";

/** Addresses that are remembered; beyond that, whoever came the longest ago is forgotten. */
export const MAX_GATE_ADDRESSES = 10_000;
/** Bytes of an IPv6 address that name a network; who has one has all of its addresses. */
const IPV6_NETWORK_BYTES = 8;

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

/** What counts as one address: an IPv4 address, or an IPv6 network. */
export function networkOf(host: string): string {
  const address = comparableAddress(host);
  if (!isIpv6(address)) return address;
  // A zone names an interface of this host, not an address.
  const bytes = parseIpAddress(address.split("%")[0]!);
  return formatIpAddress(bytes.fill(0, IPV6_NETWORK_BYTES));
}
