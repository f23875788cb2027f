/**
 * Nobody who lives is removed: an element that has served undisturbed for a while, at a registrar
 * that was as undisturbed, stays in the handlespace.
 */

import type { Instant } from "../../core/mod.ts";
import type { PoolHandle } from "../../wire/mod.ts";
import type { Cluster, ClusterWatcher, Delivery } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

interface Removal {
  readonly type: string;
  readonly poolHandle: PoolHandle;
  readonly identifier: number;
  readonly reason: string;
}

/** Reasons that are no mistake, whoever gives them. */
const RIGHTFUL = ["deregistered", "unreachable-reports"];

/** Timers may be late. */
const SLACK_MS = 500;

/** Listens to every removal. */
export class EvictionChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  /** When a registrar's last grant that an element has read was written: by both of them. */
  private readonly grants = new Map<string, Instant>();
  private checkedRemovals = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** How many removals were looked at. */
  get checked(): number {
    return this.checkedRemovals;
  }

  /** A registration was granted. */
  onDelivery({ message, from, to, writtenAt }: Delivery): void {
    if (message.type !== "ASAP_REGISTRATION_RESPONSE" || message.reject) return;
    this.grants.set(`${from} ${to}`, writtenAt);
  }

  /**
   * Looks at every removal by a registrar.
   *
   * @throws {CheckFailed}
   */
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
    if (!element.isWell || !element.isWanted || element.home !== registrar.identifier) return;
    const disturbedAt = Math.max(
      servesSince,
      element.unchangedSince,
      registrar.unchangedSince,
      cluster.network.changedAt(element.host, registrar.host),
    );
    const grantedAt = this.grants.get(`${member} ${element.name}`) ?? -Infinity;
    if (disturbedAt >= grantedAt) return;
    // A keep-alive that was sent while something was wrong may time out a little after.
    if (cluster.now - disturbedAt <= registrar.timing.keepAliveTimeoutMs + SLACK_MS) return;
    const seconds = Math.floor((cluster.now - grantedAt) / 1000);
    throw new CheckFailed(
      "evictions",
      `${member} removes ${element.name}, ${reason}, ` +
        `granted ${seconds} s ago and undisturbed since`,
    );
  }
}
