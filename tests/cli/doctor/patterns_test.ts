/** How patterns stand to each other, held against what they mean for names. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { covers, overlaps } from "../../../cli/doctor/patterns.ts";
import { matches } from "../../../lib/core/security/pattern.ts";

const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 7 });
const name = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 9 });

const ROWS: readonly (readonly [a: string, b: string, covers: boolean, overlaps: boolean])[] = [
  ["web", "web", true, true],
  ["web", "mail", false, false],
  ["*", "web", true, true],
  ["web", "*", false, true],
  ["*", "*", true, true],
  ["", "", true, true],
  ["*", "", true, true],
  ["*.example.org", "r*.example.org", true, true],
  ["r*.example.org", "*.example.org", false, true],
  ["a*", "*b", false, true],
  ["a*c", "b*", false, false],
  ["a*", "a", true, true],
  ["**", "a*b", true, true],
];

Deno.test("patterns that cover others, and that overlap with them", () => {
  for (const [a, b, isCovering, isOverlapping] of ROWS) {
    assert.equal(covers(a, b), isCovering, `${a} covers ${b}`);
    assert.equal(overlaps(a, b), isOverlapping, `${a} overlaps with ${b}`);
    assert.equal(overlaps(b, a), isOverlapping, `${b} overlaps with ${a}`);
  }
});

Deno.test("a pattern fits a name as permissions find it", () => {
  fc.assert(fc.property(pattern, name, (pattern, name) => {
    assert.equal(covers(pattern, name), matches(pattern, name));
    assert.equal(overlaps(pattern, name), matches(pattern, name));
  }));
});

Deno.test("what fits the covered pattern fits the covering one; what fits both overlaps", () => {
  fc.assert(fc.property(pattern, pattern, name, (a, b, name) => {
    if (covers(a, b) && matches(b, name)) assert.ok(matches(a, name));
    if (matches(a, name) && matches(b, name)) assert.ok(overlaps(a, b));
    if (covers(a, b)) assert.ok(overlaps(a, b));
  }));
});

Deno.test("the longest patterns are compared in a moment", () => {
  const stars = "*a".repeat(127);
  assert.ok(covers(stars, stars) && overlaps(stars, stars));
  assert.ok(!covers(stars, "b".repeat(255)) && !overlaps(stars, "b".repeat(255)));
});
