/**
 * After quiet time, the registrars know what is so: each pool element that serves is registered
 * exactly once, at a home that lives and that it believes in, with its latest values, and is handed
 * out; nothing else is registered.
 */

import { formatIdentifier } from "../../wire/mod.ts";
import type { Cluster } from "../cluster.ts";
import type { ClusterElement } from "../cluster_element.ts";
import type { HandleTable } from "../inquiry.ts";
import { narratePolicy } from "../narrate_message.ts";
import { CheckFailed } from "./check_failed.ts";
import { find, gather, type Knowledge } from "./knowledge.ts";

/** What registrars can know of each other. */
export interface PresenceOptions {
  /**
   * They have no ENRP between them: one that an element has left goes on to list it as long as the
   * element lives and answers there. RFC 5352 §3.4 has it answer every registrar.
   */
  readonly areIndependent?: boolean;
}

/**
 * Compares what every registrar tells with what is so. A little time passes, unless it is known
 * already what they tell.
 *
 * @throws {CheckFailed}
 */
export function checkPresence(
  cluster: Cluster,
  options: PresenceOptions = {},
  knowledge: readonly Knowledge[] = gather(cluster),
): void {
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
  const { name, state } = element;
  const places = knowledge.filter(({ table }) => found(table, element) !== undefined);
  const where = places.map(({ registrar }) => registrar.name).join(" and ") || "nowhere";
  const home = homeOf(element, places, options);
  if (home === undefined) fail(`${name} serves and is registered at ${where}`);
  const known = places.find(({ registrar }) => registrar.identifier === (element.home ?? home));
  if (known === undefined) {
    fail(`${name} believes in ${cluster.names.registrar(element.home!)}, and is at ${where}`);
  }
  if (state !== "registered") fail(`${name} is at ${where} and says ${state}`);
  const handing = options.areIndependent ? [known] : places;
  for (const each of handing) checkEntry(element, each);
  if (options.areIndependent) return;
  const belief = cluster.names.registrar(element.home ?? home);
  for (const { registrar, table } of places) {
    const listed = cluster.names.registrar(found(table, element)!.home);
    if (listed !== belief) {
      fail(`${registrar.name} has ${listed} for the home of ${name}, which is ${belief}`);
    }
  }
}

/** The one home that all those who list an element name, if all do that must. */
function homeOf(
  element: ClusterElement,
  places: readonly Knowledge[],
  { areIndependent }: PresenceOptions,
): number | undefined {
  if (areIndependent) return places[0]?.registrar.identifier;
  const homes = new Set(places.map(({ table }) => found(table, element)!.home));
  return homes.size === 1 ? [...homes][0] : undefined;
}

function checkEntry(element: ClusterElement, { registrar, table, selectable }: Knowledge): void {
  const { name, poolHandle, identifier } = element;
  if (!selectable.get(poolHandle)?.has(identifier)) {
    fail(`${name} is at ${registrar.name}, and is not handed out`);
  }
  const registered = narratePolicy(found(table, element)!.policy);
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

function found(table: HandleTable, { poolHandle, identifier }: ClusterElement) {
  return find(table, poolHandle, identifier);
}

function fail(finding: string): never {
  throw new CheckFailed("presence", finding);
}
