/**
 * A whole cluster in one process, under virtual time: five registrars, a hundred elements and ten
 * users, an hour of crashes and partitions, in seconds. Checkers watch that no element is lost that
 * lives, and that none is handed out for long that does not. The same seed plays the same hour.
 *
 *     deno run examples/simulator.ts [SEED]
 */

import { makePlan, Simulation, tellStory } from "../sim.ts";

const [seed = "1"] = Deno.args;
const plan = makePlan({
  seed: Number(seed),
  registrars: 5,
  elements: 100,
  users: 10,
  hours: 1,
  timing: "fast",
  faults: ["crash", "partition"],
});

const { violation, ...report } = new Simulation(plan).play();
const minutes = Math.round(report.virtualMs / 60_000);
console.log(
  `${minutes} virtual minutes, ${report.faults} faults, ${report.messages} messages, ` +
    `${report.handedOut} elements handed out, ${report.removals} removals`,
);

if (violation === undefined) {
  console.log("all was as it must be");
} else {
  const finding = `seed ${seed}: ${violation.checker}: ${violation.finding}`;
  console.error(tellStory(plan, [finding]));
  Deno.exitCode = 7;
}
