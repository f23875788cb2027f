/** The load of an element by the sessions it has, for the adaptive policies of RFC 5356 §5. */

import { LoadReports } from "../../core/mod.ts";
import { loadFraction, type Policy, policyName } from "../../wire/mod.ts";
import { now } from "../clock.ts";

const RAW_MAX = 0xffffffff;

/** What is registered anew when the load has changed. */
export interface LoadTarget {
  /** The policy as it is registered now. */
  policy(): Policy;
  update(policy: Policy): void;
}

/** Keeps the load of a policy at sessions by capacity. */
export class ServedLoad {
  private readonly reports: LoadReports;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @throws {RangeError} if the capacity is none, or the policy knows no load. */
  constructor(private readonly capacity: number, private readonly target: LoadTarget) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`A capacity of ${capacity} sessions is none: it must be 1 or more`);
    }
    const policy = target.policy();
    if (!("load" in policy)) {
      throw new RangeError(`Policy ${policyName(policy)} knows no load that a capacity could rule`);
    }
    this.reports = new LoadReports(loadFraction(policy.load));
    this.change(0);
  }

  /** There are so many sessions. */
  change(sessions: number): void {
    this.reports.change(sessions / this.capacity);
    this.settle();
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private settle(): void {
    const load = this.reports.take(now());
    if (load !== undefined) {
      this.target.update({ ...this.target.policy(), load: Math.round(load * RAW_MAX) } as Policy);
    }
    clearTimeout(this.timer);
    const deadline = this.reports.deadline();
    if (deadline === undefined) return;
    this.timer = setTimeout(() => this.settle(), Math.max(0, Math.ceil(deadline - now())));
  }
}
