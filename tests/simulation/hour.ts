/**
 * An hour of virtual time in which checks fail and pass and loads go up and down, as a program of
 * its own: it collects garbage before it measures. It writes its measurements as JSON.
 *
 * Run it with `deno run --v8-flags=--expose-gc tests/simulation/hour.ts SEED HOURS`.
 */

import { type Cluster, type Figures, Simulation } from "../../lib/sim/mod.ts";
import { tides } from "./tides.ts";

/** What was measured. */
export interface HourReport {
  readonly virtualMs: number;
  readonly messages: number;
  /** What a checker has found. */
  readonly finding: string | undefined;
  readonly samples: readonly Figures[];
}

/** The connections of those who asked for a check are over by then. */
const AFTER_CHECK_MS = 15_000;

const collect = (globalThis as { readonly gc?: () => void }).gc;

/** Everything that the harness can see, at flood, when all are there. */
function measure(cluster: Cluster): Figures {
  const sum = (members: readonly { associations: number }[]) =>
    members.reduce((total, each) => total + each.associations, 0);
  const [registrar] = cluster.registrars;
  const figures = {
    ...registrar!.statistics(),
    registrarConnections: registrar!.associations,
    elementConnections: sum(cluster.elements),
    userConnections: sum(cluster.users),
    connections: cluster.network.size,
    timers: cluster.scheduler.pending,
  };
  collect?.();
  return { ...figures, heapKilobytes: Math.round(Deno.memoryUsage().heapUsed / 1024) };
}

/** Lets some hours pass. */
export function passHours(seed: number, hours: number): HourReport {
  const plan = tides(seed, hours);
  const simulation = new Simulation(plan);
  const samples: Figures[] = [];
  for (const check of plan.checks) {
    const { violation } = simulation.play(check + AFTER_CHECK_MS - simulation.now);
    if (violation !== undefined) break;
    samples.push(measure(simulation.cluster));
  }
  const { virtualMs, messages, violation } = simulation.report();
  return { virtualMs, messages, finding: violation?.finding, samples };
}

if (import.meta.main) {
  const [seed, hours] = Deno.args.map(Number);
  const report = JSON.stringify(passHours(seed ?? 1, hours ?? 1));
  await new Blob([report, "\n"]).stream().pipeTo(Deno.stdout.writable);
}
