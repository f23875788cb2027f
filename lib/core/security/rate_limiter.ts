/**
 * How often somebody may ask: a bucket of tokens for each kind of request and each identity or
 * address. RFC 5355 §2.1, §2.2, §2.13. Time is an argument, and no timer is needed.
 */

import type { Limits } from "../limits.ts";
import type { Instant } from "../machine.ts";
import type { RateKind, Rates } from "./rates.ts";

/** Tokens are counted in thousandths, so that whole numbers say how many there are. */
interface Bucket {
  /** Tokens at `at`. */
  tokens: number;
  at: Instant;
  /** Refusals that were not told yet. */
  refusals: number;
  /** When refusals were told last. */
  toldAt: Instant;
}

/** Refusals of one kind and key are told so rarely, and the table is swept so rarely. */
const TELL_EVERY_MS = 1_000;

/** Stands for all who come when as many are remembered as there may be. */
const NEWCOMERS = "";

const RATE_OF: Readonly<Record<RateKind, keyof Rates>> = {
  registrations: "registrationsPerSecond",
  resolutions: "resolutionsPerSecond",
  reports: "reportsPerSecond",
};

/** Buckets of all who have asked of late. */
export class RateLimiter {
  private rates: Rates;
  private lookedAt: Instant = -Infinity;
  private readonly maxKeys: number;
  private readonly buckets: Readonly<Record<RateKind, Map<string, Bucket>>> = {
    registrations: new Map(),
    resolutions: new Map(),
    reports: new Map(),
  };

  constructor(rates: Rates, { maxRateKeys }: Pick<Limits, "maxRateKeys">) {
    this.rates = rates;
    this.maxKeys = maxRateKeys;
  }

  /** Who is remembered, of all kinds. */
  get size(): number {
    return Object.values(this.buckets).reduce((sum, { size }) => sum + size, 0);
  }

  /** Other rates hold from now on; what was spent is spent. */
  replace(rates: Rates): void {
    this.rates = rates;
  }

  /** Counts a request; `false` if it is one too many. */
  take(kind: RateKind, key: string, now: Instant): boolean {
    const perSecond = this.rates[RATE_OF[kind]];
    const bucket = this.bucketOf(kind, key, now);
    const most = Math.max(1, perSecond * this.rates.burstSeconds);
    const elapsedMs = Math.max(0, now - bucket.at);
    bucket.tokens = Math.min(most, bucket.tokens + elapsedMs * perSecond / 1000);
    bucket.at = now;
    if (bucket.tokens < 1) {
      bucket.refusals++;
      return false;
    }
    bucket.tokens--;
    return true;
  }

  /** How many refusals are to be told now, of which there is one at least; `undefined`: later. */
  refused(kind: RateKind, key: string, now: Instant): number | undefined {
    const buckets = this.buckets[kind];
    const bucket = buckets.get(key) ?? buckets.get(NEWCOMERS);
    if (bucket === undefined || bucket.refusals === 0) return undefined;
    if (now - bucket.toldAt < TELL_EVERY_MS) return undefined;
    const { refusals } = bucket;
    bucket.refusals = 0;
    bucket.toldAt = now;
    return refusals;
  }

  private bucketOf(kind: RateKind, key: string, now: Instant): Bucket {
    const buckets = this.buckets[kind];
    const known = buckets.get(key);
    if (known !== undefined) return known;
    // Those that are full again are as good as forgotten; only where there is no room for others.
    if (buckets.size >= this.maxKeys) this.forgetFull(kind, now);
    const isFull = buckets.size >= this.maxKeys;
    const shared = isFull ? buckets.get(NEWCOMERS) : undefined;
    if (shared !== undefined) return shared;
    const tokens = this.rates[RATE_OF[kind]] * this.rates.burstSeconds;
    const bucket = { tokens: Math.max(1, tokens), at: now, refusals: 0, toldAt: -Infinity };
    buckets.set(isFull ? NEWCOMERS : key, bucket);
    return bucket;
  }

  private forgetFull(kind: RateKind, now: Instant): void {
    const { burstSeconds } = this.rates;
    // However many newcomers there are, all are looked at once a second.
    if (now - this.lookedAt < TELL_EVERY_MS) return;
    this.lookedAt = now;
    for (const [key, { at }] of this.buckets[kind]) {
      if (now - at >= burstSeconds * 1000) this.buckets[kind].delete(key);
    }
  }
}
