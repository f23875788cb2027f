/** What a registrar tells who asks it: all that others can know of its handlespace. */

import type { ObserverEvent, PoolUserEvent } from "../core/mod.ts";
import { ALL_ITEMS, type PoolHandle } from "../wire/mod.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterRegistrar } from "./cluster_registrar.ts";

/** A registrar's handle table. */
export type HandleTable = Extract<ObserverEvent, { readonly type: "table" }>;
/** A registrar's list of its peers. */
export type PeerListing = Extract<ObserverEvent, { readonly type: "listed" }>;

const LIMIT_MS = 10_000;

/**
 * Asks a registrar for its handle table, as an observer. As much time passes as that takes.
 *
 * @throws {RangeError} if it does not tell it within ten seconds.
 */
export function readTable(cluster: Cluster, registrar: ClusterRegistrar): HandleTable {
  const answer = observe(cluster, registrar, "handle-table");
  if (answer?.type === "table") return answer;
  throw new RangeError(`${registrar.name} does not tell its handle table: ${answer?.type}`);
}

/**
 * Asks a registrar for its peers, as an observer. As much time passes as that takes.
 *
 * @throws {RangeError} if it does not tell them within ten seconds.
 */
export function readPeers(cluster: Cluster, registrar: ClusterRegistrar): PeerListing {
  const answer = observe(cluster, registrar, "list");
  if (answer?.type === "listed") return answer;
  throw new RangeError(`${registrar.name} does not tell its peers: ${answer?.type}`);
}

function observe(
  cluster: Cluster,
  registrar: ClusterRegistrar,
  what: "list" | "handle-table",
): ObserverEvent | undefined {
  const observer = cluster.addObserver(registrar);
  const answers: ObserverEvent[] = [];
  observer.onAnswer = (answer) => answers.push(answer);
  observer.ask(what, LIMIT_MS);
  wait(cluster, () => answers.length > 0);
  observer.stop();
  return answers[0];
}

/**
 * Asks a registrar for all elements of some pools that may be selected, as a pool user. As much
 * time passes as that takes.
 *
 * @returns Their PE identifiers by pool; a pool that the registrar does not know is left out.
 * @throws {RangeError} if it does not answer.
 */
export function readPools(
  cluster: Cluster,
  registrar: ClusterRegistrar,
  poolHandles: readonly PoolHandle[],
): Map<PoolHandle, ReadonlySet<number>> {
  const visitor = cluster.addVisitor(registrar);
  const answers: Extract<PoolUserEvent, { type: "resolved" | "failed" }>[] = [];
  visitor.onAnswer = (answer) => answers.push(answer);
  for (const poolHandle of poolHandles) visitor.resolve(poolHandle, ALL_ITEMS);
  wait(cluster, () => answers.length === poolHandles.length);
  visitor.stop();
  if (answers.length < poolHandles.length) throw new RangeError(`${registrar.name} is silent`);
  const pools = new Map<PoolHandle, ReadonlySet<number>>();
  for (const answer of answers) {
    if (answer.type === "failed") {
      if (answer.why === "unknown-pool-handle") continue;
      throw new RangeError(`${registrar.name} does not resolve: ${answer.why}`);
    }
    pools.set(answer.poolHandle, new Set(answer.poolElements.map((each) => each.identifier)));
  }
  return pools;
}

function wait(cluster: Cluster, isOver: () => boolean): void {
  const until = cluster.now + 6 * LIMIT_MS;
  while (!isOver() && cluster.scheduler.step(until));
}
