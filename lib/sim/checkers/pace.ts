/** Nobody turns in a circle: however bad things are, a member sends and tries only so often. */

import type { Instant } from "../../core/mod.ts";
import type { Cluster, ClusterWatcher, Delivery } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

const WINDOW_MS = 60_000;

/** What one member may do within a minute. */
export interface PaceLimits {
  /** Messages that one member sends another. */
  readonly messages: number;
  /** Events that one member tells. */
  readonly events: number;
}

/** Counts what each member does. */
export class PaceChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  private readonly limits: PaceLimits;
  private counts = new Map<string, number>();
  private windowBegan: Instant = 0;

  constructor(cluster: Cluster, limits: PaceLimits) {
    this.cluster = cluster;
    this.limits = limits;
  }

  /**
   * Counts a message.
   *
   * @throws {CheckFailed}
   */
  onDelivery({ from, to, message }: Delivery): void {
    this.count(`messages from ${from} to ${to}`, this.limits.messages, message.type);
  }

  /**
   * Counts an event.
   *
   * @throws {CheckFailed}
   */
  onEvent(member: string, event: { readonly type: string }): void {
    this.count(`events of ${member}`, this.limits.events, event.type);
  }

  private count(what: string, limit: number, latest: string): void {
    if (this.cluster.now >= this.windowBegan + WINDOW_MS) {
      this.windowBegan = this.cluster.now;
      this.counts = new Map();
    }
    const count = (this.counts.get(what) ?? 0) + 1;
    this.counts.set(what, count);
    if (count <= limit) return;
    throw new CheckFailed("pace", `more than ${limit} ${what} in a minute, now ${latest}`);
  }
}
