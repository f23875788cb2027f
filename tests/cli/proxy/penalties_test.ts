/** How long an element is skipped that could not be reached. */
import assert from "node:assert/strict";
import { PENALTIES, Penalties } from "../../../cli/proxy/penalties.ts";

const SETTINGS = { firstMs: 500, longestMs: 3_000, maxPenalties: 3 };

Deno.test("a penalty stands until its end, and not at it", () => {
  const penalties = new Penalties(SETTINGS);
  assert.equal(penalties.add(1, 1_000), true);
  assert.equal(penalties.stands(1, 1_499), true);
  assert.equal(penalties.stands(1, 1_500), false);
  assert.equal(penalties.stands(2, 1_000), false);
});

Deno.test("each further failure doubles it up to longestMs, and a success forgets it", () => {
  const penalties = new Penalties(SETTINGS);
  const ends: number[] = [];
  let now = 0;
  for (let i = 0; i < 5; i++) {
    assert.equal(penalties.add(1, now), true);
    ends.push(penalties.nextEnd(now)! - now);
    now += ends.at(-1)!;
  }
  assert.deepEqual(ends, [500, 1_000, 2_000, 3_000, 3_000]);
  assert.equal(penalties.clear(1), true);
  assert.equal(penalties.clear(1), false);
  penalties.add(1, now);
  assert.equal(penalties.nextEnd(now), now + 500);
});

Deno.test("failures while a penalty stands are no news and do not lengthen it", () => {
  const penalties = new Penalties(SETTINGS);
  penalties.add(1, 0);
  assert.equal(penalties.add(1, 499), false);
  assert.equal(penalties.stands(1, 500), false);
});

Deno.test("beyond maxPenalties the oldest is forgotten", () => {
  const penalties = new Penalties(SETTINGS);
  for (const identifier of [1, 2, 3, 4]) penalties.add(identifier, identifier);
  assert.equal(penalties.size, SETTINGS.maxPenalties);
  assert.deepEqual([1, 2, 3, 4].map((each) => penalties.stands(each, 5)), [
    false,
    true,
    true,
    true,
  ]);
  assert.equal(PENALTIES.maxPenalties, 10_000);
});

Deno.test("the next end is that of those that stand", () => {
  const penalties = new Penalties(SETTINGS);
  assert.equal(penalties.nextEnd(0), undefined);
  penalties.add(1, 0);
  penalties.add(2, 100);
  assert.equal(penalties.nextEnd(0), 500);
  assert.equal(penalties.nextEnd(500), 600);
  assert.equal(penalties.nextEnd(600), undefined);
  penalties.keepOnly(new Set([2]));
  assert.equal(penalties.size, 1);
});

Deno.test("what is left of a penalty, while it stands", () => {
  const penalties = new Penalties(SETTINGS);
  penalties.add(1, 1_000);
  assert.equal(penalties.left(1, 1_200), 300);
  assert.equal(penalties.left(1, 1_500), undefined);
  assert.equal(penalties.left(2, 1_200), undefined);
});
