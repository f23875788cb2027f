/** The same laws hold where everybody proves who it is: by certificates, by keys, or by either. */
import assert from "node:assert/strict";
import { type Answer, failuresOf, type Report } from "./clients.ts";
import { ALL, type Cluster, clusterTest } from "./cluster.ts";
import {
  HANDOVER_MS,
  PARTITION_MS,
  RECOVERY_MS,
  REUNION_MS,
  SLACK_MS,
  START_MS,
  TAKEOVER_OF_KILLED_MS,
} from "./laws.ts";
import { tellUsers } from "./measurements.ts";
import { tell } from "./tell.ts";

/** They are known to no other registrar than the first, so another one must come to them. */
const WAITING = [5, 6];
const ELEMENTS = [1, 2, 3, 4, ...WAITING];

async function populate(cluster: Cluster): Promise<void> {
  await cluster.register(ELEMENTS.map((each) => ({
    host: each % 2 === 0 ? "e2" : "e1",
    registrars: WAITING.includes(each) ? [1] : ALL,
  })));
  await cluster.settled(ALL, ELEMENTS, START_MS);
  await cluster.use();
}

/** No question has failed. */
async function requireAnswers(cluster: Cluster, what: string): Promise<Report[]> {
  const reports = await cluster.finishUsers();
  tellUsers(what, reports);
  assert.deepEqual(reports.flatMap(failuresOf), []);
  return reports;
}

const isPart = ({ elements }: Answer) => elements !== ELEMENTS.length;

clusterTest(
  "registrars by certificates, elements by either: kill -9 of the home, and a rolling restart",
  4,
  async (cluster) => {
    await populate(cluster);
    await cluster.end(1, "SIGKILL");
    const killedAt = Date.now();
    await cluster.settled([2, 3, 4, 5], ELEMENTS, TAKEOVER_OF_KILLED_MS + SLACK_MS);
    tell(`secured, kill -9: settled after ${Date.now() - killedAt} ms`);
    // Taken over, or registered anew: they are still whose they were.
    await cluster.requireOwner(1, [2, 3]);
    await cluster.requireOwner(WAITING[0]!, [2, 3]);
    await cluster.start(1);
    for (const registrar of ALL) {
      const begun = Date.now();
      await cluster.end(registrar, "SIGTERM");
      const ms = Date.now() - begun;
      assert.ok(ms < HANDOVER_MS, `registrar ${registrar} ended in ${ms} ms`);
      await cluster.start(registrar);
    }
    await cluster.settled(ALL, ELEMENTS, REUNION_MS);
    await cluster.requireOwner(WAITING[1]!, [1]);
    await cluster.settled(ALL, ELEMENTS, REUNION_MS);
    const reports = await requireAnswers(cluster, "secured, restarts");
    for (const { name, answers } of reports) assert.deepEqual(answers.filter(isPart), [], name);
  },
  { registrars: "certificate", elements: ["certificate", "psk"], users: "certificate" },
);

clusterTest(
  "keys between all pairs: the home is stopped and the network cut, and both go on",
  6,
  async (cluster) => {
    await populate(cluster);
    const silentAt = Date.now();
    cluster.signal(1, "SIGSTOP");
    await cluster.cut(["r4", "r5"]);
    await cluster.settled([2, 3], ELEMENTS, PARTITION_MS);
    const healedAt = Date.now();
    tell(`secured, silence: settled after ${healedAt - silentAt} ms; law: ${PARTITION_MS} ms`);
    cluster.signal(1, "SIGCONT");
    await cluster.heal();
    await cluster.settled(ALL, ELEMENTS, RECOVERY_MS);
    tell(`secured, silence: healed after ${Date.now() - healedAt} ms; law: ${RECOVERY_MS} ms`);
    // Whoever was their home meanwhile, on which side: they are still whose they were.
    await cluster.requireOwner(1, [4]);
    await cluster.requireOwner(WAITING[0]!, [1]);
    await cluster.settled(ALL, ELEMENTS, REUNION_MS);
    // An element that goes from one living home to another is dialled by the former one before that
    // hands it out again (protocol decision 11): an answer in between has the others only.
    for (const { name, answers } of await requireAnswers(cluster, "secured, silence")) {
      const missing = answers.filter(isPart);
      const again = answers.filter((each, at) => at > 0 && [each, answers[at - 1]!].every(isPart));
      assert.deepEqual(again, [], `${name}: ${JSON.stringify(missing)}`);
    }
  },
  { registrars: "psk", elements: ["psk"], users: "psk" },
);
