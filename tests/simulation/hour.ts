/**
 * An hour of virtual time in which checks fail and pass and loads go up and down, as a program of
 * its own: it collects garbage before it measures. It writes its measurements as JSON.
 *
 * Run it with `deno run --v8-flags=--expose-gc tests/simulation/hour.ts SEED HOURS`.
 */

import {
  checkMemory,
  checkPresence,
  type ClusterElement,
  type Figures,
} from "../../lib/sim/mod.ts";
import { QUIET_MS, Run } from "./run.ts";
import type { Weather } from "./weather.ts";

/** What was measured. */
export interface HourReport {
  readonly virtualMs: number;
  readonly messages: number;
  readonly samples: readonly Figures[];
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** One ebb and one flood. */
const TIDE_MS = 5 * MINUTE_MS;

const collect = (globalThis as { readonly gc?: () => void }).gc;

/** Checks that fail: most of the elements are de-registered, some die. */
function ebb(run: Run): () => void {
  const { cluster, weather } = run;
  const away = cluster.elements.filter(() => cluster.random.below(3) > 0);
  const killed: ClusterElement[] = [];
  for (const element of away) {
    if (!element.isRunning) continue;
    if (cluster.random.below(4) === 0) {
      element.kill();
      killed.push(element);
    } else element.deregister();
  }
  for (const user of cluster.users) {
    if (weather.random.below(4) === 0) user.kill();
  }
  return () => {
    for (const element of killed) element.start();
    for (const element of away) element.register();
    for (const user of cluster.users) if (!user.isRunning) user.start();
  };
}

/** Everything that the harness can see, at flood, when all are there. */
function measure(run: Run): Figures {
  const { cluster } = run;
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
  const climate = { loadElement: 40, deregisterElement: 2, cutElement: 2, cutUser: 2, babble: 1 };
  const run = new Run({
    seed,
    registrars: 1,
    elements: 150,
    users: 60,
    climate,
    storms: 0,
    stormMs: 0,
    betweenMs: 500,
  });
  const { cluster, weather } = run;
  const samples: Figures[] = [];
  run.advance(QUIET_MS);
  while (cluster.now < hours * HOUR_MS) {
    const flood = ebb(run);
    swell(run, weather, TIDE_MS / 2);
    flood();
    weather.clear();
    run.advance(TIDE_MS / 2);
    checkPresence(cluster);
    checkMemory(cluster);
    cluster.truth.forgetGone(cluster.now - QUIET_MS);
    // The connection of the observer that told the table is over by then.
    run.advance(1000);
    samples.push(measure(run));
  }
  const { virtualMs, messages } = run.report();
  return { virtualMs, messages, samples };
}

/** Loads go up and down, connections break. */
function swell(run: Run, weather: Weather, ms: number): void {
  const until = run.cluster.now + ms;
  while (run.cluster.now < until) {
    run.advance(1 + weather.random.below(1000));
    weather.strike();
  }
}

if (import.meta.main) {
  const [seed, hours] = Deno.args.map(Number);
  const report = JSON.stringify(passHours(seed ?? 1, hours ?? 1));
  await new Blob([report, "\n"]).stream().pipeTo(Deno.stdout.writable);
}
