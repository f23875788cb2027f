/** A bucket of tokens: so many at once, then so many a second. Time is an argument. */

import type { Instant } from "../machine.ts";

/** Refusals are told so rarely. */
const TELL_EVERY_MS = 1_000;

/** What one bucket holds; the rate is the owner's. */
export class TokenBucket {
  private tokens: number;
  private at: Instant;
  private refusals = 0;
  private toldAt: Instant = -Infinity;

  /** A full one. */
  constructor(most: number, now: Instant) {
    this.tokens = most;
    this.at = now;
  }

  /** When a token was last asked for. */
  get usedAt(): Instant {
    return this.at;
  }

  /** Takes a token; `false` if there is none. */
  take(perSecond: number, most: number, now: Instant): boolean {
    const elapsedMs = Math.max(0, now - this.at);
    this.tokens = Math.min(most, this.tokens + elapsedMs * perSecond / 1000);
    this.at = now;
    if (this.tokens < 1) {
      this.refusals++;
      return false;
    }
    this.tokens--;
    return true;
  }

  /** How many refusals are to be told now, at least one; `undefined`: none, or later. */
  untold(now: Instant): number | undefined {
    if (this.refusals === 0 || now - this.toldAt < TELL_EVERY_MS) return undefined;
    const { refusals } = this;
    this.refusals = 0;
    this.toldAt = now;
    return refusals;
  }
}
