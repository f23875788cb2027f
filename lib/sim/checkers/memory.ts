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
  for (const registrar of cluster.registrars) {
    const statistics = registrar.statistics();
    if (statistics === undefined) continue;
    const finding = leftOver(statistics, registrar.associations);
    if (finding === undefined) continue;
    throw new CheckFailed("memory", `${registrar.name}: ${finding}: ${JSON.stringify(statistics)}`);
  }
}

function leftOver(now: RegistrarStatistics, connections: number): string | undefined {
  if (now.children !== now.poolElements) return "an element that nobody owns";
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
