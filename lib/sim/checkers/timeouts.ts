/**
 * Whoever asks an undisturbed registrar over an undisturbed network is answered in time: no timer
 * of the protocol that waits for an answer expires.
 */

import type { SocketAddress } from "../../core/mod.ts";
import type { Cluster, ClusterWatcher } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";
import { registrarsDisturbedAt } from "./disturbance.ts";

/** For how long a disturbance may have been the reason for an expiry, in milliseconds. */
interface Excuses {
  /** The element had asked before it was disturbed. */
  readonly elementMs: number;
  /** The registrar or the network may have been busy with what was before. */
  readonly registrarMs: number;
}

/** Events of an element that tell that its home did not answer. */
const TIMEOUTS: Readonly<Record<string, Excuses>> = {
  "registration-timed-out": { elementMs: 29_900, registrarMs: 45_000 },
  "deregistration-timed-out": { elementMs: 29_900, registrarMs: 45_000 },
  "home-silent": { elementMs: 75_000, registrarMs: 75_000 },
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

  /**
   * Looks at every expiry that an element tells.
   *
   * @throws {CheckFailed}
   */
  onEvent(member: string, event: { readonly type: string }): void {
    const excuses = TIMEOUTS[event.type];
    if (excuses === undefined) return;
    this.seenTimeouts++;
    const { host } = (event as unknown as { readonly registrar: SocketAddress }).registrar;
    const { cluster } = this;
    const registrar = cluster.registrars.find((each) => each.host === host);
    const element = cluster.elements.find((each) => each.name === member);
    if (!registrar?.isWell || !element?.isWell) return;
    const disturbedAt = Math.max(
      // Another one may have taken the element over, or have held this one up.
      registrar.hasPeers ? registrarsDisturbedAt(cluster) : registrar.unchangedSince,
      cluster.network.changedAt(element.host, host),
    );
    if (cluster.now - element.unchangedSince < excuses.elementMs) return;
    if (cluster.now - disturbedAt < excuses.registrarMs) return;
    throw new CheckFailed(
      "timeouts",
      `${member}: ${event.type}, though ${registrar.name} has been undisturbed`,
    );
  }
}
