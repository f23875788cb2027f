/**
 * Seeded runs: storms of faults, each followed by quiet time in which the registrars must come to
 * know what is so; every checker of lib/sim/checkers watches.
 */
import assert from "node:assert/strict";
import {
  makePlan,
  type PlanOptions,
  Simulation,
  type SimulationReport,
} from "../../lib/sim/mod.ts";
import { run } from "../cli/fake_world.ts";
import { playSeed, replay, seeds } from "./seeds.ts";

/** One storm and its quiet time. */
const USUAL: Omit<PlanOptions, "seed"> = { registrars: 5, elements: 20, users: 5, hours: 0 };

async function playAll(
  kind: Partial<PlanOptions>,
  fixed: readonly number[],
  fresh: number,
): Promise<void> {
  const reports: SimulationReport[] = [];
  for (const seed of seeds(fixed, fresh)) {
    reports.push(await playSeed({ ...USUAL, ...kind, seed }));
  }
  const mean = (key: "faults" | "handedOut" | "removals") =>
    reports.reduce((total, report) => total + report[key], 0) / reports.length;
  // Runs in which nothing happens would prove nothing.
  assert(mean("faults") > 10, JSON.stringify(reports));
  assert(mean("handedOut") > 50, JSON.stringify(reports));
  assert(mean("removals") > 1, JSON.stringify(reports));
}

Deno.test("one registrar through storms", async () => {
  await playAll(
    { registrars: 1, elements: 60, users: 30, betweenMs: 1500 },
    [1, 2, 3, 3402649288],
    2,
  );
});

Deno.test("registrars without peers to hunt among", async () => {
  const kind = { topology: "apart", betweenMs: 1500 } as const;
  await playAll({ ...kind, registrars: 2, elements: 60, users: 30 }, [6, 7, 165850784], 2);
  await playAll({ ...kind, registrars: 4, elements: 12, users: 20 }, [10], 2);
});

Deno.test("two registrars that are peers", async () => {
  await playAll({ registrars: 2, elements: 12 }, [20, 21, 22, 23], 10);
});

Deno.test("five registrars that are peers, under all faults", async () => {
  await playAll({}, [30, 31, 32, 33, 34, 35, 36, 37], 30);
});

Deno.test("registrars, elements and users that find each other by multicast", async () => {
  await playAll({ registrars: 3, elements: 12, topology: "announced" }, [50, 51, 2426256658], 6);
});

Deno.test("five registrars with fast timers", async () => {
  await playAll({ timing: "fast" }, [40, 41, 42, 43], 10);
});

Deno.test("five registrars over certificates and keys, each of both", async () => {
  await playAll({ security: "both" }, [60, 61, 62, 63], 3);
  await playAll({ security: "both", timing: "fast" }, [64, 65], 1);
});

Deno.test("secured registrars that know one each, all, or nobody at first", async () => {
  await playAll({ security: "certificate" }, [70, 71], 3);
  const some = { security: "psk", registrars: 3, elements: 12 } as const;
  await playAll({ ...some, topology: "chain" }, [72, 73], 2);
  await playAll({ ...some, security: "certificate", topology: "announced" }, [74, 75], 2);
});

Deno.test("hundreds of elements and users", async () => {
  await playAll({ registrars: 3, elements: 200, users: 100, betweenMs: 1000 }, [12], 0);
});

Deno.test("a seed replays a run, line by line", () => {
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  const play = (options: PlanOptions) => new Simulation(makePlan(options), { keepLines: 1 }).play();
  const options = { ...USUAL, seed: seed! };
  const first = play(options);
  assert.deepEqual(play(options), first, `SEED=${seed}`);
  assert.notEqual(play({ ...options, seed: seed! + 1 }).digest, first.digest);
});

Deno.test("the command that a failure prints plays the same run", async () => {
  const options: PlanOptions = {
    ...USUAL,
    elements: 2,
    seed: 1,
    timing: "fast",
    security: "both",
    betweenMs: 60_000,
  };
  const { faults, messages } = new Simulation(makePlan(options)).play();
  const [command] = replay(options).split("   ");
  const [, ...words] = command!.split(" ");
  const { code, stdout, stderr } = await run([...words, "-o", "json"]);
  assert.equal(code, 0, stderr);
  const told = JSON.parse(stdout);
  assert.deepEqual([told.faults, told.messages], [faults, messages]);
});
