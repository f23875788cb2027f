/** What pool users do: they ask again and again, and say whom they could not reach. */

import type { Random } from "../handlespace/mod.ts";
import type { PoolHandle } from "../wire/mod.ts";
import type { Cluster } from "./cluster.ts";
import type { Answer, ClusterUser } from "./cluster_user.ts";

/** What a user asks for, and how often. */
export interface Curiosity {
  readonly poolHandles: readonly PoolHandle[];
  /** Mean time between two questions. */
  readonly everyMs: number;
}

/** Has a user ask as long as the cluster lives, whenever it runs. */
export function keepAsking(cluster: Cluster, user: ClusterUser, curiosity: Curiosity): void {
  const random = cluster.randomFor(`${user.name} asks`);
  const { poolHandles, everyMs } = curiosity;
  user.onAnswer = (answer) => tryOne(cluster, user, answer, random);
  const askLater = () => {
    cluster.scheduler.after(1 + random.below(2 * everyMs), () => {
      if (user.isRunning) {
        const poolHandle = poolHandles[random.below(poolHandles.length)]!;
        const items = random.below(3) === 0 ? undefined : 1 + random.below(4);
        if (random.below(2) === 0) user.purge();
        user.resolve(poolHandle, items);
      }
      askLater();
    });
  };
  askLater();
}

/** Tries to reach one of those that it was given, and reports it if that fails. */
function tryOne(cluster: Cluster, user: ClusterUser, answer: Answer, random: Random): void {
  if (answer.type !== "resolved") return;
  const { poolElements, poolHandle } = answer;
  const { identifier } = poolElements[random.below(poolElements.length)]!;
  const serves = cluster.truth.element(poolHandle, identifier)?.servesSince !== undefined;
  if (!serves) user.reportUnreachable(poolHandle, identifier);
}
