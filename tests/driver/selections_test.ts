/** Elements chosen one after the other from answers that change. RFC 5352 §6.5.2. */
import assert from "node:assert/strict";
import { UnknownPoolHandle } from "../../lib/driver/mod.ts";
import { Selections } from "../../lib/driver/selections.ts";
import { seededRandom } from "../../lib/handlespace/mod.ts";
import type { PoolElement } from "../../lib/wire/mod.ts";
import { element } from "../core/pool_user/user_stage.ts";

const roundRobin = { name: "round-robin" } as const;
const all = [1, 2, 3, 4].map(element);

function answer(poolElements: readonly PoolElement[], poolHandle = "web") {
  return { poolHandle, policy: roundRobin, poolElements };
}

function many(selections: Selections, poolElements: readonly PoolElement[], count: number) {
  return Array.from({ length: count }, () => selections.next(answer(poolElements)).identifier);
}

Deno.test("an answer that only lost elements is gone on with", () => {
  const selections = new Selections(10, seededRandom(1));
  assert.deepEqual(many(selections, all, 2), [1, 2]);
  assert.deepEqual(many(selections, all.filter((each) => each.identifier !== 2), 4), [3, 4, 1, 3]);
});

Deno.test("another answer begins anew", () => {
  const selections = new Selections(10, seededRandom(1));
  assert.deepEqual(many(selections, all, 2), [1, 2]);
  assert.deepEqual(many(selections, [2, 3, 1].map(element), 2), [2, 3]);
  assert.deepEqual(many(selections, [...all], 1), [1]);
  const random = { ...answer(all.slice(1)), policy: { name: "random" } as const };
  assert(selections.next(random).identifier > 1);
});

Deno.test("round robin goes on through changes of the pool that the registrar did not turn", () => {
  const selections = new Selections(10, seededRandom(1));
  const turns = [[1, 2, 3], [1, 2, 3, 4], [1, 3, 4], [1, 3, 4, 5], [1, 2], [1, 2]]
    .flatMap((pool) => many(selections, pool.map(element), 1));
  // Where the element that was chosen last is gone, it begins anew.
  assert.deepEqual(turns, [1, 2, 1, 3, 1, 2]);
  assert.deepEqual(many(selections, [1, 2, 6].map(element), 2), [6, 1]);
});

Deno.test("elements that may not be chosen are no choice", () => {
  const selections = new Selections(10, seededRandom(1));
  const policy = { name: "weighted-round-robin", weight: 0 } as const;
  const poolElements = all.map((each) => ({ ...each, policy }));
  const resolution = { ...answer(poolElements), policy };
  assert.throws(() => selections.next(resolution), UnknownPoolHandle);
});

Deno.test("limit maxCacheEntries: in so many pools the choice goes on", () => {
  const selections = new Selections(2, seededRandom(1));
  for (const poolHandle of ["a", "b", "c"]) selections.next(answer(all, poolHandle));
  assert.equal(selections.size, 2);
  assert.equal(selections.next(answer(all, "c")).identifier, 2);
  assert.equal(selections.next(answer(all, "a")).identifier, 1);
});
