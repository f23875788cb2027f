import assert from "node:assert/strict";
import fc from "fast-check";
import { Histogram, ROUND_TRIP_BOUNDS_MS, WORK_BOUNDS_MS } from "../../lib/core/histogram.ts";

Deno.test("a value is counted in the first bucket that it fits, ends included", () => {
  const histogram = new Histogram([1, 10]);
  histogram.observe(1);
  histogram.observe(1.5, 3);
  histogram.observe(11);
  assert.deepEqual(histogram.view(), { bounds: [1, 10], counts: [1, 3, 1], sum: 16.5 });
});

Deno.test("a view is of its moment", () => {
  const histogram = new Histogram([1]);
  const before = histogram.view();
  histogram.observe(5);
  assert.deepEqual(before, { bounds: [1], counts: [0, 0], sum: 0 });
});

Deno.test("nothing is lost, and all is where it belongs", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 10_000, noNaN: true })), (values) => {
      const histogram = new Histogram(WORK_BOUNDS_MS);
      for (const value of values) histogram.observe(value);
      const { bounds, counts } = histogram.view();
      for (const [i, bound] of bounds.entries()) {
        const upTo = counts.slice(0, i + 1).reduce((a, b) => a + b, 0);
        assert.equal(upTo, values.filter((value) => value <= bound).length);
      }
      assert.equal(counts.reduce((a, b) => a + b, 0), values.length);
    }),
    { verbose: true },
  );
});

Deno.test("bounds rise", () => {
  for (const bounds of [WORK_BOUNDS_MS, ROUND_TRIP_BOUNDS_MS]) {
    assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b));
  }
});
