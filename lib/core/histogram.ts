/** How often values of which size came, as monitoring wants to know it. */

/** A histogram at one moment. */
export interface HistogramView {
  /** Upper ends of the buckets, rising; above the last one is a bucket without an end. */
  readonly bounds: readonly number[];
  /** How many values each bucket has, that without an end included. */
  readonly counts: readonly number[];
  /** The sum of all values. */
  readonly sum: number;
}

/** Milliseconds of work in one process: from what is hardly noticed to what stops everybody. */
export const WORK_BOUNDS_MS: readonly number[] = [
  0.02,
  0.05,
  0.1,
  0.2,
  0.5,
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  500,
];

/** Milliseconds there and back: from the same host to what RFC 5352's timers give up. */
export const ROUND_TRIP_BOUNDS_MS: readonly number[] = [
  0.5,
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  1_000,
  2_000,
  5_000,
];

/**
 * Counts values by their size, as those in `Registrar.traffic()`: for programs that measure on
 * their own, too.
 *
 * @example
 * ```ts
 * import { Histogram } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const waits = new Histogram([1, 10]);
 * for (const milliseconds of [0.5, 1, 3, 200]) waits.observe(milliseconds);
 * assert.deepEqual(waits.view(), { bounds: [1, 10], counts: [2, 1, 1], sum: 204.5 });
 * ```
 */
export class Histogram {
  private readonly bounds: readonly number[];
  private readonly counts: number[];
  private sum = 0;

  /** Nothing was counted yet; `bounds` are the upper ends of the buckets, rising. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** A value came, or several of the same size. */
  observe(value: number, times = 1): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.counts[bucket]! += times;
    this.sum += value * times;
  }

  /** What was counted until now; it does not change any more. */
  view(): HistogramView {
    return { bounds: this.bounds, counts: [...this.counts], sum: this.sum };
  }
}
