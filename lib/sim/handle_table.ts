/** A registrar's handle table, as it tells it to an observer: what others can know of it. */

import type { ObserverEvent } from "../core/mod.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterRegistrar } from "./cluster_registrar.ts";

/** A registrar's handle table. */
export type HandleTable = Extract<ObserverEvent, { readonly type: "table" }>;

const LIMIT_MS = 10_000;

/**
 * Asks a registrar for its handle table. As much time passes as that takes.
 *
 * @throws {RangeError} if it does not tell it within ten seconds.
 */
export function readTable(cluster: Cluster, registrar: ClusterRegistrar): HandleTable {
  const observer = cluster.addObserver(registrar);
  const answers: ObserverEvent[] = [];
  observer.onAnswer = (answer) => answers.push(answer);
  observer.ask("handle-table", LIMIT_MS);
  const until = cluster.now + 2 * LIMIT_MS;
  while (answers.length === 0 && cluster.scheduler.step(until));
  observer.stop();
  const [answer] = answers;
  if (answer?.type === "table") return answer;
  throw new RangeError(`${registrar.name} does not tell its handle table: ${answer?.type}`);
}
