import assert from "node:assert/strict";
import { matches, matchesAny } from "../../../lib/core/security/pattern.ts";

const TABLE: readonly (readonly [pattern: string, name: string, expected: boolean])[] = [
  ["web", "web", true],
  ["web", "web1", false],
  ["web", "we", false],
  ["*", "", true],
  ["*", "anything", true],
  ["mail-*", "mail-", true],
  ["mail-*", "mail-a-b", true],
  ["mail-*", "email-a", false],
  ["*-1", "web-1", true],
  ["*-1", "web-11", false],
  ["a*b*c", "aXbYc", true],
  ["a*b*c", "abbc", true],
  ["a*b*c", "acb", false],
  ["a**c", "abc", true],
  ["?", "x", false],
  ["", "", true],
  ["", "x", false],
  ["hex:00*", "hex:00ff", true],
];

for (const [pattern, name, expected] of TABLE) {
  Deno.test(`pattern "${pattern}" and "${name}"`, () => {
    assert.equal(matches(pattern, name), expected);
  });
}

Deno.test("pattern: a hostile one takes no longer than both lengths allow", () => {
  const pattern = "*a".repeat(2_000);
  assert.equal(matches(pattern, "a".repeat(1_999) + "b"), false);
});

Deno.test("pattern: none of no patterns, any of several", () => {
  assert.equal(matchesAny(undefined, "web"), false);
  assert.equal(matchesAny([], "web"), false);
  assert.equal(matchesAny(["mail", "w*"], "web"), true);
});
