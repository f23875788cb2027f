/**
 * What is heard again and again, and lives until it was not for too long: max(T7-ENRPoutdate,
 * 3 × its observed interval), as a registrar among many announces itself seldom (decision 23).
 */

import type { Instant } from "../machine.ts";
import { Timers } from "../timers.ts";
import type { DiscoveryTiming } from "../timing.ts";

/** Announcements that may be missed before their sender is thought to be gone. */
const INTERVALS = 3;

interface Life {
  heardAt: Instant;
  intervalMs: number;
  isLive: boolean;
}

/** Keys and their lives. What was outdated is remembered for a while, for its interval. */
export class Lives<K> {
  private readonly timing: DiscoveryTiming;
  private readonly maxLifeMs: number;
  private readonly byKey = new Map<K, Life>();
  private readonly ends = new Timers<K>();

  /** @param maxLifeMs The longest life, whatever the interval. */
  constructor(timing: DiscoveryTiming, maxLifeMs: number) {
    this.timing = timing;
    this.maxLifeMs = maxLifeMs;
  }

  /** How many are remembered, living or not. */
  get size(): number {
    return this.byKey.size;
  }

  /** How many live and were heard more than once. */
  get confirmed(): number {
    let count = 0;
    for (const { isLive, intervalMs } of this.byKey.values()) if (isLive && intervalMs > 0) count++;
    return count;
  }

  has(key: K): boolean {
    return this.byKey.has(key);
  }

  isLive(key: K): boolean {
    return this.byKey.get(key)?.isLive === true;
  }

  /** Whether it was heard more than once: what a flood makes up is mostly heard once. */
  isConfirmed(key: K): boolean {
    return (this.byKey.get(key)?.intervalMs ?? 0) > 0;
  }

  /** It was heard. `true` if it did not live before. */
  hear(key: K, now: Instant): boolean {
    const life = this.byKey.get(key);
    if (life === undefined) {
      this.byKey.set(key, { heardAt: now, intervalMs: 0, isLive: true });
      this.ends.set(key, now + this.timing.t7EnrpOutdateMs);
      return true;
    }
    const elapsed = now - life.heardAt;
    // Nearer together they are copies of one, from several interfaces or groups.
    const isCopy = elapsed < this.timing.t6ServerAnnounceMs / 2;
    if (!isCopy) {
      life.intervalMs = elapsed;
      life.heardAt = now;
    }
    const wasOutdated = !life.isLive;
    life.isLive = true;
    this.ends.set(key, life.heardAt + this.lifeOf(life));
    return wasOutdated;
  }

  /** Forgets it. */
  delete(key: K): void {
    this.byKey.delete(key);
    this.ends.delete(key);
  }

  /** When `takeOutdated` has something to take or to forget. */
  next(): Instant | undefined {
    return this.ends.next();
  }

  /** One whose life has ended, if there is one. */
  takeOutdated(now: Instant): K | undefined {
    for (;;) {
      const key = this.ends.takeDue(now);
      if (key === undefined) return undefined;
      const life = this.byKey.get(key)!;
      if (!life.isLive) {
        this.byKey.delete(key);
        continue;
      }
      life.isLive = false;
      // An interval that would be longer than this one could not prolong a life any further.
      this.ends.set(key, life.heardAt + Math.max(this.lifeOf(life), this.maxLifeMs / INTERVALS));
      return key;
    }
  }

  private lifeOf({ intervalMs }: Life): number {
    const lifeMs = Math.max(this.timing.t7EnrpOutdateMs, INTERVALS * intervalMs);
    return Math.min(lifeMs, this.maxLifeMs);
  }
}
