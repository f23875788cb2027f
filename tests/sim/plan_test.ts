/** Plans, their stories, and how a failing one becomes shorter. */
import assert from "node:assert/strict";
import type { Machine, RegistrarCommand, RegistrarEvent } from "../../lib/core/mod.ts";
import {
  commandsOf,
  FAULT_CLASSES,
  formatScript,
  makePlan,
  parseScript,
  type Plan,
  playScript,
  reduce,
  shrink,
  Simulation,
  Stage,
  tellStory,
  withoutMembers,
} from "../../lib/sim/mod.ts";
import { Broken } from "./broken.ts";

const SMALL = { registrars: 3, elements: 6, users: 2, hours: 0 } as const;

Deno.test("the same options make the same plan, and another seed another one", () => {
  const plan = makePlan({ ...SMALL, seed: 1 });
  assert.deepEqual(makePlan({ ...SMALL, seed: 1 }), plan);
  assert.notDeepEqual(makePlan({ ...SMALL, seed: 2 }).faults, plan.faults);
});

Deno.test("a plan has the classes of faults that it was asked for, and loads that change", () => {
  for (const wanted of FAULT_CLASSES) {
    const seen = new Set<string>();
    for (let seed = 0; seed < 3; seed++) {
      const plan = makePlan({ ...SMALL, seed, faults: [wanted], betweenMs: 2000 });
      for (const fault of plan.faults) seen.add(fault.class);
    }
    assert.deepEqual([...seen].sort(), [wanted, "load"].sort());
  }
  const all = makePlan({ ...SMALL, seed: 1, hours: 2, betweenMs: 2000 });
  const seen = new Set(all.faults.map((fault) => fault.class));
  assert.deepEqual([...seen].sort(), [...FAULT_CLASSES, "load"].sort());
});

Deno.test("what goes wrong in a storm is over when it ends, but for crashes over the check", () => {
  let staying = 0;
  for (let seed = 0; seed < 40; seed++) {
    const plan = makePlan({ ...SMALL, seed, topology: "mesh" });
    const [check] = plan.checks;
    for (const { at, lastsMs, class: kind, begin } of plan.faults) {
      assert(at < check! / 2, `${seed}: ${begin}`);
      const isStaying = at + lastsMs > check! / 2;
      if (isStaying) assert.equal(kind, "crash", `${seed}: ${begin}`);
      if (isStaying) assert(at + lastsMs > check!, `${seed}: ${begin}`);
      if (isStaying) staying++;
    }
  }
  assert(staying > 3, `${staying}`);
});

Deno.test("a plan goes on for as many hours as it is to last", () => {
  const { checks } = makePlan({ ...SMALL, seed: 1, hours: 6 });
  assert(checks.length > 10);
  assert(checks.at(-1)! > 5.5 * 3_600_000 && checks.at(-1)! < 6 * 3_600_000);
});

Deno.test("commands come in the order of their instants, ends before beginnings", () => {
  const commands = commandsOf(makePlan({ ...SMALL, seed: 3 }));
  commands.slice(1).forEach(({ at }, index) => assert(at >= commands[index]!.at));
  assert.match(commands[0]!.text, /^cluster seed=3 /);
  assert.equal(commands.at(-1)!.text === "check" || commands.length > 1, true);
});

Deno.test("a plan without some members says nothing of them", () => {
  const plan = makePlan({ ...SMALL, seed: 5, betweenMs: 4000 });
  const left = withoutMembers(plan, new Set(["R2", "PE#2", "PU#1"]));
  const text = commandsOf(left).map((command) => command.text).join("\n");
  for (const name of ["R2", "PE#2", "PU#1"]) {
    assert.doesNotMatch(text, new RegExp(`\\b${name}\\b`), name);
  }
  assert.equal(left.population.elements.length, 5);
  assert.equal(left.population.elements.find(({ name }) => name === "PE#3")!.neighbour, undefined);
  assert.equal(new Simulation(left).play().violation, undefined);
});

Deno.test("a list is reduced to what is needed", async () => {
  const needed = [3, 17, 18, 40];
  let kept: readonly number[] = [];
  let trials = 0;
  await reduce(Array.from({ length: 64 }, (_, i) => i), (items) => {
    trials++;
    const holds = needed.every((each) => items.includes(each));
    if (holds) kept = items;
    return Promise.resolve(holds);
  });
  assert.deepEqual(kept, needed);
  assert(trials < 150, `${trials}`);
});

/** A registrar that removes nobody who is killed: it never hears that a connection was lost. */
function keepsTheDead(right: Machine<RegistrarCommand, RegistrarEvent>) {
  return new Broken(right, {
    input: (input) => input.type === "disconnected" ? undefined : input,
  });
}

Deno.test("a failing run is told in its shortest story, which fails in the same way", async () => {
  const sabotage = { registrar: keepsTheDead };
  const plan = makePlan({ ...SMALL, registrars: 1, seed: 4, faults: ["crash"] });
  const { violation } = new Simulation(plan, { sabotage }).play();
  assert(violation !== undefined);
  const { plan: shortest, violation: same } = await shrink(plan, violation, { sabotage });
  assert.equal(same.checker, violation.checker);
  assert(shortest.faults.length <= 2, JSON.stringify(shortest.faults));
  assert(shortest.population.elements.length <= 2, JSON.stringify(shortest.population.elements));
  const story = tellStory(shortest, ["It keeps the dead."], sabotage);
  assert.match(story, /^# It keeps the dead\.\ncluster seed=4 timing=rfc latency=1\.\.1ms/);
  assert(story.trimEnd().endsWith(`!! ${same.finding}`), story);
  assert(story.split("\n").length < 120, `${story.split("\n").length} lines`);
});

Deno.test("a story is a scenario: it is played as it was told", () => {
  const plan = makePlan({ ...SMALL, seed: 6, timing: "fast" });
  const short: Plan = { ...plan, faults: plan.faults.slice(0, 8) };
  const story = tellStory(short, ["Some faults."]);
  const blocks = parseScript(story);
  assert.equal(formatScript(blocks, playScript(blocks)), story);
});

Deno.test("a story tells the run itself, to the line", () => {
  const plan = makePlan({ ...SMALL, seed: 9, timing: "fast" });
  const simulation = new Simulation(plan, { keepLines: 1 });
  const { digest } = simulation.play();
  const stage = new Stage({ keepLines: 1 });
  const script = parseScript(tellStory(plan, []));
  playScript(script, stage);
  assert.equal(stage.cluster.transcript.digest, digest);
});

Deno.test("what a machine throws is a violation, too", () => {
  const plan = makePlan({ ...SMALL, seed: 1 });
  const { violation } = new Simulation(plan, {
    sabotage: {
      user: (right) =>
        new Broken(right, {
          input: (input) => {
            if (input.type === "received") throw new Error("cannot go on");
            return input;
          },
        }),
    },
  }).play();
  assert.equal(violation?.checker, "exception");
  assert.match(violation!.finding, /cannot go on/);
});

Deno.test("a clock that stands still is a violation, too", () => {
  const plan = makePlan({ ...SMALL, seed: 1 });
  const { violation } = new Simulation(plan, {
    sabotage: { element: (right) => new Broken(right, { deadline: () => 0 }) },
  }).play();
  assert.equal(violation?.checker, "livelock");
});
