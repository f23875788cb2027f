/**
 * Nobody is sent to a pool element that is gone for longer than a registrar may take to notice: at
 * once for one that has de-registered, soon after its connection broke, and after a keep-alive that
 * found no answer where nobody was told anything.
 */

import type { Instant } from "../../core/mod.ts";
import type { PoolHandle } from "../../wire/mod.ts";
import { type Bounds, boundsOf } from "../bounds.ts";
import type { Cluster, ClusterWatcher, Delivery } from "../cluster.ts";
import type { ClusterRegistrar } from "../cluster_registrar.ts";
import type { ElementTruth } from "../truth.ts";
import { CheckFailed } from "./check_failed.ts";
import { registrarsDisturbedAt } from "./disturbance.ts";

/** Listens to every answer to a resolution. */
export class DepartureChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  private readonly bounds: Bounds;
  private checkedElements = 0;
  /** Who has granted the last registration, and the last de-registration, of which element. */
  private readonly homes = new Map<string, { readonly name: string; readonly at: Instant }>();
  private readonly granters = new Map<string, string>();

  constructor(cluster: Cluster, bounds: Bounds = boundsOf(cluster)) {
    this.cluster = cluster;
    this.bounds = bounds;
  }

  /** How many elements in answers were looked at. */
  get checked(): number {
    return this.checkedElements;
  }

  /**
   * Looks at every grant, and at every element in an answer to a user.
   *
   * @throws {CheckFailed}
   */
  onDelivery(delivery: Delivery): void {
    const { message, from, to, writtenAt } = delivery;
    if (message.type === "ASAP_REGISTRATION_RESPONSE" && !message.reject) {
      const key = keyOf(message.poolHandle, message.peIdentifier);
      this.homes.set(key, { name: from, at: writtenAt });
    }
    if (message.type === "ASAP_DEREGISTRATION_RESPONSE" && message.causes === undefined) {
      this.granters.set(keyOf(message.poolHandle, message.peIdentifier), from);
    }
    if (message.type !== "ASAP_HANDLE_RESOLUTION_RESPONSE") return;
    const registrar = this.cluster.registrars.find((each) => each.name === from);
    if (registrar === undefined) return;
    for (const { identifier } of message.poolElements) {
      const truth = this.cluster.truth.element(message.poolHandle, identifier);
      this.checkedElements++;
      if (truth?.goneSince === undefined) continue;
      const late = writtenAt - this.deadline(registrar, truth, truth.goneSince);
      if (late <= 0) continue;
      const seconds = (writtenAt - truth.goneSince) / 1000;
      throw new CheckFailed(
        "departures",
        `${from} sends ${to} to ${truth.name}, ${truth.departure} ${seconds} s before` +
          ` and known to be gone for ${late} ms`,
      );
    }
  }

  /** Until when a registrar may still hand out an element that is gone. */
  private deadline(registrar: ClusterRegistrar, truth: ElementTruth, goneSince: Instant): Instant {
    const began = Math.max(goneSince, registrar.unchangedSince);
    const { departure } = truth;
    const key = keyOf(truth.poolHandle, truth.identifier);
    const element = this.cluster.elements.find((each) => each.name === truth.name);
    const linkChangedAt = element === undefined
      ? Infinity
      : this.cluster.network.changedAt(registrar.host, element.host);
    const { silenceMs, roundTripsMs, departureMs } = this.bounds;
    const disturbedAt = registrarsDisturbedAt(this.cluster);
    // Among registrars that were not left alone, its home may have been any of them since.
    if (this.areMeshed && disturbedAt > goneSince - departureMs) {
      return Math.max(began, disturbedAt, linkChangedAt) + departureMs;
    }
    // One that stood still may read a registration after the de-registration that followed it.
    const wasWell = registrar.unchangedSince <= goneSince - silenceMs;
    if (departure === "deregistered" && this.granters.get(key) === registrar.name && wasWell) {
      return began;
    }
    // Others than its home are told nothing, and a disturbance may have kept the news from that.
    const home = this.homes.get(key);
    const isHome = home?.name === registrar.name && home.at >= truth.servedSince;
    // Who answers at its endpoint may be another one by now, and one that reads nothing is told
    // nothing: that is learned by a keep-alive alone.
    const isReplaced = element !== undefined && element.identifier !== truth.identifier;
    const isTold = departure === "killed" && isHome && registrar.isWell && !isReplaced;
    if (isTold && linkChangedAt <= goneSince - silenceMs) return began + roundTripsMs;
    return began + silenceMs;
  }

  /** Whether registrars tell each other of their elements. */
  private get areMeshed(): boolean {
    return this.cluster.registrars.some((each) => each.hasPeers);
  }
}

function keyOf(poolHandle: PoolHandle, identifier: number): string {
  return `${poolHandle}/${identifier}`;
}
