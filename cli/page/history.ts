/** What a registrar was like in the last quarter of an hour, for charts. */

import { PAGE_LIMITS } from "./limits.ts";

/** What is looked at from time to time. */
export interface Gauges {
  readonly poolElements: number;
  readonly associations: number;
  /** Questions of pool users that were answered or rejected since the start. */
  readonly resolutions: number;
}

/** What it was like at one moment. */
export interface Sample {
  readonly poolElements: number;
  readonly associations: number;
  /** Resolutions a second, since the sample before. */
  readonly resolutionsPerSecond: number;
}

/** The last samples. */
export class History {
  private readonly look: () => Gauges;
  private readonly now: () => number;
  private readonly kept: Sample[] = [];
  private before: { readonly at: number; readonly resolutions: number };

  /** @param now milliseconds of a clock that is never set back. */
  constructor(look: () => Gauges, now: () => number) {
    this.look = look;
    this.now = now;
    this.before = { at: now(), resolutions: look().resolutions };
  }

  /** The oldest first. */
  get samples(): readonly Sample[] {
    return this.kept;
  }

  /** Looks. */
  sample(): void {
    const { poolElements, associations, resolutions } = this.look();
    const at = this.now();
    const seconds = (at - this.before.at) / 1000;
    const since = resolutions - this.before.resolutions;
    this.before = { at, resolutions };
    const resolutionsPerSecond = seconds > 0 ? since / seconds : 0;
    this.kept.push({ poolElements, associations, resolutionsPerSecond });
    if (this.kept.length > PAGE_LIMITS.samples) this.kept.shift();
  }
}
