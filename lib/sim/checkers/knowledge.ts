/** All that each registrar tells, read over the network as anybody reads it. */

import type { PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { Cluster } from "../cluster.ts";
import type { ClusterRegistrar } from "../cluster_registrar.ts";
import { type HandleTable, readPeers, readPools, readTable } from "../inquiry.ts";
import { CheckFailed } from "./check_failed.ts";

/** A registrar and what it tells. */
export interface Knowledge {
  readonly registrar: ClusterRegistrar;
  readonly table: HandleTable;
  /** Server identifiers of its peers. */
  readonly peers: readonly number[];
  /** PE identifiers of those that it hands out, by pool. */
  readonly selectable: ReadonlyMap<PoolHandle, ReadonlySet<number>>;
}

/**
 * Asks every registrar that runs. A little time passes.
 *
 * @throws {CheckFailed} if one does not answer.
 */
export function gather(cluster: Cluster): Knowledge[] {
  return cluster.registrars.filter((each) => each.isRunning).map((registrar) => {
    try {
      const table = readTable(cluster, registrar);
      const { servers } = readPeers(cluster, registrar);
      const handles = table.pools.map((pool) => pool.poolHandle);
      const selectable = readPools(cluster, registrar, handles);
      return { registrar, table, peers: servers.map((each) => each.identifier), selectable };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new CheckFailed("presence", error.message);
    }
  });
}

/** An element in a registrar's table. */
export function find(
  table: HandleTable,
  poolHandle: PoolHandle,
  identifier: number,
): PoolElement | undefined {
  const pool = table.pools.find((each) => each.poolHandle === poolHandle);
  return pool?.poolElements.find((each) => each.identifier === identifier);
}
