/** Listing tells what a selection would give, and is none. Protocol decision 22. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { selectionFor } from "../../../lib/handlespace/selection/policy_table.ts";
import type { Place, Selection } from "../../../lib/handlespace/selection/selection.ts";
import type { Policy } from "../../../lib/wire/mod.ts";
import { type Operation, operations } from "./operations.ts";

const MAX = 0xffffffff;
const value = fc.constantFrom(0, 1, 2, 3, 7, MAX - 1, MAX);

function policies(name: string, ...members: string[]): fc.Arbitrary<Policy> {
  const values = Object.fromEntries(members.map((member) => [member, value]));
  return fc.record({ name: fc.constant(name), ...values }) as unknown as fc.Arbitrary<Policy>;
}

/** Two equal selections: one is listed before each operation, the other is not. */
class Twins {
  private readonly listed: Selection<number>;
  private readonly plain: Selection<number>;
  private readonly places = new Map<number, readonly [Place, Place]>();
  private readonly policies = new Map<number, Policy>();

  constructor(policy: Policy) {
    this.listed = selectionFor(policy, seededRandom(1));
    this.plain = selectionFor(policy, seededRandom(2));
  }

  apply({ kind, item, policy, items }: Operation): void {
    const places = this.places.get(item);
    if (kind === "select") {
      const first = this.listed.list(items);
      assert.deepEqual(this.listed.list(items), first, "listed twice");
      assert.deepEqual(this.plain.select(items), first);
      assert.deepEqual(this.listed.select(items), first);
    } else if (kind === "remove") {
      if (places === undefined) return;
      this.listed.remove(places[0]);
      this.plain.remove(places[1]);
      this.places.delete(item);
      this.policies.delete(item);
    } else if (places === undefined) {
      this.places.set(item, [this.listed.add(item, policy), this.plain.add(item, policy)]);
      this.policies.set(item, policy);
    } else {
      this.listed.update(places[0], policy);
      this.plain.update(places[1], policy);
      this.policies.set(item, policy);
    }
  }

  /** Whose policy lets it be handed out. */
  weighty(): number[] {
    return [...this.policies].filter(([, policy]) => !("weight" in policy) || policy.weight > 0)
      .map(([item]) => item).sort();
  }

  all(): number[] {
    return this.listed.list(Infinity).sort();
  }
}

const DETERMINISTIC = [
  policies("round-robin"),
  policies("weighted-round-robin", "weight"),
  policies("priority", "priority"),
  policies("least-used", "load"),
  policies("least-used-degradation", "load", "degradation"),
  policies("priority-least-used", "load", "degradation"),
];

for (const policy of DETERMINISTIC) {
  const [{ name }] = fc.sample(policy, 1) as [Policy];
  Deno.test(`${name}: listing gives what would be selected next, and nothing advances`, () => {
    const property = fc.property(operations(policy), policy, (list, first) => {
      const twins = new Twins(first);
      for (const operation of list) twins.apply(operation);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
}

const RANDOM = [
  policies("random"),
  policies("weighted-random", "weight"),
  policies("randomized-least-used", "load"),
];

for (const policy of RANDOM) {
  const [{ name }] = fc.sample(policy, 1) as [Policy];
  Deno.test(`${name}: listing gives all that may be handed out, each once`, () => {
    const property = fc.property(operations(policy), policy, (list, first) => {
      const twins = new Twins(first);
      for (const operation of list.filter(({ kind }) => kind !== "select")) twins.apply(operation);
      assert.deepEqual(twins.all(), twins.weighty());
    });
    fc.assert(property, { numRuns: 500 });
  });
}
