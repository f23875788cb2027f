/** Processes are stopped for longer than all limits, and go on. */
import assert from "node:assert/strict";
import { failuresOf } from "./clients.ts";
import { ALL, clusterTest } from "./cluster.ts";
import {
  ELEMENT_RETURN_MS,
  ELEMENT_SILENCE_MS,
  RECOVERY_MS,
  SLACK_MS,
  START_MS,
  TAKEOVER_OF_SILENT_MS,
} from "./laws.ts";
import { tellNewHomes, tellUsers } from "./measurements.ts";
import { tell } from "./tell.ts";

const HUNTERS = [1, 2, 3, 4];
const WAITING = [5, 6, 7, 8];
const ELEMENTS = [...HUNTERS, ...WAITING];
const WHAT = "SIGSTOP of the home";

clusterTest("a home that is stopped is replaced, and fits in again", 6, async (cluster) => {
  await cluster.register(ELEMENTS.map((each) => ({
    host: each % 2 === 0 ? "e2" : "e1",
    registrars: HUNTERS.includes(each) ? ALL : [1],
  })));
  await cluster.settled(ALL, ELEMENTS, START_MS);
  await cluster.use();
  const stoppedAt = Date.now();
  cluster.signal(1, "SIGSTOP");
  await cluster.settled([2, 3, 4, 5], ELEMENTS, TAKEOVER_OF_SILENT_MS + SLACK_MS);
  const continuedAt = Date.now();
  cluster.signal(1, "SIGCONT");
  await cluster.settled(ALL, ELEMENTS, RECOVERY_MS);
  const settledAt = Date.now();
  const reports = await cluster.finishUsers();
  tellUsers(WHAT, reports);
  tell(
    `${WHAT}: settled ${settledAt - continuedAt} ms after SIGCONT; law: ${RECOVERY_MS} ms`,
  );
  assert.deepEqual(reports.flatMap(failuresOf), []);
  const homes = cluster.newHomesAfter(stoppedAt);
  tellNewHomes(WHAT, "all elements", ELEMENTS, homes, TAKEOVER_OF_SILENT_MS);
});

clusterTest("an element that is stopped is removed, and comes back", 6, async (cluster) => {
  const elements = [1, 2, 3];
  await cluster.register(elements.map(() => ({ host: "e1", registrars: ALL })));
  await cluster.settled(ALL, elements, START_MS);
  cluster.signalElement(3, "SIGSTOP");
  await cluster.settled(ALL, [1, 2], ELEMENT_SILENCE_MS);
  cluster.signalElement(3, "SIGCONT");
  await cluster.settled(ALL, elements, ELEMENT_RETURN_MS);
});
