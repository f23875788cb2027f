/**
 * Whoever asks an undisturbed registrar over an undisturbed network is answered in time: no timer of
 * the protocol that waits for an answer expires.
 */

import type { Instant, SocketAddress } from "../../core/mod.ts";
import type { Cluster, ClusterWatcher } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

/**
 * Events of an element that tell that its home did not answer, and for how long a disturbance may
 * have been the reason: what was asked, and the probe of whoever had its identifier before.
 */
const TIMEOUTS: Readonly<Record<string, number>> = {
  "registration-timed-out": 45_000,
  "deregistration-timed-out": 45_000,
  "home-silent": 75_000,
};

/** Listens to every expiry. */
export class TimeoutChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  private seenTimeouts = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** How many expiries there were. */
  get seen(): number {
    return this.seenTimeouts;
  }

  /** @throws {CheckFailed} */
  onEvent(member: string, event: { readonly type: string }): void {
    const calmMs = TIMEOUTS[event.type];
    if (calmMs === undefined) return;
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
    if (cluster.now - disturbedAt < calmMs) return;
    throw new CheckFailed(
      "timeouts",
      `${member}: ${event.type}, though ${registrar.name} has been undisturbed`,
    );
  }
}
