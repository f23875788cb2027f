/** Since when registrars have been left alone: what is late may be so because they were not. */

import type { Instant } from "../../core/mod.ts";
import type { Cluster } from "../cluster.ts";

/**
 * When something last happened to a registrar or between two of them; Infinity as long as one is
 * cut off from another.
 */
export function registrarsDisturbedAt(cluster: Cluster): Instant {
  const { registrars, network } = cluster;
  let latest = -Infinity;
  registrars.forEach((one, index) => {
    latest = Math.max(latest, one.unchangedSince);
    for (const other of registrars.slice(0, index)) {
      latest = Math.max(latest, network.changedAt(one.host, other.host));
    }
  });
  return latest;
}
