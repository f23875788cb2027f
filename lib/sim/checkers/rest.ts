/**
 * After quiet time there is rest: registrars tell each other that they live, elements are asked and
 * register again when their time has come, and nobody goes on settling what is settled. A livelock
 * that is slow enough for every limit a minute is found so.
 */

import type { Instant } from "../../core/mod.ts";
import type { Bounds } from "../bounds.ts";
import type { Cluster, ClusterWatcher, Delivery } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

/** The least of T4-reregistration: what a life of 60 s leads to (protocol decision 16). */
const LEAST_T4_MS = 40_000;

interface Sent {
  readonly at: Instant;
  readonly type: string;
  /** Who to whom. */
  readonly pair: string;
}

/** Remembers what members sent of late. */
export class RestChecker implements ClusterWatcher {
  private readonly cluster: Cluster;
  private readonly windowMs: number;
  /** An update may be in the window, and the registration that it tells of just before it. */
  private readonly slackMs: number;
  private recent: Sent[] = [];

  constructor(cluster: Cluster, bounds: Bounds) {
    this.cluster = cluster;
    // Long enough for two heartbeats, which could each lead to an audit.
    const { peerHeartbeatCycleMs } = cluster.timing.registrar;
    this.windowMs = Math.max(bounds.silenceMs, 2.5 * peerHeartbeatCycleMs);
    this.slackMs = bounds.roundTripsMs;
  }

  /** A message was read. */
  onDelivery({ message, from, to, writtenAt }: Delivery): void {
    if (!WATCHED.has(message.type) || !this.cluster.isMember(from)) return;
    this.recent.push({ at: writtenAt, type: message.type, pair: `${from} ${to}` });
    if (this.recent.length % 4096 === 0) this.forget();
  }

  /**
   * Looks at the time just before; to be called at the end of quiet time.
   *
   * @throws {CheckFailed}
   */
  check(): void {
    this.forget();
    for (const [type, most] of Object.entries(this.allowed())) {
      const count = this.count(type);
      if (count <= most) continue;
      const seconds = Math.round(this.windowMs / 1000);
      fail(`${count} ${type} within the last ${seconds} s of quiet time, not ${most}`);
    }
    this.checkAudits();
  }

  /** An audit is due once an hour; that of each pair may be due now, and none again. */
  private checkAudits(): void {
    const { cluster } = this;
    const pages = Math.max(
      1,
      Math.ceil(cluster.elements.length / cluster.limits.tablePageElements),
    );
    const audits = Math.ceil(this.windowMs / cluster.timing.registrar.auditCycleMs);
    const counts = new Map<string, number>();
    for (const { type, pair } of this.recent) {
      if (type !== "ENRP_HANDLE_TABLE_REQUEST") continue;
      const count = (counts.get(pair) ?? 0) + 1;
      counts.set(pair, count);
      if (count <= pages * audits) continue;
      const [one, other] = pair.split(" ");
      fail(`${one} asks ${other} for its own children ${count} times in quiet time`);
    }
  }

  /** How many there may be of each, by the law of the timers. */
  private allowed(): Record<string, number> {
    const { cluster, windowMs } = this;
    const { registrar } = cluster.timing;
    const registrars = cluster.registrars.length;
    const pairs = registrars * (registrars - 1);
    const elements = cluster.elements.length;
    const registrations = elements * (1 + Math.ceil(windowMs / LEAST_T4_MS));
    return {
      ENRP_INIT_TAKEOVER: 0,
      ENRP_INIT_TAKEOVER_ACK: 0,
      ENRP_TAKEOVER_SERVER: 0,
      ENRP_LIST_REQUEST: 0,
      ENRP_PRESENCE: pairs * (2 + Math.ceil(2 * windowMs / registrar.peerHeartbeatCycleMs)),
      // Each registration is told to all peers.
      ENRP_HANDLE_UPDATE: this.count("ASAP_REGISTRATION", this.slackMs) * (registrars - 1),
      ASAP_REGISTRATION: registrations,
      ASAP_DEREGISTRATION: 0,
    };
  }

  /** How many there were in the window, or somewhat before it as well. */
  private count(type: string, beforeMs = 0): number {
    const since = this.cluster.now - this.windowMs - beforeMs;
    return this.recent.filter((each) => each.type === type && each.at >= since).length;
  }

  private forget(): void {
    const since = this.cluster.now - this.windowMs - this.slackMs;
    this.recent = this.recent.filter(({ at }) => at >= since);
  }
}

const WATCHED: ReadonlySet<string> = new Set([
  "ENRP_INIT_TAKEOVER",
  "ENRP_INIT_TAKEOVER_ACK",
  "ENRP_TAKEOVER_SERVER",
  "ENRP_LIST_REQUEST",
  "ENRP_PRESENCE",
  "ENRP_HANDLE_TABLE_REQUEST",
  "ENRP_HANDLE_UPDATE",
  "ASAP_REGISTRATION",
  "ASAP_DEREGISTRATION",
]);

function fail(finding: string): never {
  throw new CheckFailed("rest", finding);
}
