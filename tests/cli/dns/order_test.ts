/** The order of elements, and what SRV says of it, by policy. RFC 5356, RFC 2782. */
import assert from "node:assert/strict";
import { type OrderParts, PolicyOrder } from "../../../cli/dns/order.ts";
import { type Policy, PoolUserSelection, seededRandom } from "../../../mod.ts";
import { element } from "./pools.ts";

function partsOf(seed = 1): OrderParts {
  return {
    select: (answer) => new PoolUserSelection(answer),
    random: seededRandom(seed),
  };
}

function orderOf(policies: readonly Policy[], seed = 1): PolicyOrder {
  const elements = policies.map((policy, i) => element(i + 1, { policy }));
  return new PolicyOrder(partsOf(seed), policies[0]!, elements);
}

const ids = (elements: readonly { readonly identifier: number }[]) =>
  elements.map(({ identifier }) => identifier);

Deno.test("round robin: each answer begins with the next element", () => {
  const order = orderOf(Array(3).fill({ name: "round-robin" }));
  const answers = [1, 2, 3, 4].map(() => ids(order.next(9)));
  assert.deepEqual(answers, [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]]);
});

Deno.test("round robin goes on after a change, from the element that had the last turn", () => {
  const parts = partsOf();
  const policy: Policy = { name: "round-robin" };
  const before = new PolicyOrder(parts, policy, [1, 2, 3].map((id) => element(id)));
  before.next(9);
  before.next(9);
  const after = new PolicyOrder(parts, policy, [1, 2, 3, 4].map((id) => element(id)), before);
  assert.deepEqual(ids(after.next(9)), [3, 4, 1, 2]);
});

Deno.test("an answer has as many elements as it may", () => {
  const order = orderOf(Array(5).fill({ name: "random" }));
  assert.equal(order.next(3).length, 3);
  assert.equal(order.nextPlaces(2).length, 2);
});

Deno.test("priority: the highest first, always", () => {
  const order = orderOf([1, 9, 5].map((priority) => ({ name: "priority", priority })));
  assert.deepEqual([1, 2].map(() => ids(order.next(9))), [[2, 3, 1], [2, 3, 1]]);
});

Deno.test("least used: in the registrar's order, in turn (RFC 5356 §5.1.3)", () => {
  const order = orderOf([10, 20, 30].map((load) => ({ name: "least-used", load })));
  assert.deepEqual([1, 2].map(() => ids(order.next(9))), [[1, 2, 3], [2, 3, 1]]);
});

for (const name of ["weighted-random", "weighted-round-robin"] as const) {
  Deno.test(`${name}: the first of an answer in proportion to the weights`, () => {
    const seed = 7;
    const order = orderOf([1, 3].map((weight) => ({ name, weight })), seed);
    const heavy = Array.from({ length: 4_000 }, () => order.next(9)[0]!.identifier)
      .filter((id) => id === 2).length;
    // Within five standard deviations of 3,000.
    assert.ok(Math.abs(heavy - 3_000) < 5 * Math.sqrt(4_000 * 0.75 * 0.25), `${heavy} (${seed})`);
  });
}

Deno.test("an element of weight 0 is in no answer (RFC 5356 §3.2)", () => {
  const policies = [0, 3].map((weight) => ({ name: "weighted-random", weight } as const));
  assert.deepEqual(ids(orderOf(policies).next(9)), [2]);
  assert.deepEqual(orderOf(policies).nextPlaces(9).map(({ element }) => element.identifier), [2]);
  assert.deepEqual(orderOf([policies[0]!]).next(9), []);
});

Deno.test("random: every order comes", () => {
  const order = orderOf(Array(3).fill({ name: "random" }));
  const seen = new Set(Array.from({ length: 400 }, () => ids(order.next(9)).join()));
  assert.equal(seen.size, 6);
});

interface Row {
  readonly name: string;
  readonly policies: readonly Policy[];
  /** By identifier: priority and weight. */
  readonly srv: Readonly<Record<number, string>>;
}

const SRV: readonly Row[] = [
  {
    name: "round robin spreads evenly",
    policies: [{ name: "round-robin" }, { name: "round-robin" }],
    srv: { 1: "0 1", 2: "0 1" },
  },
  {
    name: "random spreads evenly",
    policies: [{ name: "random" }, { name: "random" }],
    srv: { 1: "0 1", 2: "0 1" },
  },
  {
    name: "weights are weights",
    policies: [10, 30].map((weight) => ({ name: "weighted-random", weight })),
    srv: { 1: "0 10", 2: "0 30" },
  },
  {
    name: "weights of weighted round robin likewise",
    policies: [1, 2].map((weight) => ({ name: "weighted-round-robin", weight })),
    srv: { 1: "0 1", 2: "0 2" },
  },
  {
    name: "weights above 65535 are scaled, to 1 at least",
    policies: [1, 0xffff_fffe, 0x7fff_ffff].map((weight) => ({ name: "weighted-random", weight })),
    srv: { 1: "0 1", 2: "0 65535", 3: "0 32768" },
  },
  {
    name: "priority: the highest has the first rank, equal ones the same",
    policies: [1, 9, 5, 9].map((priority) => ({ name: "priority", priority })),
    srv: { 2: "0 1", 4: "0 1", 3: "1 1", 1: "2 1" },
  },
  {
    name: "least used: the least load has the first rank",
    policies: [30, 10, 10].map((load) => ({ name: "least-used", load })),
    srv: { 2: "0 1", 3: "0 1", 1: "1 1" },
  },
  {
    name: "priority least used: load and degradation count",
    policies: [[10, 25], [20, 5]].map(([load, degradation]) => ({
      name: "priority-least-used",
      load: load!,
      degradation: degradation!,
    })),
    srv: { 2: "0 1", 1: "1 1" },
  },
  {
    name: "randomized least used: what is left of the capacity is the weight",
    policies: [0, 0x7fff_ffff].map((load) => ({ name: "randomized-least-used", load })),
    srv: { 1: "0 65535", 2: "0 32768" },
  },
];

for (const { name, policies, srv } of SRV) {
  Deno.test(`SRV, ${name}`, () => {
    const places = orderOf(policies).nextPlaces(9);
    const found = Object.fromEntries(
      places.map(({ element, priority, weight }) => [element.identifier, `${priority} ${weight}`]),
    );
    assert.deepEqual(found, srv);
    const priorities = places.map(({ priority }) => priority);
    assert.deepEqual(priorities, priorities.toSorted((a, b) => a - b));
  });
}
