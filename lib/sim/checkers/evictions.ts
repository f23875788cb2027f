/**
 * Nobody who lives is removed: an element that has served undisturbed for a while, at a registrar that
 * was as undisturbed, stays in the handlespace.
 */

import type { Instant } from "../../core/mod.ts";
import type { PoolHandle } from "../../wire/mod.ts";
import type { Cluster, ClusterWatcher } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

interface Removal {
  readonly type: string;
  readonly poolHandle: PoolHandle;
  readonly identifier: number;
  readonly reason: string;
}

/** Reasons that are no mistake, whoever gives them. */
const RIGHTFUL = ["deregistered", "unreachable-reports"];

/** Listens to every removal. */
export class EvictionChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  private readonly calmMs: number;
  private checkedRemovals = 0;

  /** @param calmMs How long a disturbance of the past may excuse a removal. */
  constructor(cluster: Cluster, calmMs: number) {
    this.cluster = cluster;
    this.calmMs = calmMs;
  }

  /** How many removals were looked at. */
  get checked(): number {
    return this.checkedRemovals;
  }

  /** @throws {CheckFailed} */
  onEvent(member: string, event: { readonly type: string }): void {
    if (event.type !== "pool-element-removed") return;
    const { poolHandle, identifier, reason } = event as Removal;
    this.checkedRemovals++;
    if (RIGHTFUL.includes(reason)) return;
    const { cluster } = this;
    const registrar = cluster.registrars.find((each) => each.name === member);
    const element = cluster.elements.find((each) =>
      each.identifier === identifier && each.poolHandle === poolHandle
    );
    const servesSince = cluster.truth.element(poolHandle, identifier)?.servesSince;
    if (registrar === undefined || element === undefined || servesSince === undefined) return;
    // One that is at another registrar by now may be forgotten by this one.
    if (!element.isWanted || element.home !== registrar.identifier) return;
    const disturbedAt: Instant = Math.max(
      servesSince,
      element.unchangedSince,
      registrar.unchangedSince,
      cluster.network.changedAt(element.host, registrar.host),
    );
    const calmMs = cluster.now - disturbedAt;
    if (calmMs < this.calmMs) return;
    const seconds = Math.floor(calmMs / 1000);
    throw new CheckFailed(
      "evictions",
      `${member} removes ${element.name}, ${reason}, which was undisturbed for ${seconds} s`,
    );
  }
}
