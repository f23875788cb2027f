/** How many events of one name are told: a log must not be what fills a disk. */

import type { EventBound } from "../log.ts";

/** Events of one name that are told at once, and then each second; the others are counted. */
export const BOUND_LIMITS = {
  /** Of events that strangers can bring about as often as they like. */
  strangers: { burst: 5, perSecond: 5 },
  /** Of all others: many pool elements may come or go at once. */
  others: { burst: 200, perSecond: 20 },
  /** Milliseconds after which what was left out is told, if the flood has ended before. */
  untoldMs: 2_000,
} as const;

interface Bucket {
  tokens: number;
  at: number;
  untold: number;
}

/** Counts the events of each name. */
export class RateBound implements EventBound {
  private readonly now: () => number;
  private readonly isOfStrangers: (name: string) => boolean;
  private readonly buckets = new Map<string, Bucket>();
  /** Names of which some were not told. */
  private readonly owed = new Set<string>();

  /** `now` gives milliseconds of a clock that only goes forward. */
  constructor(now: () => number, isOfStrangers: (name: string) => boolean) {
    this.now = now;
    this.isOfStrangers = isOfStrangers;
  }

  admit(name: string): number | undefined {
    const bucket = this.fill(name);
    if (bucket.tokens < 1) {
      bucket.untold++;
      this.owed.add(name);
      return undefined;
    }
    bucket.tokens--;
    const { untold } = bucket;
    bucket.untold = 0;
    this.owed.delete(name);
    return untold;
  }

  takeUntold(all: boolean): { name: string; untold: number }[] {
    if (this.owed.size === 0) return [];
    const taken = [];
    for (const name of this.owed) {
      const bucket = this.buckets.get(name)!;
      // A flood that goes on tells it with the next one that is told.
      if (!all && this.now() - bucket.at < BOUND_LIMITS.untoldMs) continue;
      taken.push({ name, untold: bucket.untold });
      bucket.untold = 0;
      this.owed.delete(name);
    }
    return taken;
  }

  private fill(name: string): Bucket {
    const now = this.now();
    const { burst, perSecond } = this.isOfStrangers(name)
      ? BOUND_LIMITS.strangers
      : BOUND_LIMITS.others;
    const bucket = this.buckets.get(name) ?? { tokens: burst, at: now, untold: 0 };
    this.buckets.set(name, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * perSecond / 1_000);
    bucket.at = now;
    return bucket;
  }
}
