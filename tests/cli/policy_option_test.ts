import assert from "node:assert/strict";
import fc from "fast-check";
import { isAdaptive, parsePolicy, POLICY_NAMES } from "../../cli/policy_option.ts";
import type { Policy } from "../../mod.ts";

Deno.test("--policy reads all nine policies of RFC 5356", () => {
  const table: [string, Policy][] = [
    ["round-robin", { name: "round-robin" }],
    ["weighted-round-robin:weight=10", { name: "weighted-round-robin", weight: 10 }],
    ["weighted-round-robin", { name: "weighted-round-robin", weight: 1 }],
    ["random", { name: "random" }],
    ["weighted-random:weight=0x0a", { name: "weighted-random", weight: 10 }],
    ["weighted-random:weight=0", { name: "weighted-random", weight: 0 }],
    ["priority:priority=4294967295", { name: "priority", priority: 4294967295 }],
    ["least-used:load=0.25", { name: "least-used", load: 0x40000000 }],
    ["least-used", { name: "least-used", load: 0 }],
    ["least-used-degradation:load=1,degradation=0x10", {
      name: "least-used-degradation",
      load: 0xffffffff,
      degradation: 16,
    }],
    ["priority-least-used:degradation=0,load=0xffffffff", {
      name: "priority-least-used",
      load: 0xffffffff,
      degradation: 0,
    }],
    ["randomized-least-used:load=.5", { name: "randomized-least-used", load: 0x80000000 }],
  ];
  for (const [text, policy] of table) assert.deepEqual(parsePolicy(text), policy, text);
  assert.equal(new Set(table.map(([, { name }]) => name)).size, 9);
  assert.equal(POLICY_NAMES.length, 9);
});

Deno.test("--policy says what is wrong with others", () => {
  const wrong: [string, RegExp][] = [
    ["roundrobin", /unknown policy "roundrobin" \(did you mean round-robin\?\)/],
    ["weighted-roundrobin:weight=1", /did you mean weighted-round-robin\?/],
    ["fastest", /unknown policy "fastest"; policies are round-robin, /],
    ["", /unknown policy ""/],
    ["0xb0001001:load=0", /unknown policy "0xb0001001"/],
    ["round-robin:weight=1", /policy round-robin has no key "weight"; it takes none/],
    ["round-robin:", /has no key ""/],
    ["weighted-random:wieght=1", /has no key "wieght" \(did you mean weight\?\)/],
    ["weighted-random:priority=1", /has no key "priority"; its keys are weight/],
    ["weighted-random:weight", /"weight" has no value; write weight=VALUE/],
    ["weighted-random:weight=", /"" is not a weight/],
    ["weighted-random:weight=-1", /"-1" is not a weight: it must be a whole number from 0/],
    ["weighted-random:weight=1.5", /"1.5" is not a weight/],
    ["weighted-random:weight=4294967296", /is not a weight/],
    ["weighted-random:weight=1,weight=2", /"weight" is given twice/],
    ["weighted-random:weight=1,", /has no key ""/],
    ["priority", /policy priority needs priority; write for example priority:priority=5/],
    ["least-used-degradation:load=0", /needs degradation; .*:load=0.25,degradation=0.1/],
    ["least-used:load=2", /"2" is not a load: it must be a fraction from 0 to 1, or a raw/],
    ["least-used:load=25%", /"25%" is not a load/],
  ];
  for (const [text, message] of wrong) {
    assert.throws(() => parsePolicy(text), { name: "SyntaxError", message }, text);
  }
});

Deno.test("adaptive policies are those with a load", () => {
  const adaptive = POLICY_NAMES.filter((name) => {
    const keys = { priority: ":priority=1" } as Record<string, string>;
    const text = /degradation|priority-/.test(name) ? ":degradation=0" : keys[name] ?? "";
    return isAdaptive(parsePolicy(name + text));
  });
  assert.deepEqual(adaptive, [
    "least-used",
    "least-used-degradation",
    "priority-least-used",
    "randomized-least-used",
  ]);
});

Deno.test("whatever text comes, --policy gives a policy or says what is wrong", () => {
  const words = fc.constantFrom(...POLICY_NAMES, ":", ",", "=", "load", "weight", "0.5", "1", "x");
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 4 }))), (parts) => {
      try {
        assert.ok(POLICY_NAMES.includes(parsePolicy(parts.join("")).name));
      } catch (error) {
        assert.ok(error instanceof SyntaxError, String(error));
      }
    }),
    { verbose: 1 },
  );
});
