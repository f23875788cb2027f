/**
 * Seeded runs: storms of faults, each followed by quiet time in which the registrars must come to
 * know what is so; every checker of lib/sim/checkers watches.
 */
import assert from "node:assert/strict";
import { Run, type RunOptions, type RunReport } from "./run.ts";
import { seeds, withSeed } from "./seeds.ts";
import { STORMY } from "./weather.ts";

/** Lines of the transcript that a failure shows. */
const SHOWN_LINES = 60;

const USUAL: Omit<RunOptions, "seed"> = {
  registrars: 1,
  elements: 60,
  users: 30,
  climate: STORMY,
  storms: 3,
  stormMs: 300_000,
  betweenMs: 1500,
};

function play(options: RunOptions): RunReport {
  const run = new Run(options);
  return withSeed(options.seed, () => run.cluster.transcript.tail(SHOWN_LINES), () => run.play());
}

function playAll(kind: Partial<RunOptions>, fixed: readonly number[], fresh: number): void {
  const reports = seeds(fixed, fresh).map((seed) => play({ ...USUAL, ...kind, seed }));
  const mean = (key: "strikes" | "handedOut" | "removals") =>
    reports.reduce((total, report) => total + report[key], 0) / reports.length;
  // Runs in which nothing happens would prove nothing.
  assert(mean("strikes") > 100, JSON.stringify(reports));
  assert(mean("handedOut") > 500, JSON.stringify(reports));
  assert(mean("removals") > 5, JSON.stringify(reports));
}

Deno.test("one registrar through storms", () => playAll({}, [1, 2, 3, 4, 5], 3));

Deno.test("two registrars to hunt among", () => playAll({ registrars: 2 }, [6, 7, 8, 9], 3));

Deno.test("four registrars to hunt among, for few elements", () => {
  playAll({ registrars: 4, elements: 12, users: 20, betweenMs: 800 }, [10, 11], 2);
});

Deno.test("hundreds of elements and users", () => {
  playAll({ elements: 300, users: 120, storms: 1, betweenMs: 400 }, [12], 1);
});

Deno.test("a seed replays a run, line by line", () => {
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  const options = { ...USUAL, elements: 20, users: 10, storms: 1, seed: seed! };
  const first = play(options);
  assert.deepEqual(play(options), first, `SEED=${seed}`);
  assert.notEqual(play({ ...options, seed: seed! + 1 }).digest, first.digest);
});
