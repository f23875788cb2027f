import assert from "node:assert/strict";
import { PoolUserSelection, seededRandom } from "../../../lib/handlespace/mod.ts";
import type { Policy } from "../../../lib/wire/mod.ts";
import { fits, tally } from "../chi_square.ts";
import { poolElement } from "../pool_elements.ts";

const MAX = 0xffffffff;

/** The elements 0, 1, … with these policies, in this order. */
function selectionOf(...policies: Policy[]): PoolUserSelection {
  const poolElements = policies.map((policy, identifier) => poolElement(identifier, policy));
  return new PoolUserSelection({ policy: policies[0], poolElements });
}

function nextOf(selection: PoolUserSelection, count: number): (number | undefined)[] {
  const random = seededRandom(1);
  return Array.from({ length: count }, () => selection.next(random)?.identifier);
}

const load = (name: "least-used" | "randomized-least-used", load: number): Policy => ({
  name,
  load,
});

const inOrder: readonly Policy[] = [
  { name: "round-robin" },
  { name: "weighted-round-robin", weight: 3 },
  { name: "least-used", load: 3 },
  { name: "least-used-degradation", load: 3, degradation: 1 },
  { name: "priority-least-used", load: 3, degradation: 1 },
  { name: "unknown", policyType: 0x80000001, data: new Uint8Array() },
];

for (const policy of inOrder) {
  Deno.test(`${policy.name}: in the order of the answer, then from the beginning`, () => {
    assert.deepEqual(nextOf(selectionOf(policy, policy, policy), 7), [0, 1, 2, 0, 1, 2, 0]);
  });
}

Deno.test("an answer is taken as it is ordered, not ordered again", () => {
  const loads = [5, 1, 3].map((each) => load("least-used", each));
  assert.deepEqual(nextOf(selectionOf(...loads), 3), [0, 1, 2]);
});

Deno.test("priority: the highest at every selection, until it is removed", () => {
  const selection = selectionOf(
    ...[5, 9, 9, 1].map((priority): Policy => ({ name: "priority", priority })),
  );
  assert.deepEqual(nextOf(selection, 3), [1, 1, 1]);
  assert.equal(selection.remove(1), true);
  assert.deepEqual(nextOf(selection, 2), [2, 2]);
  selection.remove(2);
  assert.deepEqual(nextOf(selection, 2), [0, 0]);
});

Deno.test("random: each element is as likely as the others", () => {
  const selection = selectionOf({ name: "random" }, { name: "random" }, { name: "random" });
  const random = seededRandom(2);
  assert.ok(fits(tally(3, 30_000, () => selection.next(random)!.identifier), [1, 1, 1]));
});

Deno.test("weighted-random: in proportion to the weights", () => {
  const weights = [1, 0, 5, 10];
  const selection = selectionOf(
    ...weights.map((weight): Policy => ({ name: "weighted-random", weight })),
  );
  const random = seededRandom(3);
  const counts = tally(4, 30_000, () => selection.next(random)!.identifier);
  assert.ok(fits(counts, weights), `${counts}`);
});

Deno.test("randomized-least-used: in proportion to what is left of the capacity", () => {
  const loads = [0, 0x80000000, MAX];
  const selection = selectionOf(...loads.map((each) => load("randomized-least-used", each)));
  const random = seededRandom(4);
  const counts = tally(3, 30_000, () => selection.next(random)!.identifier);
  assert.ok(fits(counts, loads.map((each) => MAX - each)), `${counts}`);
});

Deno.test("randomized-least-used: if all are fully utilized, all are equally likely", () => {
  const full = load("randomized-least-used", MAX);
  const selection = selectionOf(full, full, full);
  const random = seededRandom(5);
  assert.ok(fits(tally(3, 30_000, () => selection.next(random)!.identifier), [1, 1, 1]));
});

Deno.test("what has weight 0 is not selected, whoever lists it", () => {
  const weights = [0, 2, 0].map((weight): Policy => ({ name: "weighted-round-robin", weight }));
  assert.deepEqual(nextOf(selectionOf(...weights), 2), [1, 1]);
  const none = selectionOf({ name: "weighted-random", weight: 0 });
  assert.equal(none.size, 0);
  assert.deepEqual(nextOf(none, 1), [undefined]);
});

Deno.test("removing an element leaves the turns of the others", () => {
  const policy: Policy = { name: "round-robin" };
  const selection = selectionOf(policy, policy, policy, policy);
  assert.deepEqual(nextOf(selection, 2), [0, 1]);
  assert.equal(selection.remove(0), true);
  assert.equal(selection.remove(0), false);
  assert.deepEqual(nextOf(selection, 2), [2, 3]);
  selection.remove(3);
  assert.deepEqual(nextOf(selection, 3), [1, 2, 1]);
  selection.remove(1);
  selection.remove(2);
  assert.deepEqual([selection.size, ...nextOf(selection, 1)], [0, undefined]);
});

Deno.test("an answer without a policy is used by that of its first element", () => {
  const poolElements = [1, 2].map((priority) =>
    poolElement(priority, { name: "priority", priority })
  );
  assert.deepEqual(nextOf(new PoolUserSelection({ poolElements }), 2), [2, 2]);
});
