/** The policies that leave nothing to chance, against naive models of them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { selectionFor } from "../../../lib/handlespace/selection/policy_table.ts";
import type { Policy } from "../../../lib/wire/mod.ts";
import { NaiveRanking, NaiveRoundRobin } from "./naive.ts";
import { answers, ByItem, type Naive, operations } from "./operations.ts";

const MAX = 0xffffffff;
// Few values, so that there are equals, and the greatest, so that sums exceed 32 bits.
const value = fc.constantFrom(0, 1, 2, 0x80000000, MAX - 1, MAX);

function record<Name extends Policy["name"]>(name: Name, members: Record<string, typeof value>) {
  return fc.record({ name: fc.constant(name), ...members }) as unknown as fc.Arbitrary<Policy>;
}

/** The value of a member of a policy that has it. */
function member(policy: Policy, name: string): number {
  return (policy as unknown as Record<string, number>)[name]!;
}

function degradedLoad(policy: Policy, counter: number): number {
  return Math.min(MAX, member(policy, "load") + counter * member(policy, "degradation"));
}

const load = { load: value };
const degradation = { load: value, degradation: value };

const cases: readonly [string, fc.Arbitrary<Policy>, () => Naive][] = [
  ["round-robin", record("round-robin", {}), () => new NaiveRoundRobin()],
  [
    "least-used with equal loads",
    fc.constant<Policy>({ name: "least-used", load: 5 }),
    () => new NaiveRoundRobin(),
  ],
  [
    "priority",
    record("priority", { priority: value }),
    () => new NaiveRanking((policy) => -member(policy, "priority")),
  ],
  [
    "least-used",
    record("least-used", load),
    () => new NaiveRanking((policy) => member(policy, "load")),
  ],
  [
    "least-used-degradation",
    record("least-used-degradation", degradation),
    () => new NaiveRanking(degradedLoad),
  ],
  [
    "priority-least-used",
    record("priority-least-used", degradation),
    () => new NaiveRanking((policy) => member(policy, "load") + member(policy, "degradation")),
  ],
  [
    "rsplib's LU-DPF, as least used",
    record("0xb0002002", { ...load, loadDpf: value, distance: value }),
    () => new NaiveRanking((policy) => member(policy, "load")),
  ],
  [
    "rsplib's PLUD, as least used with degradation",
    record("0xb0001003", degradation),
    () => new NaiveRanking(degradedLoad),
  ],
  [
    "an unknown policy, as round robin",
    fc.constant<Policy>({ name: "unknown", policyType: 0x80000001, data: new Uint8Array() }),
    () => new NaiveRoundRobin(),
  ],
];

for (const [name, policy, naive] of cases) {
  Deno.test(`${name}: selects as the naive model does`, () => {
    const property = fc.property(operations(policy), policy, fc.integer(), (list, first, seed) => {
      const selection = new ByItem(selectionFor<number>(first, seededRandom(seed)));
      assert.deepEqual(answers(selection, list), answers(naive(), list));
    });
    fc.assert(property, { numRuns: 300 });
  });
}

Deno.test("weighted-round-robin with weights of 1 is round robin", () => {
  const policy: Policy = { name: "weighted-round-robin", weight: 1 };
  // Two that stay: where there is one only, round robin would go on with it when a second comes.
  const stay = [100, 101].map((item) => ({ kind: "put", item, policy, items: 0 }) as const);
  const property = fc.property(operations(fc.constant(policy)), fc.integer(), (list, seed) => {
    const selection = new ByItem(selectionFor<number>(policy, seededRandom(seed)));
    const all = [...stay, ...list];
    assert.deepEqual(answers(selection, all), answers(new NaiveRoundRobin(), all));
  });
  fc.assert(property, { numRuns: 300 });
});
