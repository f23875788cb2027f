/** Reports that a pool element is unreachable. RFC 5352 §3.5; protocol decision 14. */

/** Bounds of {@link UnreachableReports}. */
export interface UnreachableReportsOptions {
  /** How long a report counts, in milliseconds. */
  readonly windowMs: number;
  /**
   * How many reporters are remembered; the longest silent is forgotten. At least MAX-BAD-PE-REPORT.
   */
  readonly maxReporters: number;
}

/**
 * Who reported one pool element unreachable, and when. Reports are counted by distinct reporters,
 * so that no single pool user can have an element removed.
 *
 * @example
 * ```ts
 * import { UnreachableReports } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const reports = new UnreachableReports({ windowMs: 60_000, maxReporters: 8 });
 * assert.equal(reports.report("192.0.2.1", 0), 1);
 * assert.equal(reports.report("192.0.2.1", 10), 1);
 * assert.equal(reports.report("192.0.2.2", 20), 2);
 * ```
 */
export class UnreachableReports {
  readonly #options: UnreachableReportsOptions;
  /** When each reporter last reported; in the order of these times. */
  readonly #reporters = new Map<string, number>();

  constructor(options: UnreachableReportsOptions) {
    this.#options = options;
  }

  /**
   * Takes a report.
   *
   * @param reporter The reporter's identity, or its address without one.
   * @param now Milliseconds, never going back.
   * @returns How many distinct reporters there are in the window.
   */
  report(reporter: string, now: number): number {
    this.#reporters.delete(reporter);
    this.#reporters.set(reporter, now);
    for (const [each, time] of this.#reporters) {
      const isOutdated = now - time >= this.#options.windowMs;
      if (!isOutdated && this.#reporters.size <= this.#options.maxReporters) break;
      this.#reporters.delete(each);
    }
    return this.#reporters.size;
  }

  /** How many distinct reporters there are in the window. */
  count(now: number): number {
    let count = 0;
    for (const time of this.#reporters.values()) {
      if (now - time < this.#options.windowMs) count++;
    }
    return count;
  }

  /** Forgets all reports: the pool element has answered. */
  clear(): void {
    this.#reporters.clear();
  }
}
