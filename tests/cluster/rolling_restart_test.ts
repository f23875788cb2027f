/** All registrars are restarted, one after the other. */
import assert from "node:assert/strict";
import { failuresOf, fewestOf } from "./clients.ts";
import { ALL, clusterTest } from "./cluster.ts";
import { HANDOVER_MS, REUNION_MS, START_MS } from "./laws.ts";
import { tellUsers } from "./measurements.ts";
import { tell } from "./tell.ts";

const ELEMENTS = [1, 2, 3, 4, 5, 6, 7, 8];
const CROWD = 300;
const LOAD_CYCLE_MS = 20;
/** Twice: a registrar that was restarted is an heir like all others. */
const ROUNDS = [...ALL, ...ALL];

clusterTest("a rolling restart: no question fails, and no element is lost", 6, async (cluster) => {
  // Each registrar is the home of one at least; two elements know one registrar only.
  await cluster.register(ELEMENTS.map((each, at) => ({
    host: each % 2 === 0 ? "e2" : "e1",
    registrars: each > 6 ? [ALL[at % 5]!] : [...ALL.slice(at % 5), ...ALL.slice(0, at % 5)],
  })));
  const crowd = await cluster.registerCrowd("e2", 1001, CROWD);
  const everybody = [...ELEMENTS, ...crowd];
  await cluster.settled(ALL, everybody, START_MS);
  await cluster.use(ALL, LOAD_CYCLE_MS);
  for (const registrar of ROUNDS) {
    const start = Date.now();
    await cluster.end(registrar, "SIGTERM");
    const ended = Date.now();
    await cluster.start(registrar);
    tell(
      `restart: registrar ${registrar} ended after ${ended - start} ms, ` +
        `served again after ${Date.now() - ended} ms`,
    );
    // Whoever waits its whole time has not handed over.
    assert.ok(ended - start < HANDOVER_MS, `registrar ${registrar} ended in ${ended - start} ms`);
  }
  await cluster.settled(ALL, everybody, REUNION_MS);
  const reports = await cluster.finishUsers();
  tellUsers("restart", reports);
  assert.deepEqual(reports.flatMap(failuresOf), []);
  // What was never missing in an answer was never lost.
  assert.deepEqual(reports.map(fewestOf), reports.map(() => ELEMENTS.length));
});
