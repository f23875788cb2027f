/**
 * After quiet time, the registrars know what is so: each pool element that serves is registered at
 * its home exactly once, with its latest values, and is handed out; nothing else is registered.
 */

import { formatIdentifier, type PoolElement, type PoolHandle } from "../../wire/mod.ts";
import type { Cluster } from "../cluster.ts";
import type { ClusterElement } from "../cluster_element.ts";
import type { ClusterRegistrar } from "../cluster_registrar.ts";
import { type HandleTable, readPools, readTable } from "../inquiry.ts";
import { narratePolicy } from "../narrate_message.ts";
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

/** A registrar and what it tells. */
interface Knowledge {
  readonly registrar: ClusterRegistrar;
  readonly table: HandleTable;
  readonly selectable: ReadonlyMap<PoolHandle, ReadonlySet<number>>;
}

/**
 * Asks every registrar for its handle table and its pools, and compares them with what is so. A
 * little time passes.
 *
 * @throws {CheckFailed}
 */
export function checkPresence(cluster: Cluster, options: PresenceOptions = {}): void {
  const knowledge = cluster.registrars.filter((each) => each.isRunning)
    .map((registrar): Knowledge => {
      const table = readTable(cluster, registrar);
      const handles = table.pools.map((pool) => pool.poolHandle);
      return { registrar, table, selectable: readPools(cluster, registrar, handles) };
    });
  for (const { registrar, table } of knowledge) checkNothingElse(cluster, registrar.name, table);
  for (const element of cluster.elements) {
    const { poolHandle, identifier } = element;
    const truth = cluster.truth.element(poolHandle, identifier);
    if (truth?.servesSince !== undefined) checkServing(cluster, element, knowledge, options);
  }
}

function checkServing(
  cluster: Cluster,
  element: ClusterElement,
  knowledge: readonly Knowledge[],
  options: PresenceOptions,
): void {
  const { name, home, state, poolHandle, identifier } = element;
  const places = knowledge.filter(({ table }) => find(table, element) !== undefined);
  const where = places.map(({ registrar }) => registrar.name).join(" and ") || "nowhere";
  const isOnce = options.areIndependent ? places.length > 0 : places.length === 1;
  if (!isOnce) fail(`${name} serves and is registered at ${where}`);
  const known = places.find(({ registrar }) => registrar.identifier === (home ?? placeOf(places)));
  if (known === undefined) {
    fail(`${name} believes in ${cluster.names.registrar(home!)}, and is at ${where}`);
  }
  if (state !== "registered") fail(`${name} is at ${where} and says ${state}`);
  const { registrar, table, selectable } = known;
  if (!selectable.get(poolHandle)?.has(identifier)) {
    fail(`${name} is at ${registrar.name}, and is not handed out`);
  }
  const registered = narratePolicy(find(table, element)!.policy);
  const latest = narratePolicy(element.latestPolicy);
  if (registered !== latest) {
    fail(`${name} is at ${registrar.name} with ${registered}, not ${latest}`);
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
      if (truth.goneSince === undefined) continue;
      const seconds = (cluster.now - truth.goneSince) / 1000;
      fail(`${registrar} lists ${truth.name}, ${truth.departure} ${seconds} s ago`);
    }
  }
}

function find(table: HandleTable, element: ClusterElement): PoolElement | undefined {
  const pool = table.pools.find((each) => each.poolHandle === element.poolHandle);
  return pool?.poolElements.find((each) => each.identifier === element.identifier);
}

function placeOf(places: readonly Knowledge[]): number {
  return places[0]!.registrar.identifier;
}

function fail(finding: string): never {
  throw new CheckFailed(CHECKER, finding);
}
