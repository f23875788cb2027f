/**
 * Large handlespaces. What would cost a step for every pool element would take hours here; nothing
 * is timed, as a busy machine must not fail a test.
 */
import assert from "node:assert/strict";
import { Handlespace, seededRandom } from "../../lib/handlespace/mod.ts";
import type { Policy } from "../../lib/wire/mod.ts";
import { internetChecksum, peBlock } from "./internet_checksum.ts";
import { identifiers, poolElement } from "./pool_elements.ts";

const SELF = 1;
const PES = 100_000;

const scatter = (n: number) => Math.imul(n, 0x9e3779b1) >>> 0;

const policies: readonly ((n: number) => Policy)[] = [
  () => ({ name: "round-robin" }),
  (n) => ({ name: "weighted-round-robin", weight: 1 + n % 100 }),
  () => ({ name: "random" }),
  (n) => ({ name: "weighted-random", weight: scatter(n) }),
  (n) => ({ name: "priority", priority: scatter(n) }),
  (n) => ({ name: "least-used", load: n % 3 }),
  (n) => ({ name: "least-used-degradation", load: scatter(n) >>> 1, degradation: n }),
  (n) => ({ name: "priority-least-used", load: scatter(n), degradation: n }),
  (n) => ({ name: "randomized-least-used", load: scatter(n) }),
];

for (const policyOf of policies) {
  Deno.test(`100,000 elements in one pool: ${policyOf(0).name}`, () => {
    const handlespace = new Handlespace({ self: SELF, random: seededRandom(1) });
    for (let n = 1; n <= PES; n++) handlespace.register("web", poolElement(n, policyOf(n)));
    assert.equal(handlespace.poolElementCount, PES);
    for (let n = 0; n < PES / 5; n++) {
      assert.equal(handlespace.select("web", 1).length, 1);
      assert.equal(new Set(handlespace.select("web", 3)).size, 3);
    }
    for (let n = 1; n <= PES; n++) handlespace.register("web", poolElement(n, policyOf(n + 1)));
    assert.equal(new Set(handlespace.select("web", Infinity)).size, PES);
    for (let n = 1; n < PES; n++) handlespace.remove("web", scatter(n) % PES);
    for (const identifier of identifiers(handlespace.poolElements())) {
      handlespace.remove("web", identifier);
    }
    assert.equal(handlespace.poolCount, 0);
    assert.equal(handlespace.checksum(), 0xffff);
  });
}

Deno.test("an inconsistent element that has gone again leaves nothing to pay for", () => {
  const handlespace = new Handlespace({ self: SELF, random: seededRandom(1) });
  for (let n = 1; n <= PES; n++) handlespace.register("web", poolElement(n));
  handlespace.merge("web", poolElement(PES + 1, { name: "random" }));
  handlespace.remove("web", PES + 1);
  // Each of these removes the lowest identifier, whose successor nobody needs to look for.
  for (let n = 1; n <= PES; n++) handlespace.remove("web", n);
  assert.equal(handlespace.poolCount, 0);
});

Deno.test("10,000 pools", () => {
  const handlespace = new Handlespace({ self: SELF, random: seededRandom(1) });
  for (let n = 1; n <= 30_000; n++) {
    const policy = policies[n % 10_000 % policies.length]!(n);
    assert.ok(handlespace.register(`pool-${n % 10_000}`, poolElement(n, policy)).granted);
  }
  assert.deepEqual([handlespace.poolCount, handlespace.poolElementCount], [10_000, 30_000]);
  for (const { poolHandle, elements } of handlespace.pools()) {
    const answer = new Set(handlespace.select(poolHandle, Infinity));
    assert.deepEqual(answer, new Set(elements.values()));
  }
});

Deno.test("the checksum is RFC 1071's beyond 2^32, where rsplib's accumulator wraps", () => {
  const handlespace = new Handlespace({ self: SELF, random: seededRandom(1) });
  const handle = "hex:ffffffff";
  const bytes: number[] = [];
  for (let identifier = 0xffff0000; identifier <= 0xffffffff; identifier++) {
    handlespace.register(handle, poolElement(identifier));
    for (const byte of peBlock(handle, identifier)) bytes.push(byte);
  }
  assert.equal(handlespace.checksum(), internetChecksum(bytes));
});
