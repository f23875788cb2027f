/**
 * What a registrar remembers after quiet time is of those who are there, and nothing is left over.
 */

import type { RegistrarStatistics } from "../../core/mod.ts";
import type { Cluster } from "../cluster.ts";
import { CheckFailed } from "./check_failed.ts";

/**
 * Compares the sizes of a registrar's tables and timers with each other and with the connections
 * that its process has.
 *
 * @throws {CheckFailed}
 */
export function checkMemory(cluster: Cluster): void {
  const peers = cluster.registrars.filter((each) => each.isRunning).length - 1;
  const watched = cluster.users.reduce((sum, user) => sum + user.watched.length, 0);
  const mostOfOne = Math.max(0, ...cluster.users.map((user) => user.watched.length));
  for (const registrar of cluster.registrars) {
    const statistics = registrar.statistics();
    if (statistics === undefined) continue;
    const isAlone = !registrar.hasPeers && statistics.peers === 0;
    // Those that it is told of come on top.
    const most = cluster.limits.maxPeerAddresses + registrar.mentors.length;
    const finding = (isAlone ? ownLeftOver(statistics) : peerLeftOver(statistics, peers, most)) ??
      leftOver(statistics, registrar.associations) ??
      // A registrar learns of an end that it was not told of when it tells the next change.
      updateLeftOver(statistics, watched + mostOfOne * cluster.network.halfOpen(registrar.host));
    if (finding === undefined) continue;
    throw new CheckFailed("memory", `${registrar.name}: ${finding}: ${JSON.stringify(statistics)}`);
  }
}

/** Of one that is alone: whom it knows, it owns. */
function ownLeftOver(now: RegistrarStatistics): string | undefined {
  return now.children !== now.poolElements ? "an element that nobody owns" : undefined;
}

/** Of one with peers. */
function peerLeftOver(
  now: RegistrarStatistics,
  peers: number,
  addresses: number,
): string | undefined {
  if (now.children > now.poolElements) return "a child that is listed nowhere";
  if (now.peers > peers) return `more peers than the ${peers} that there are`;
  if (now.peerAddresses > addresses) return "more addresses than it may remember";
  if (now.takeovers > 0) return "a takeover that does not end";
  if (now.resynchronizations > 0) return "an audit that does not end";
  if (now.adoptions > 0) return "an element of a dead registrar that is never told";
  if (now.probes > 0) return "a question to an element that does not end";
  return undefined;
}

/** Of those who are told changes: there are no more of them than users who want that. */
function updateLeftOver(now: RegistrarStatistics, watched: number): string | undefined {
  if (now.subscriptions > watched) return `subscriptions beyond the ${watched} that there are`;
  if (now.heldUpdates > 0) return "a change that is never told";
  return undefined;
}

function leftOver(now: RegistrarStatistics, connections: number): string | undefined {
  if (now.keepAliveTimers !== now.children) return "an element that nobody asks, or the reverse";
  if (now.expiryTimers > now.children) return "a life without an element";
  if (now.graceTimers > 0) return "a grace period that does not end";
  if (now.contenders > 0) return "a request that waits for ever";
  if (now.associations !== connections) return `${connections} connections`;
  if (now.dials > connections || now.dialledEndpoints !== now.dials) return "a dial that is over";
  if (now.dialWindows > 0) return "a count of dials that is over";
  if (now.downloads > 0) return "a download that is over";
  return undefined;
}
