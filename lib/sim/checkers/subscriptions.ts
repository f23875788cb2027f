/**
 * After quiet time, whoever watches a pool was told last what its registrar would answer now: no
 * update was lost, whatever happened to registrars, users and connections. RFC 5352 §2.2.5.
 */

import type { PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { Cluster } from "../cluster.ts";
import type { ClusterUser } from "../cluster_user.ts";
import { narrateElement, narrateElements } from "../narrate_message.ts";
import { CheckFailed } from "./check_failed.ts";
import { gather, type Knowledge } from "./knowledge.ts";

/**
 * Compares what each subscriber was told last with what its home tells. A little time passes,
 * unless it is known already what registrars tell.
 *
 * @throws {CheckFailed}
 */
export function checkSubscriptions(
  cluster: Cluster,
  knowledge: readonly Knowledge[] = gather(cluster),
): void {
  for (const user of cluster.users) {
    if (!user.isWell) continue;
    for (const poolHandle of user.watched) checkOne(cluster, user, poolHandle, knowledge);
  }
}

function checkOne(
  cluster: Cluster,
  user: ClusterUser,
  poolHandle: PoolHandle,
  knowledge: readonly Knowledge[],
): void {
  const { name, home } = user;
  const told = user.told(poolHandle);
  const known = knowledge.find(({ registrar }) => registrar.host === home?.host);
  if (known === undefined) fail(`${name} watches ${poolHandle}, and has no registrar that runs`);
  const where = known.registrar.name;
  if (told === undefined) fail(`${name} watches ${poolHandle} at ${where}, and was told nothing`);
  const expected = handedOut(known, poolHandle);
  const [is, was] = [expected, told].map((each) => narrateElements(each, cluster.names));
  if (is !== was) fail(`${name} was told ${poolHandle} ${was}, and ${where} has ${is}`);
  expected.forEach((element, index) => {
    const [now, then] = [element, told[index]!].map(narrateElement);
    if (now !== then) fail(`${name} was told ${then} in ${poolHandle}, and ${where} has ${now}`);
  });
}

/** What a registrar would answer, in the order of identifiers. */
function handedOut({ table, selectable }: Knowledge, poolHandle: PoolHandle): PoolElement[] {
  const pool = table.pools.find((each) => each.poolHandle === poolHandle);
  const identifiers = selectable.get(poolHandle);
  return (pool?.poolElements ?? []).filter((each) => identifiers?.has(each.identifier))
    .sort((a, b) => a.identifier - b.identifier);
}

function fail(finding: string): never {
  throw new CheckFailed("subscriptions", finding);
}
