import assert from "node:assert/strict";
import fc from "fast-check";
import { randomFrom, seededRandom } from "../../lib/handlespace/mod.ts";
import { fits, tally } from "./chi_square.ts";

Deno.test("the same seed gives the same numbers, another seed others", () => {
  const numbers = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 8 }, () => random.uint32());
  };
  assert.deepEqual(numbers(7), numbers(7));
  assert.notDeepEqual(numbers(7), numbers(8));
  assert.notDeepEqual(numbers(7), numbers(7 + 2 ** 32));
});

Deno.test("below gives each number from 0 to n - 1, each equally often", () => {
  const random = seededRandom(1);
  assert.equal(random.below(1), 0);
  for (const n of [2, 6, 7, 100]) {
    assert.ok(fits(tally(n, 100_000, () => random.below(n)), new Array(n).fill(1)), `${n}`);
  }
});

Deno.test("below does not favour small numbers where n does not divide 2^32", () => {
  // A plain remainder would give the lower half of 3 × 2^30 twice as often as the upper half.
  const n = 3 * 2 ** 30;
  const random = seededRandom(2);
  const counts = tally(3, 100_000, () => Math.floor(random.below(n) / 2 ** 30));
  assert.ok(fits(counts, [1, 1, 1]), counts.join());
});

Deno.test("below works beyond 32 bits", () => {
  const random = seededRandom(3);
  for (const n of [2 ** 33, 10 ** 15, 2 ** 53]) {
    const counts = tally(16, 50_000, () => {
      const drawn = random.below(n);
      assert.ok(Number.isInteger(drawn) && drawn >= 0 && drawn < n);
      return Math.floor(drawn / n * 16);
    });
    assert.ok(fits(counts, new Array(16).fill(1)), `${n}`);
  }
});

Deno.test("below refuses what is no number of values", () => {
  for (const n of [0, -1, 1.5, NaN, Infinity, 2 ** 54]) {
    assert.throws(() => seededRandom(1).below(n), RangeError);
  }
});

Deno.test("fractions are uniform from 0 to 1", () => {
  const random = seededRandom(4);
  const counts = tally(20, 100_000, () => Math.floor(random.fraction() * 20));
  assert.ok(fits(counts, new Array(20).fill(1)), counts.join());
  assert.equal(randomFrom(() => 0).fraction(), 0);
  assert.ok(randomFrom(() => 0xffffffff).fraction() < 1);
});

Deno.test("every bit of uint32 is set half of the time", () => {
  const random = seededRandom(5);
  const draws = Array.from({ length: 50_000 }, () => random.uint32());
  for (let bit = 0; bit < 32; bit++) {
    const set = draws.filter((draw) => (draw >>> bit) & 1).length;
    assert.ok(fits([set, draws.length - set], [1, 1]), `bit ${bit}`);
  }
});

Deno.test("below is always in range", () => {
  fc.assert(fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 53 - 1 }), (seed, n) => {
    const drawn = seededRandom(seed).below(n);
    return Number.isInteger(drawn) && drawn >= 0 && drawn < n;
  }));
});
