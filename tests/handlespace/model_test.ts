/** The handlespace and a naive one do the same, whatever is done to them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Handlespace, seededRandom } from "../../lib/handlespace/mod.ts";
import type { Policy, PoolElement } from "../../lib/wire/mod.ts";
import { NaiveHandlespace } from "./naive_handlespace.ts";
import { identifiers, poolElement } from "./pool_elements.ts";

const SELF = 1;
const HOMES = [SELF, 2, 0xffffffff];
const HANDLES = ["web", "mail"];
const MAX = 0xffffffff;

// One value of each policy, and another of most, so that pools agree often and differ sometimes.
const policies: Policy[] = [
  { name: "round-robin" },
  { name: "weighted-round-robin", weight: 2 },
  { name: "weighted-round-robin", weight: 0 },
  { name: "random" },
  { name: "weighted-random", weight: MAX },
  { name: "weighted-random", weight: 0 },
  { name: "priority", priority: 5 },
  { name: "least-used", load: 0 },
  { name: "least-used-degradation", load: 1, degradation: MAX },
  { name: "priority-least-used", load: MAX, degradation: MAX },
  { name: "randomized-least-used", load: MAX },
  { name: "randomized-least-used", load: 3 },
];

const transport = fc.constantFrom<PoolElement["transport"]>(
  { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.1"] },
  { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.2"] },
  { protocol: "tcp", port: 80, use: 1, addresses: ["192.0.2.1"] },
  { protocol: "udp", port: 80, use: 0, addresses: ["192.0.2.1"] },
);

const step = fc.record({
  kind: fc.constantFrom(
    ...["register", "register", "register", "merge", "remove", "home", "selectable", "select"],
  ),
  handle: fc.constantFrom(...HANDLES),
  identifier: fc.constantFrom(1, 2, 3, 0x80000000, MAX),
  policy: fc.constantFrom(...policies),
  transport,
  home: fc.constantFrom(...HOMES),
  selectable: fc.boolean(),
  items: fc.constantFrom(0, 1, 2, 10, Infinity),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function apply(each: Step, real: Handlespace, naive: NaiveHandlespace): void {
  const { kind, handle, identifier, home, selectable, items } = each;
  const value = poolElement(identifier, each.policy, { home, transport: each.transport });
  if (kind === "register") {
    assert.equal(real.register(handle, value).granted, naive.register(handle, value));
  } else if (kind === "merge") {
    assert.ok(real.merge(handle, value).granted);
    naive.merge(handle, value);
  } else if (kind === "remove") {
    real.remove(handle, identifier);
    naive.remove(handle, identifier);
  } else if (kind === "home") {
    real.changeHome(handle, identifier, home);
    naive.changeHome(handle, identifier, home);
  } else if (kind === "selectable") {
    real.setSelectable(handle, identifier, selectable);
    naive.setSelectable(handle, identifier, selectable);
  } else {
    const able = naive.selectable(handle);
    const answer = identifiers(real.select(handle, items));
    assert.equal(answer.length, Math.min(items, able.length));
    assert.equal(new Set(answer).size, answer.length);
    assert.ok(answer.every((each) => able.includes(each)));
  }
}

function compare(real: Handlespace, naive: NaiveHandlespace): void {
  const rows = naive.rows();
  assert.deepEqual(
    Array.from(real.poolElements(), ({ poolHandle, poolElement, selectable }) => {
      return { poolHandle, poolElement, selectable };
    }),
    rows,
  );
  assert.equal(real.poolElementCount, rows.length);
  assert.equal(real.poolCount, new Set(rows.map((row) => row.poolHandle)).size);
  for (const handle of HANDLES) {
    const pool = real.pool(handle);
    const use = pool && pool.transport.protocol !== "opaque" ? pool.transport.use : "";
    const overall = pool && `${pool.policy.name} ${pool.transport.protocol} ${use}`;
    assert.equal(overall, naive.overall(handle));
  }
  for (const home of HOMES) {
    const owned = rows.filter((row) => row.poolElement.home === home);
    const name = (row: { poolHandle: string; poolElement: PoolElement }) =>
      `${row.poolHandle} ${row.poolElement.identifier}`;
    assert.deepEqual(Array.from(real.ownedBy(home), name).sort(), owned.map(name).sort());
    assert.equal(real.countOwnedBy(home), owned.length);
    assert.equal(real.checksum(home), naive.checksum(home));
  }
  assert.deepEqual(
    [...real.homes()].sort(),
    [...new Set(rows.map((row) => row.poolElement.home))].sort(),
  );
}

Deno.test("after any steps, the handlespace is what the naive one is", () => {
  const steps = fc.array(step, { maxLength: 60, size: "max" });
  const property = fc.property(steps, fc.integer(), (list, seed) => {
    const real = new Handlespace({ self: SELF, random: seededRandom(seed) });
    const naive = new NaiveHandlespace(SELF);
    for (const each of list) {
      apply(each, real, naive);
      compare(real, naive);
    }
  });
  fc.assert(property, { numRuns: 300 });
});

Deno.test("without merging, a pool's attributes are everyone's", () => {
  const steps = fc.array(step, { maxLength: 60, size: "max" });
  fc.assert(fc.property(steps, (list) => {
    const real = new Handlespace({ self: SELF, random: seededRandom(1) });
    const naive = new NaiveHandlespace(SELF);
    for (const each of list) {
      if (each.kind !== "merge") apply(each, real, naive);
      assert.ok(Array.from(real.poolElements(), (entry) => entry.consistent).every(Boolean));
    }
  }));
});
