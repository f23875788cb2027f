/** When a load that changes with every session is worth a re-registration. RFC 5352 §3.1. */

import type { Instant } from "../machine.ts";

/** The least time between two reports: all registrars and subscribers hear of each. */
export const LOAD_INTERVAL_MS = 1_000;
/** A load that differs by less than this part of the capacity is not told; 0 and 1 always are. */
export const LOAD_STEP = 0.02;

/** Loads, 0 to 1, as they are told. */
export class LoadReports {
  private current: number;
  private reportedAt: Instant = -Infinity;

  /** @param reported what is registered already. */
  constructor(private reported: number) {
    this.current = reported;
  }

  /** The load is another. */
  change(load: number): void {
    this.current = Math.min(1, Math.max(0, load));
  }

  /** When there is something to tell; `undefined`: the last report is still good. */
  deadline(): Instant | undefined {
    const { current, reported } = this;
    if (current === reported) return undefined;
    const isEdge = current === 0 || current === 1;
    if (!isEdge && Math.abs(current - reported) < LOAD_STEP) return undefined;
    return this.reportedAt + LOAD_INTERVAL_MS;
  }

  /** The load that is to be told now, if one is; it counts as told. */
  take(now: Instant): number | undefined {
    const deadline = this.deadline();
    if (deadline === undefined || deadline > now) return undefined;
    this.reported = this.current;
    this.reportedAt = now;
    return this.current;
  }
}
