/**
 * Whoever asks an undisturbed registrar over an undisturbed network is answered in time: no timer of
 * the protocol that waits for an answer expires.
 */

import type { Instant, SocketAddress } from "../../core/mod.ts";
import type { Cluster, ClusterWatcher } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

/** Events of an element that tell that its home did not answer. */
const TIMEOUTS = ["registration-timed-out", "deregistration-timed-out", "home-silent"];

/** Listens to every expiry. */
export class TimeoutChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  private readonly calmMs: number;
  private seenTimeouts = 0;

  /** @param calmMs How long a disturbance may have consequences. */
  constructor(cluster: Cluster, calmMs: number) {
    this.cluster = cluster;
    this.calmMs = calmMs;
  }

  /** How many expiries there were. */
  get seen(): number {
    return this.seenTimeouts;
  }

  /** @throws {CheckFailed} */
  onEvent(member: string, event: { readonly type: string }): void {
    if (!TIMEOUTS.includes(event.type)) return;
    this.seenTimeouts++;
    const { host } = (event as unknown as { readonly registrar: SocketAddress }).registrar;
    const { cluster } = this;
    const registrar = cluster.registrars.find((each) => each.host === host);
    const element = cluster.elements.find((each) => each.name === member);
    if (!registrar?.isWell || !element?.isWell) return;
    const disturbedAt: Instant = Math.max(
      element.unchangedSince,
      registrar.unchangedSince,
      cluster.network.changedAt(element.host, host),
    );
    if (cluster.now - disturbedAt < this.calmMs) return;
    throw new CheckFailed(
      "timeouts",
      `${member}: ${event.type}, though ${registrar.name} has been undisturbed`,
    );
  }
}
