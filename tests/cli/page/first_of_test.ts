/** The first of many are those that sorting all of them gives. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { FirstOf } from "../../../cli/page/first_of.ts";

Deno.test("the first of many", () => {
  const many = fc.array(fc.tuple(fc.integer({ max: 20, min: 0 }), fc.nat()), { maxLength: 200 });
  fc.assert(fc.property(many, fc.integer({ min: 1, max: 30 }), (items, count) => {
    type Item = readonly [number, number];
    const compare = (a: Item, b: Item) => a[0] - b[0] || a[1] - b[1];
    const first = new FirstOf<Item>(count, compare);
    for (const item of items) first.offer(item);
    assert.deepEqual(first.sorted(), items.toSorted(compare).slice(0, count));
  }));
});
