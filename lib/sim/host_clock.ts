/** A host's clock: it began anywhere, may run fast or slow, and may jump forward, never back. */

import type { Instant } from "../core/mod.ts";
import type { Scheduler } from "./scheduler.ts";

/** The monotonic clock of one host. */
export class HostClock {
  private readonly scheduler: Scheduler;
  /** What it showed, and when it did, when it was last set. */
  private shown: Instant;
  private since: Instant;
  private rate = 1;

  /** @param shown What it shows at the beginning: no two clocks agree. */
  constructor(scheduler: Scheduler, shown: Instant) {
    this.scheduler = scheduler;
    this.shown = shown;
    this.since = scheduler.now;
  }

  /** What it shows. */
  now(): Instant {
    return this.at(this.scheduler.now);
  }

  /** From now on it runs so many times as fast as it should. */
  setRate(rate: number): void {
    if (!(rate > 0)) throw new RangeError(`A clock does not run ${rate} times as fast`);
    this.restart(this.now());
    this.rate = rate;
  }

  /** It jumps, as a virtual machine's does that was paused. */
  forward(ms: number): void {
    if (!(ms >= 0)) throw new RangeError("A monotonic clock never goes back");
    this.restart(this.now() + ms);
  }

  /** The first instant of the simulation at which it shows a time, or a later one. */
  when(shown: Instant): Instant {
    const instant = this.since + Math.ceil((Math.ceil(shown) - this.shown) / this.rate);
    return this.at(instant) < shown ? instant + 1 : instant;
  }

  private at(instant: Instant): Instant {
    return this.shown + Math.floor((instant - this.since) * this.rate);
  }

  private restart(shown: Instant): void {
    this.shown = shown;
    this.since = this.scheduler.now;
  }
}
