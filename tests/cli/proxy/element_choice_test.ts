/** Which element a connection goes to, while some fail. */
import assert from "node:assert/strict";
import { ElementChoice } from "../../../cli/proxy/element_choice.ts";
import {
  type Policy,
  type PoolElementValue,
  PoolUserSelection,
  seededRandom,
} from "../../../mod.ts";

const FIRST_MS = 500;
const TRIAL_MS = 2_000;
const NONE: ReadonlySet<number> = new Set();

function element(identifier: number, more: Partial<PoolElementValue> = {}): PoolElementValue {
  return {
    identifier,
    home: 1,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 8000 + identifier, use: 0, addresses: ["127.0.0.1"] },
    policy: { name: "round-robin" },
    ...more,
  };
}

function choiceOf(
  poolElements: readonly PoolElementValue[],
  protocol: "tcp" | "udp" = "tcp",
): ElementChoice {
  const choice = new ElementChoice({
    protocol,
    random: seededRandom(7),
    penalties: { firstMs: FIRST_MS, longestMs: 10_000, maxPenalties: 100 },
    trialMs: TRIAL_MS,
    select: (answer) => new PoolUserSelection(answer),
  });
  choice.update({ policy: poolElements[0]?.policy, poolElements });
  return choice;
}

const chosen = (choice: ElementChoice, count: number, now: number, tried = NONE) =>
  Array.from({ length: count }, () => choice.next(tried, now)?.identifier);

Deno.test("connections go round by the pool's policy", () => {
  const choice = choiceOf([element(1), element(2), element(3)]);
  assert.deepEqual(chosen(choice, 6, 0), [1, 2, 3, 1, 2, 3]);
});

Deno.test("the policy is the pool's: weights are kept", () => {
  const weighted = (identifier: number, weight: number) =>
    element(identifier, { policy: { name: "weighted-random", weight } as Policy });
  const counts = new Map<number, number>();
  for (const each of chosen(choiceOf([weighted(1, 1), weighted(2, 3)]), 4_000, 0)) {
    counts.set(each!, (counts.get(each!) ?? 0) + 1);
  }
  assert.ok(Math.abs(counts.get(2)! - 3_000) < 150, JSON.stringify([...counts]));
});

Deno.test("an empty pool has nobody", () => {
  assert.equal(choiceOf([]).next(NONE, 0), undefined);
});

Deno.test("one that failed is skipped while others are there, and is news once", () => {
  const choice = choiceOf([element(1), element(2)]);
  assert.equal(choice.failed(element(1), 0), true);
  assert.equal(choice.failed(element(1), 1), false);
  assert.deepEqual(chosen(choice, 3, FIRST_MS - 1), [2, 2, 2]);
});

Deno.test("one connection tries a failed one when its penalty is over; the others wait", () => {
  const choice = choiceOf([element(1), element(2)]);
  choice.failed(element(1), 0);
  const after = chosen(choice, 4, FIRST_MS);
  assert.equal(after.filter((each) => each === 1).length, 1, String(after));
  // Had it got no answer at all, the next one tries when the first has given up.
  const later = chosen(choice, 4, FIRST_MS + TRIAL_MS);
  assert.equal(later.filter((each) => each === 1).length, 1, String(later));
});

Deno.test("one that is reached again has its share at once", () => {
  const choice = choiceOf([element(1), element(2)]);
  choice.failed(element(1), 0);
  chosen(choice, 2, FIRST_MS);
  assert.equal(choice.isSuspect(element(1)), true);
  assert.equal(choice.reached(element(1)), true);
  assert.equal(choice.reached(element(1)), false);
  assert.deepEqual(chosen(choice, 4, FIRST_MS).toSorted(), [1, 1, 2, 2]);
});

Deno.test("those with a penalty are better than none, once for each connection", () => {
  const choice = choiceOf([element(1), element(2)]);
  choice.failed(element(1), 0);
  choice.failed(element(2), 0);
  assert.equal(choice.next(NONE, 1)?.identifier, 1);
  assert.equal(choice.next(new Set([1]), 1)?.identifier, 2);
  assert.equal(choice.next(new Set([1, 2]), 1), undefined);
  assert.equal(choice.nextRevival(1), FIRST_MS);
});

Deno.test("what a connection has tried is not tried again, whatever the policy says", () => {
  const first = { name: "priority", priority: 9 } as Policy;
  const second = { name: "priority", priority: 1 } as Policy;
  const choice = choiceOf([element(1, { policy: first }), element(2, { policy: second })]);
  assert.equal(choice.next(NONE, 0)?.identifier, 1);
  assert.equal(choice.next(new Set([1]), 0)?.identifier, 2);
});

Deno.test("an element that has moved starts anew, and one that is gone is not reported", () => {
  const choice = choiceOf([element(1), element(2)]);
  choice.failed(element(1), 0);
  const moved = element(1, {
    transport: { protocol: "tcp", port: 9, use: 0, addresses: ["127.0.0.1"] },
  });
  choice.update({ poolElements: [moved, element(2)] });
  assert.equal(choice.isSuspect(moved), false);
  assert.equal(choice.failed(element(1), 1), false);
  assert.equal(choice.has(element(1)), false);
  assert.equal(choice.has(moved), true);
  choice.update({ poolElements: [element(2)] });
  assert.equal(choice.failed(moved, 2), false);
});

Deno.test("an update does not pardon: who failed and is listed still, is skipped still", () => {
  const choice = choiceOf([element(1), element(2)]);
  choice.failed(element(1), 0);
  choice.update({ poolElements: [element(1), element(2), element(3)] });
  assert.deepEqual(chosen(choice, 4, 1).toSorted(), [2, 2, 3, 3]);
});

Deno.test("elements of another protocol or with a control channel do not fit, and are told", () => {
  const udp = element(2, {
    transport: { protocol: "udp", port: 53, use: 0, addresses: ["127.0.0.1"] },
  });
  const control = element(3, {
    transport: { protocol: "tcp", port: 80, use: 1, addresses: ["127.0.0.1"] },
  });
  const all = [element(1), udp, control];
  const choice = choiceOf(all);
  assert.deepEqual(choice.update({ poolElements: all }), {
    otherProtocol: [udp],
    withControl: [control],
  });
  assert.deepEqual(chosen(choice, 2, 0), [1, 1]);
  assert.deepEqual(chosen(choiceOf(all, "udp"), 2, 0), [2, 2]);
});

Deno.test("those that fit are told with what is left of their penalties", () => {
  const choice = choiceOf([element(1), element(2)]);
  choice.failed(element(2), 100);
  const present = choice.present(200).map(({ element: { identifier }, penaltyMs }) =>
    [identifier, penaltyMs] as const
  );
  assert.deepEqual(present, [[1, undefined], [2, FIRST_MS - 100]]);
});
