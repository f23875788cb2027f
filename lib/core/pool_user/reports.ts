/** Reports of unreachable elements that wait for a registrar. RFC 5352 §3.5. */

import type { PoolHandle } from "../../wire/mod.ts";
import { Timers } from "../timers.ts";

/** What is reported. */
export interface Report {
  readonly poolHandle: PoolHandle;
  readonly peIdentifier: number;
}

/** A short queue in which each element stands once. */
export class Reports {
  /** When those that wait are given up. */
  readonly end = new Timers<"reports">();
  private readonly waiting = new Map<string, Report>();
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** `false` if too many wait. */
  add(report: Report): boolean {
    const key = `${report.peIdentifier} ${report.poolHandle}`;
    if (!this.waiting.has(key) && this.waiting.size >= this.max) return false;
    this.waiting.set(key, report);
    return true;
  }

  /** Takes all that wait. */
  take(): Report[] {
    const taken = [...this.waiting.values()];
    this.waiting.clear();
    this.end.delete("reports");
    return taken;
  }
}
