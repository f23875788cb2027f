/** The home of all pool elements is killed. */
import assert from "node:assert/strict";
import { failuresOf } from "./clients.ts";
import { ALL, clusterTest } from "./cluster.ts";
import { HUNT_OF_KILLED_MS, SLACK_MS, START_MS, TAKEOVER_OF_KILLED_MS } from "./laws.ts";
import { tellNewHomes, tellUsers } from "./measurements.ts";

const HUNTERS = [1, 2, 3, 4];
/** They know no other registrar, so another one must come to them. */
const WAITING = [5, 6, 7, 8];
const WHAT = "kill -9 of the home";

clusterTest(`${WHAT}: all have a new one in time, and no question fails`, 4, async (cluster) => {
  const elements = [...HUNTERS, ...WAITING];
  await cluster.register(elements.map((each) => ({
    host: each % 2 === 0 ? "e2" : "e1",
    registrars: HUNTERS.includes(each) ? ALL : [1],
  })));
  const before = await cluster.settled(ALL, elements, START_MS);
  assert.deepEqual([...before.values()], elements.map(() => 1));
  await cluster.use();
  const killedAt = Date.now();
  await cluster.end(1, "SIGKILL");
  await cluster.settled([2, 3, 4, 5], elements, TAKEOVER_OF_KILLED_MS + SLACK_MS);
  const reports = await cluster.finishUsers();
  tellUsers(WHAT, reports);
  assert.deepEqual(reports.flatMap(failuresOf), []);
  const homes = cluster.newHomesAfter(killedAt);
  tellNewHomes(WHAT, "elements that hunt", HUNTERS, homes, HUNT_OF_KILLED_MS);
  tellNewHomes(WHAT, "by takeover alone", WAITING, homes, TAKEOVER_OF_KILLED_MS);
});
