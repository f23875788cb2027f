/** Every request of a pool user ends within the time that its timers give it. RFC 5352 §3.7.2. */

import type { Instant, PoolUserTiming } from "../../core/mod.ts";
import type { Cluster, ClusterWatcher } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

/** A timer may be late, and a request waits while a process is frozen. */
const SLACK_MS = 1000;

/** Watches how long requests stay open. */
export class AnswerChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  private readonly limitMs: number;
  /** Since when a user has had open requests without an answer between. */
  private readonly waitingSince = new Map<string, Instant>();

  constructor(cluster: Cluster, timing: PoolUserTiming) {
    this.cluster = cluster;
    this.limitMs = timing.t1EnrpRequestMs * (1 + timing.maxRequestRetransmit) + SLACK_MS;
  }

  /** An answer came. */
  onEvent(member: string, event: { readonly type: string }): void {
    if (event.type === "resolved" || event.type === "failed") this.waitingSince.delete(member);
  }

  /**
   * Looks at every user; to be called often.
   *
   * @throws {CheckFailed}
   */
  check(): void {
    const { users, now } = this.cluster;
    for (const { name, openRequests, isRunning, unchangedSince } of users) {
      if (openRequests === 0 || !isRunning) {
        this.waitingSince.delete(name);
        continue;
      }
      const since = Math.max(this.waitingSince.get(name) ?? now, unchangedSince);
      this.waitingSince.set(name, since);
      if (now - since <= this.limitMs) continue;
      const seconds = (now - since) / 1000;
      throw new CheckFailed("answers", `${name} waits ${seconds} s for ${openRequests} answers`);
    }
  }
}
