/** A plan of ebbs and floods: elements leave and come back, loads go up and down, links break. */

import type { Random } from "../../lib/handlespace/mod.ts";
import { seededRandom } from "../../lib/handlespace/mod.ts";
import { type Fault, makePlan, type Plan } from "../../lib/sim/mod.ts";

const MINUTE_MS = 60_000;
/** One ebb and one flood. */
const TIDE_MS = 10 * MINUTE_MS;
/** What goes wrong goes wrong in the first part; the rest is quiet. */
const STORMY_MS = 4 * MINUTE_MS;

/** One registrar, 150 elements and 60 users for some hours. */
export function tides(seed: number, hours: number): Plan {
  const size = { registrars: 1, elements: 150, users: 60 };
  const plan = makePlan({ ...size, seed, hours: 0, faults: [], topology: "apart" });
  const random = seededRandom(seed);
  const faults: Fault[] = [];
  const checks: number[] = [];
  for (let began = 0; began < hours * 60 * MINUTE_MS; began += TIDE_MS) {
    faults.push(...swell(plan, random, began));
    checks.push(began + TIDE_MS - 20_000);
  }
  faults.sort((a, b) => a.at - b.at);
  return { ...plan, faults, checks, askEveryMs: 10_000 };
}

/** Checks that fail: most of the elements are de-registered, some die, and all come back. */
function swell(plan: Plan, random: Random, began: number): Fault[] {
  const { elements, users } = plan.population;
  const faults: Fault[] = [];
  const busy = new Set<string>();
  const add = (fault: Omit<Fault, "class">) => faults.push({ class: "load", ...fault });
  for (const { name } of elements) {
    if (random.below(3) === 0) continue;
    busy.add(name);
    const at = began + 1 + random.below(MINUTE_MS);
    const lastsMs = began + STORMY_MS - random.below(MINUTE_MS) - at;
    const isKilled = random.below(4) === 0;
    const back = [`register ${name}`];
    add({
      at,
      lastsMs,
      begin: [`${isKilled ? "kill" : "deregister"} ${name}`],
      end: isKilled ? [`start ${name}`, ...back] : back,
    });
  }
  for (const { name } of users) {
    if (random.below(4) > 0) continue;
    const at = began + 1 + random.below(MINUTE_MS);
    add({ at, lastsMs: 2 * MINUTE_MS, begin: [`kill ${name}`], end: [`start ${name}`] });
  }
  const others = elements.filter(({ name }) => !busy.has(name));
  for (let at = began; at < began + STORMY_MS; at += 1 + random.below(1000)) {
    const { name, policy } = others[random.below(others.length)]!;
    const isLoaded = policy.name === "least-used" || policy.name === "randomized-least-used";
    const load = `update ${name} policy=${policy.name}:load=${random.below(1000) / 1000}`;
    if (isLoaded) add({ at, lastsMs: 0, begin: [load], end: [] });
    else if (random.below(20) === 0) add({ at, lastsMs: 0, begin: [`cut ${name} R1`], end: [] });
  }
  return faults;
}
