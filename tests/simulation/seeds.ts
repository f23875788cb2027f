/**
 * Which runs there are: some seeds that are always the same, and some that are new each time.
 * `SEED=7` replays one; `SIMULATION_RUNS=100` adds as many new ones to each kind of run.
 */

import {
  makePlan,
  type PlanOptions,
  shrink,
  Simulation,
  type SimulationReport,
  tellStory,
} from "../../lib/sim/mod.ts";

/** How long a failing run is made shorter. */
const SHRINK_MS = 20_000;
/** Lines of a story that a failure shows: its end. */
const SHOWN_LINES = 80;

/** The seeds of one kind of run. */
export function seeds(fixed: readonly number[], fresh: number): number[] {
  const only = Deno.env.get("SEED");
  if (only !== undefined) return [Number(only)];
  const wanted = Number(Deno.env.get("SIMULATION_RUNS") ?? fresh);
  return [...fixed, ...crypto.getRandomValues(new Uint32Array(wanted))];
}

/** Plays a plan made of a seed; if it fails, says how to replay it and tells the shortest story. */
export async function playSeed(options: PlanOptions): Promise<SimulationReport> {
  const plan = makePlan(options);
  const report = new Simulation(plan).play();
  const { violation } = report;
  if (violation === undefined) return report;
  const until = performance.now() + SHRINK_MS;
  const shortest = await shrink(plan, violation, { isOver: () => performance.now() > until });
  const story = tellStory(shortest.plan, [`seed ${options.seed}: ${violation.finding}`]);
  const end = story.split("\n").slice(-SHOWN_LINES).join("\n");
  throw new Error(`${violation.finding}\n${replay(options)}\n…\n${end}`);
}

/** Less than any storm lasts: one is played, as without any time, which is none to the command. */
const ONE_STORM_HOURS = 0.01;

/** The command that plays the same run. */
export function replay(options: PlanOptions): string {
  const { registrars, elements, users, hours, seed, timing, topology, security, betweenMs } =
    options;
  const words = [
    `--registrars ${registrars} --elements ${elements} --users ${users}`,
    `--hours ${hours || ONE_STORM_HOURS}`,
    ...(timing === undefined ? [] : [`--timing ${timing}`]),
    ...(topology === undefined ? [] : [`--topology ${topology}`]),
    ...(security === undefined ? [] : [`--security ${security}`]),
    ...(betweenMs === undefined ? [] : [`--between ${betweenMs}ms`]),
  ];
  return `rserpool simulate --seed ${seed} ${words.join(" ")}   replays it`;
}

/** Plays something with a seed; if it fails, says how to replay it and shows how it ended. */
export function withSeed<T>(seed: number, tail: () => string, play: () => T): T {
  try {
    return play();
  } catch (error) {
    const last = tail();
    const how = `SEED=${seed} replays it`;
    throw new Error(`${error instanceof Error ? error.message : error}\n${how}\n${last}`, {
      cause: error,
    });
  }
}
