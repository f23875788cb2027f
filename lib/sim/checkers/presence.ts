/**
 * After quiet time, the registrars know what is so: each pool element that serves is registered at
 * its home exactly once, and nothing else is registered anywhere.
 */

import { formatIdentifier } from "../../wire/mod.ts";
import type { Cluster } from "../cluster.ts";
import type { ClusterElement } from "../cluster_element.ts";
import { type HandleTable, readTable } from "../handle_table.ts";
import { CheckFailed } from "./check_failed.ts";

const CHECKER = "presence";

/** What registrars can know of each other. */
export interface PresenceOptions {
  /**
   * They have no ENRP between them: one that an element has left goes on to list it as long as the
   * element lives and answers there. RFC 5352 §3.4 has it answer every registrar.
   */
  readonly areIndependent?: boolean;
}

/**
 * Asks every registrar for its handle table and compares it with what is so. A little time passes.
 *
 * @throws {CheckFailed}
 */
export function checkPresence(cluster: Cluster, options: PresenceOptions = {}): void {
  const tables = cluster.registrars.filter((each) => each.isRunning)
    .map((registrar) => ({ registrar, table: readTable(cluster, registrar) }));
  for (const { registrar, table } of tables) checkNothingElse(cluster, registrar.name, table);
  for (const element of cluster.elements) {
    const { poolHandle, identifier, name } = element;
    if (cluster.truth.element(poolHandle, identifier)?.servesSince === undefined) continue;
    const places = tables.filter(({ table }) => has(table, element));
    const homes = places.map(({ registrar }) => registrar.name).join(" and ") || "nowhere";
    const isOnce = options.areIndependent ? places.length > 0 : places.length === 1;
    if (!isOnce) fail(`${name} serves and is registered at ${homes}`);
    const { home } = element;
    if (home !== undefined && !places.some(({ registrar }) => registrar.identifier === home)) {
      fail(`${name} believes in ${cluster.names.registrar(home)}, and is at ${homes}`);
    }
    if (element.state !== "registered") fail(`${name} is at ${homes} and says ${element.state}`);
  }
}

function checkNothingElse(cluster: Cluster, registrar: string, table: HandleTable): void {
  for (const { poolHandle, poolElements } of table.pools) {
    const identifiers = poolElements.map((each) => each.identifier);
    if (new Set(identifiers).size !== identifiers.length) {
      fail(`${registrar} lists an element of ${poolHandle} twice`);
    }
    for (const identifier of identifiers) {
      const truth = cluster.truth.element(poolHandle, identifier);
      if (truth === undefined) {
        fail(`${registrar} lists ${poolHandle}/${formatIdentifier(identifier)}, which never was`);
      }
      if (truth?.goneSince === undefined) continue;
      const seconds = (cluster.now - truth.goneSince) / 1000;
      fail(`${registrar} lists ${truth.name}, ${truth.departure} ${seconds} s ago`);
    }
  }
}

function has(table: HandleTable, element: ClusterElement): boolean {
  const pool = table.pools.find((each) => each.poolHandle === element.poolHandle);
  return pool?.poolElements.some((each) => each.identifier === element.identifier) ?? false;
}

function fail(finding: string): never {
  throw new CheckFailed(CHECKER, finding);
}
