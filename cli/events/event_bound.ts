/** How many events of one name are told a second: a log must not be what fills a disk. */

import type { EventBound } from "../log.ts";

/** Events of one name that are told in a window, the others are counted. */
export const BOUND_LIMITS = {
  /** Of events that strangers can bring about as often as they like. */
  strangers: 5,
  /** Of all others; many elements may come or go at once. */
  others: 200,
  /** Milliseconds of a window. */
  windowMs: 1_000,
} as const;

interface Window {
  since: number;
  told: number;
  untold: number;
}

/** Counts the events of each name. */
export class RateBound implements EventBound {
  private readonly now: () => number;
  private readonly isOfStrangers: (name: string) => boolean;
  private readonly windows = new Map<string, Window>();
  /** Names of which some were not told. */
  private readonly owed = new Set<string>();

  /** `now` gives milliseconds of a clock that only goes forward. */
  constructor(now: () => number, isOfStrangers: (name: string) => boolean) {
    this.now = now;
    this.isOfStrangers = isOfStrangers;
  }

  admit(name: string): number | undefined {
    const window = this.windowOf(name);
    const most = this.isOfStrangers(name) ? BOUND_LIMITS.strangers : BOUND_LIMITS.others;
    if (window.told >= most) {
      window.untold++;
      this.owed.add(name);
      return undefined;
    }
    window.told++;
    const { untold } = window;
    window.untold = 0;
    this.owed.delete(name);
    return untold;
  }

  takeUntold(all: boolean): { name: string; untold: number }[] {
    if (this.owed.size === 0) return [];
    const taken = [];
    for (const name of this.owed) {
      const window = this.windows.get(name)!;
      // One that goes on tells it with the next that is told.
      if (!all && this.now() - window.since < 2 * BOUND_LIMITS.windowMs) continue;
      taken.push({ name, untold: window.untold });
      window.untold = 0;
      this.owed.delete(name);
    }
    return taken;
  }

  private windowOf(name: string): Window {
    const now = this.now();
    const known = this.windows.get(name);
    if (known === undefined) {
      const first = { since: now, told: 0, untold: 0 };
      this.windows.set(name, first);
      return first;
    }
    if (now - known.since >= BOUND_LIMITS.windowMs) {
      known.since = now;
      known.told = 0;
    }
    return known;
  }
}
