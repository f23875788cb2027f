/** Two registrars are killed: at once, and one while it takes the other one over. */
import assert from "node:assert/strict";
import { failuresOf } from "./clients.ts";
import { ALL, type Cluster, clusterTest, type Registrar } from "./cluster.ts";
import { SLACK_MS, START_MS, TAKEOVER_OF_KILLED_MS, TAKEOVER_OF_TWO_MS } from "./laws.ts";
import { tellUsers } from "./measurements.ts";
import { tell } from "./tell.ts";

const HUNTERS = [1, 2, 3, 4];
const WAITING = [5, 6, 7, 8];
const ELEMENTS = [...HUNTERS, ...WAITING];

/** Four elements that know all registrars, and one that knows no other one for each of these. */
async function register(cluster: Cluster, homes: readonly Registrar[]): Promise<void> {
  await cluster.register(ELEMENTS.map((each) => ({
    host: each % 2 === 0 ? "e2" : "e1",
    registrars: HUNTERS.includes(each) ? ALL : [homes[each % homes.length]!],
  })));
  await cluster.settled(ALL, ELEMENTS, START_MS);
  await cluster.use();
}

async function finish(cluster: Cluster, what: string): Promise<void> {
  const reports = await cluster.finishUsers();
  tellUsers(what, reports);
  assert.deepEqual(reports.flatMap(failuresOf), []);
}

clusterTest("two homes are killed at once: all elements have new ones", 4, async (cluster) => {
  await register(cluster, [4, 5]);
  const killedAt = Date.now();
  await Promise.all([cluster.end(4, "SIGKILL"), cluster.end(5, "SIGKILL")]);
  await cluster.settled([1, 2, 3], ELEMENTS, TAKEOVER_OF_KILLED_MS + SLACK_MS);
  tell(`two homes: settled after ${Date.now() - killedAt} ms; law: ${TAKEOVER_OF_KILLED_MS} ms`);
  await finish(cluster, "two homes");
});

clusterTest("who begins to take over is killed meanwhile: another one does", 4, async (cluster) => {
  await register(cluster, [1]);
  const killedAt = Date.now();
  await cluster.end(1, "SIGKILL");
  // Whether it would have won or not: the others wait for it, each for its own reason.
  const second = await cluster.firstToLog("takeover-began", TAKEOVER_OF_KILLED_MS);
  await cluster.end(second, "SIGKILL");
  const rest = ALL.filter((each) => each !== 1 && each !== second);
  await cluster.settled(rest, ELEMENTS, TAKEOVER_OF_TWO_MS + SLACK_MS);
  tell(`the second, too: settled after ${Date.now() - killedAt} ms; law: ${TAKEOVER_OF_TWO_MS} ms`);
  await finish(cluster, "the second, too");
});
