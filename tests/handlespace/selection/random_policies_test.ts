/** The policies that draw at random, against their distributions. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { selectionFor } from "../../../lib/handlespace/selection/policy_table.ts";
import type { Policy } from "../../../lib/wire/mod.ts";
import { fits, tally } from "../chi_square.ts";
import { answers, ByItem, operations } from "./operations.ts";

const MAX = 0xffffffff;
const random: Policy = { name: "random" };
const weighted = (weight: number): Policy => ({ name: "weighted-random", weight });
const leastUsed = (load: number): Policy => ({ name: "randomized-least-used", load });

/** The items 0, 1, … with these policies. */
function selectionOf(policies: readonly Policy[], seed: number) {
  const selection = selectionFor<number>(policies[0]!, seededRandom(seed));
  policies.forEach((policy, item) => selection.add(item, policy));
  return selection;
}

function firstOf(policies: readonly Policy[], draws = 60_000): number[] {
  const selection = selectionOf(policies, policies.length);
  return tally(policies.length, draws, () => selection.select(1)[0]!);
}

/** The probabilities of ordered pairs drawn without replacement in proportion to weights. */
function pairProbabilities(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.flatMap((first, i) =>
    weights.map((second, k) => i === k ? 0 : first / total * second / (total - first))
  );
}

function pairsOf(policies: readonly Policy[]): number[] {
  const n = policies.length;
  const selection = selectionOf(policies, 99);
  return tally(n * n, 60_000, () => {
    const [first, second] = selection.select(2);
    return first! * n + second!;
  });
}

Deno.test("random: each item is as likely as the others", () => {
  for (const n of [2, 3, 10, 50]) {
    assert.ok(fits(firstOf(new Array(n).fill(random)), new Array(n).fill(1)), `${n}`);
  }
});

Deno.test("random: pairs too, in either order", () => {
  assert.ok(fits(pairsOf(new Array(5).fill(random)), pairProbabilities([1, 1, 1, 1, 1])));
});

Deno.test("random: orders of all items are equally likely", () => {
  const selection = selectionOf(new Array(4).fill(random), 5);
  const orders = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = selection.select(Infinity).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.equal(orders.size, 24);
  assert.ok(fits([...orders.values()], new Array(24).fill(1)));
});

Deno.test("weighted-random: in proportion to the weights", () => {
  for (const weights of [[1, 1], [1, 2, 3], [1, 0, 5, 10, 0, 100], [MAX, 1e9, MAX, 5e8]]) {
    const counts = firstOf(weights.map(weighted));
    assert.ok(fits(counts, weights), `${weights}: ${counts}`);
  }
});

Deno.test("weighted-random: what is drawn is not drawn again, the rest in proportion", () => {
  const weights = [1, 2, 3, 10];
  assert.ok(fits(pairsOf(weights.map(weighted)), pairProbabilities(weights)));
});

Deno.test("weighted-random: in proportion after a thousand changes and removals", () => {
  const selection = selectionFor<number>(weighted(1), seededRandom(8));
  const places = Array.from({ length: 1500 }, (_, item) => selection.add(item, weighted(7)));
  for (let item = 1499; item >= 1000; item -= 2) selection.remove(places[item]!);
  for (let item = 1000; item < 1500; item += 2) selection.remove(places[item]!);
  const weights = Array.from({ length: 1000 }, (_, item) => item % 10);
  weights.forEach((weight, item) => selection.update(places[item]!, weighted(weight)));
  const counts = tally(1000, 200_000, () => selection.select(1)[0]!);
  assert.ok(fits(counts, weights));
});

Deno.test("randomized-least-used: in proportion to 0xffffffff - load", () => {
  const loads = [0, 0x40000000, 0x80000000, 0xf0000000, MAX];
  const counts = firstOf(loads.map(leastUsed));
  assert.ok(fits(counts, loads.map((load) => MAX - load)), `${counts}`);
});

Deno.test("randomized-least-used: with all loads at the maximum, all are equally likely", () => {
  const policies = new Array(5).fill(leastUsed(MAX));
  assert.ok(fits(firstOf(policies), [1, 1, 1, 1, 1]));
  assert.ok(fits(pairsOf(policies), pairProbabilities([1, 1, 1, 1, 1])));
});

Deno.test("randomized-least-used: what is fully utilized comes last", () => {
  const selection = selectionOf([leastUsed(MAX), leastUsed(5), leastUsed(MAX), leastUsed(6)], 3);
  for (let i = 0; i < 50; i++) {
    const order = selection.select(Infinity);
    assert.deepEqual(order.slice(0, 2).sort(), [1, 3]);
    assert.deepEqual(order.slice(2).sort(), [0, 2]);
  }
});

const value = fc.constantFrom(0, 1, 5, MAX);
const drawing: readonly [string, fc.Arbitrary<Policy>, (policy: Policy) => boolean][] = [
  ["random", fc.constant(random), () => true],
  ["weighted-random", value.map(weighted), (policy) => "weight" in policy && policy.weight > 0],
  ["randomized-least-used", value.map(leastUsed), () => true],
];

for (const [name, policy, mayBeSelected] of drawing) {
  Deno.test(`${name}: answers hold every item that may be selected, and once`, () => {
    const property = fc.property(operations(policy), policy, fc.integer(), (list, first, seed) => {
      const selection = new ByItem(selectionFor<number>(first, seededRandom(seed)));
      const selected = answers(selection, list);
      const present = new Map<number, Policy>();
      for (const { kind, item, policy, items } of list) {
        if (kind === "put") present.set(item, policy);
        if (kind === "remove") present.delete(item);
        if (kind !== "select") continue;
        const able = [...present].filter(([, each]) => mayBeSelected(each)).map(([each]) => each);
        const answer = selected.shift()!;
        assert.equal(answer.length, Math.min(items, able.length));
        assert.equal(new Set(answer).size, answer.length);
        assert.ok(answer.every((each) => able.includes(each)));
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
}
