/** What is measured again and again does not grow: what was used is given back. */

import { CheckFailed } from "./check_failed.ts";

/** One measurement: named figures. */
export type Figures = Readonly<Record<string, number>>;

/** Collects measurements of a run whose load goes up and down and comes back. */
export class LevelChecker {
  private readonly samples: Figures[] = [];

  /** Takes a measurement, always at the same point of the load's ups and downs. */
  sample(figures: Figures): void {
    this.samples.push(figures);
  }

  /** Number of measurements. */
  get count(): number {
    return this.samples.length;
  }

  /**
   * Compares the largest figures of the last third with those of the first two.
   *
   * @param slack By how much a figure may be larger, by its name; `*` for all others.
   * @throws {CheckFailed}
   */
  check(slack: Figures): void {
    const split = Math.floor(this.samples.length * 2 / 3);
    if (split < 2) throw new RangeError("Too few measurements to compare");
    const early = this.samples.slice(0, split);
    const late = this.samples.slice(split);
    for (const name of Object.keys(this.samples[0]!)) {
      const before = Math.max(...early.map((each) => each[name]!));
      const after = Math.max(...late.map((each) => each[name]!));
      if (after <= before + (slack[name] ?? slack["*"] ?? 0)) continue;
      const series = this.samples.map((each) => each[name]).join(" ");
      throw new CheckFailed("level", `${name} grows from ${before} to ${after}: ${series}`);
    }
  }
}
