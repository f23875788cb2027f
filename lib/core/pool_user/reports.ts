/** Reports of unreachable elements that wait for a registrar. RFC 5352 §3.5. */

import type { PoolHandle } from "../../wire/mod.ts";
import type { Limits } from "../limits.ts";
import type { Instant } from "../machine.ts";
import { TokenBucket } from "../security/token_bucket.ts";
import { Timers } from "../timers.ts";

/** What is reported. */
export interface Report {
  readonly poolHandle: PoolHandle;
  readonly peIdentifier: number;
  readonly isForced?: boolean | undefined;
}

/** A short queue in which each element stands once. */
export class Reports {
  /** When those that wait are given up. */
  readonly end = new Timers<"reports">();
  private readonly waiting = new Map<string, Report>();
  /** When elements were reported, of late. */
  private readonly reported = new Map<string, Instant>();
  private readonly bucket: TokenBucket;
  private readonly limits: Limits;

  constructor(limits: Limits) {
    this.limits = limits;
    this.bucket = new TokenBucket(limits.maxReportsPerSecond, -Infinity);
  }

  /**
   * Whether a report may be made now: RFC 5355 §2.13, "The number of endpoint unreachable messages
   * sent to the ENRP server from the PU SHOULD be limited". One that may not be is not made later:
   * whoever still cannot reach the element reports it again.
   */
  admits(report: Report, now: Instant): boolean {
    const { reportIntervalMs, maxReportsPerSecond } = this.limits;
    for (const [key, at] of this.reported) {
      if (now - at < reportIntervalMs) break;
      this.reported.delete(key);
    }
    const key = keyOf(report);
    if (this.reported.has(key)) return false;
    if (!this.bucket.take(maxReportsPerSecond, maxReportsPerSecond, now)) return false;
    this.reported.set(key, now);
    return true;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** `false` if too many wait. */
  add(report: Report): boolean {
    const key = keyOf(report);
    const { maxWaitingReports } = this.limits;
    if (!this.waiting.has(key) && this.waiting.size >= maxWaitingReports) return false;
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

function keyOf({ poolHandle, peIdentifier }: Report): string {
  return `${peIdentifier} ${poolHandle}`;
}
