import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { WeightedRoundRobin } from "../../../lib/handlespace/selection/weighted_round_robin.ts";
import { answers, ByItem, operations } from "./operations.ts";

const policy = (weight: number) => ({ name: "weighted-round-robin", weight }) as const;
const sumOf = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0);

/** The items 0, 1, … with these weights. */
function selectionOf(weights: readonly number[]): WeightedRoundRobin<number> {
  const selection = new WeightedRoundRobin<number>(seededRandom(1));
  weights.forEach((weight, item) => selection.add(item, policy(weight)));
  return selection;
}

function turns(selection: WeightedRoundRobin<number>, count: number): number[] {
  return Array.from({ length: count }, () => selection.select(1)[0]!);
}

function shares(sequence: readonly number[], items: number): number[] {
  const counts = new Array<number>(items).fill(0);
  for (const item of sequence) counts[item]!++;
  return counts;
}

function repetitions(sequence: readonly number[]): number {
  return sequence.filter((item, i) => i > 0 && item === sequence[i - 1]).length;
}

/** How many repetitions a sequence of whole cycles must have: what the others cannot separate. */
function unavoidableRepetitions(weights: readonly number[], cycles: number): number {
  const greatest = Math.max(...weights);
  return Math.max(0, (2 * greatest - sumOf(weights)) * cycles);
}

/** All lists of weights from 1 to `greatest`, of a length. */
function* allWeights(length: number, greatest: number): Generator<number[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const weights of allWeights(length - 1, greatest)) {
    for (let weight = 1; weight <= greatest; weight++) yield [...weights, weight];
  }
}

const small = [[1, 5], [2, 12], [3, 9], [4, 6], [5, 3]].flatMap(([length, greatest]) => [
  ...allWeights(length!, greatest!),
]);

Deno.test("weights 1, 2, 3: the sequence of two cycles", () => {
  const sequence = turns(selectionOf([1, 2, 3]), 12).map((item) => "abc"[item]).join("");
  assert.equal(sequence, "cbcabcbcacbc");
});

Deno.test("every cycle gives every item exactly its share", () => {
  for (const weights of small) {
    const selection = selectionOf(weights);
    for (let cycle = 0; cycle < 3; cycle++) {
      assert.deepEqual(shares(turns(selection, sumOf(weights)), weights.length), weights);
    }
  }
});

Deno.test("no item is selected twice in a row where it can be avoided", () => {
  for (const weights of small) {
    const cycles = 4;
    const sequence = turns(selectionOf(weights), cycles * sumOf(weights));
    const most = unavoidableRepetitions(weights, cycles);
    assert.ok(repetitions(sequence) <= most, `weights ${weights}: ${sequence.join("")}`);
  }
});

Deno.test("the turns of an item are evenly spread: never off by a whole distance", () => {
  const check = (weights: readonly number[]) => {
    const total = sumOf(weights);
    const last = new Map<number, number>();
    turns(selectionOf(weights), 4 * total).forEach((item, i) => {
      const distance = total / weights[item]!;
      const actual = i - (last.get(item) ?? i - distance);
      assert.ok(Math.abs(actual - distance) < Math.max(distance, 1), `weights ${weights} at ${i}`);
      last.set(item, i);
    });
  };
  for (const weights of small) check(weights);
  const weight = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }));
  fc.assert(fc.property(fc.array(weight, { minLength: 1, maxLength: 25 }), check));
});

Deno.test("at any time an item is less than two turns away from its share", () => {
  const weight = fc.integer({ min: 1, max: 40 });
  fc.assert(fc.property(fc.array(weight, { minLength: 1, maxLength: 25 }), (weights) => {
    const total = sumOf(weights);
    const counts = new Array<number>(weights.length).fill(0);
    turns(selectionOf(weights), 2 * total).forEach((item, i) => {
      counts[item]!++;
      weights.forEach((each, k) => {
        assert.ok(Math.abs(counts[k]! - each * (i + 1) / total) < 2, `weights ${weights} at ${i}`);
      });
    });
  }));
});

Deno.test("an answer begins with the item whose turn it is, and has each item once", () => {
  const weight = fc.integer({ min: 0, max: 9 });
  fc.assert(fc.property(fc.array(weight, { maxLength: 9 }), fc.nat(12), (weights, items) => {
    const one = selectionOf(weights);
    const many = selectionOf(weights);
    const able = weights.filter((each) => each > 0).length;
    for (let i = 0; i < 20; i++) {
      const selected = many.select(items);
      if (items > 0) assert.deepEqual(selected.slice(0, 1), one.select(1));
      assert.equal(selected.length, Math.min(items, able));
      assert.equal(new Set(selected).size, selected.length);
    }
  }));
});

Deno.test("weight 0 is never selected, also not after it was more", () => {
  const selection = selectionOf([0, 0]);
  assert.deepEqual(selection.select(Infinity), []);
  const place = selection.add(2, policy(3));
  assert.deepEqual(turns(selection, 2), [2, 2]);
  selection.update(place, policy(0));
  assert.deepEqual(selection.select(Infinity), []);
  selection.update(place, policy(1));
  assert.deepEqual(selection.select(Infinity), [2]);
});

Deno.test("after any changes, shares are exact again", () => {
  const weight = fc.integer({ min: 0, max: 6 }).map(policy);
  const property = fc.property(operations(weight), fc.integer(), (list, seed) => {
    const weights = new Map<number, number>();
    for (const { kind, item, policy } of list) {
      if (kind === "put") weights.set(item, "weight" in policy ? policy.weight : 0);
      if (kind === "remove") weights.delete(item);
    }
    const selection = new ByItem(new WeightedRoundRobin<number>(seededRandom(seed)));
    answers(selection, list);
    const total = sumOf([...weights.values()]);
    const cycles = 10;
    const sequence = Array.from({ length: cycles * total }, () => selection.select(1)[0]!);
    const counts = shares(sequence, 8);
    // What is left of the cycle in which the changes fell may give or take one cycle's share.
    for (const [item, each] of weights) {
      assert.ok(Math.abs(counts[item]! - cycles * each) <= each, `item ${item}: ${counts[item]}`);
    }
    // From one whole cycle on, any as many turns as a cycle has are a cycle's, but for their edges.
    const cycle = shares(sequence.slice(-total), 8);
    for (const [item, each] of weights) assert.ok(Math.abs(cycle[item]! - each) <= 2);
  });
  fc.assert(property, { numRuns: 300 });
});

Deno.test("changing a weight to and fro neither wins nor loses turns", () => {
  const selection = selectionOf([10, 10, 10]);
  const place = selection.add(3, policy(10));
  const sequence = Array.from({ length: 4000 }, (_, i) => {
    selection.update(place, policy(10 + i % 2));
    return selection.select(1)[0]!;
  });
  const count = shares(sequence, 4)[3]!;
  assert.ok(count > 950 && count < 1100, `${count}`);
});

Deno.test("the greatest weights keep their ratio", () => {
  const greatest = 0xffffffff;
  const counts = shares(turns(selectionOf([greatest, greatest, greatest / 3, 1]), 7000), 4);
  assert.deepEqual(counts.map((count) => Math.round(count / 1000)), [3, 3, 1, 0]);
});
