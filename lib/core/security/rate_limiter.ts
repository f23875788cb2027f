/**
 * How often somebody may ask: a bucket of tokens for each kind of request and each identity or
 * network. RFC 5355 §2.1, §2.2, §2.13. Time is an argument, and no timer is needed.
 */

import type { Limits } from "../limits.ts";
import type { Instant } from "../machine.ts";
import type { RateKind, Rates } from "./rates.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Whose requests are counted together. */
export interface RateKey {
  /** An identity, or the network of who has proved none. */
  readonly name: string;
  readonly isIdentity: boolean;
}

/** However many newcomers there are, a table is swept so rarely. */
const SWEEP_EVERY_MS = 1_000;

const RATE_OF: Readonly<Record<RateKind, keyof Rates>> = {
  registrations: "registrationsPerSecond",
  resolutions: "resolutionsPerSecond",
  reports: "reportsPerSecond",
};

/** Buckets of one kind of request. */
class Table {
  readonly buckets = new Map<string, TokenBucket>();
  /** For all who come when as many are remembered as there may be. */
  newcomers: TokenBucket | undefined;
  sweptAt: Instant = -Infinity;
}

/** Identities apart, so that no number of networks can take their room. */
class Tables {
  readonly identities = new Table();
  readonly networks = new Table();
}

/** Buckets of all who have asked of late. */
export class RateLimiter {
  private rates: Rates;
  private readonly maxKeys: number;
  private readonly tables: Readonly<Record<RateKind, Tables>> = {
    registrations: new Tables(),
    resolutions: new Tables(),
    reports: new Tables(),
  };

  constructor(rates: Rates, { maxRateKeys }: Pick<Limits, "maxRateKeys">) {
    this.rates = rates;
    this.maxKeys = maxRateKeys;
  }

  /** Who is remembered, of all kinds. */
  get size(): number {
    return Object.values(this.tables).reduce((sum, { identities, networks }) => {
      return sum + identities.buckets.size + networks.buckets.size;
    }, 0);
  }

  /** Other rates hold from now on; what was spent is spent. */
  replace(rates: Rates): void {
    this.rates = rates;
  }

  /** Counts a request; `false` if it is one too many. */
  take(kind: RateKind, key: RateKey, now: Instant): boolean {
    const { perSecond, most } = this.rateOf(kind);
    return this.bucketOf(kind, key, now).take(perSecond, most, now);
  }

  /** How many refusals are to be told now, of which there is one at least; `undefined`: later. */
  refused(kind: RateKind, key: RateKey, now: Instant): number | undefined {
    const { buckets, newcomers } = this.tableOf(kind, key);
    return (buckets.get(key.name) ?? newcomers)?.untold(now);
  }

  private rateOf(kind: RateKind): { readonly perSecond: number; readonly most: number } {
    const perSecond = this.rates[RATE_OF[kind]];
    return { perSecond, most: Math.max(1, perSecond * this.rates.burstSeconds) };
  }

  private tableOf(kind: RateKind, { isIdentity }: RateKey): Table {
    const { identities, networks } = this.tables[kind];
    return isIdentity ? identities : networks;
  }

  private bucketOf(kind: RateKind, key: RateKey, now: Instant): TokenBucket {
    const table = this.tableOf(kind, key);
    const known = table.buckets.get(key.name);
    if (known !== undefined) return known;
    // Those that are full again are as good as forgotten; only where there is no room for others.
    if (table.buckets.size >= this.maxKeys) this.sweep(kind, table, now);
    const { most } = this.rateOf(kind);
    if (table.buckets.size >= this.maxKeys) return table.newcomers ??= new TokenBucket(most, now);
    const bucket = new TokenBucket(most, now);
    table.buckets.set(key.name, bucket);
    return bucket;
  }

  private sweep(kind: RateKind, table: Table, now: Instant): void {
    if (now - table.sweptAt < SWEEP_EVERY_MS) return;
    table.sweptAt = now;
    const { perSecond, most } = this.rateOf(kind);
    const fullAfterMs = most / perSecond * 1000;
    for (const [name, { usedAt }] of table.buckets) {
      if (now - usedAt >= fullAfterMs) table.buckets.delete(name);
    }
  }
}
