/** Random operations on a selection, for comparison with a naive one. */
import fc from "fast-check";
import type { Policy } from "../../../lib/wire/mod.ts";
import type { Place, Selection } from "../../../lib/handlespace/selection/selection.ts";

/**
 * An operation on one of a few items; what does not apply, such as removing the absent, is skipped.
 */
export interface Operation {
  readonly kind: "put" | "remove" | "select";
  readonly item: number;
  readonly policy: Policy;
  readonly items: number;
}

/** Lists of operations with these policies, selecting often. */
export function operations(policy: fc.Arbitrary<Policy>): fc.Arbitrary<Operation[]> {
  const operation = fc.record({
    kind: fc.constantFrom("put", "put", "remove", "select", "select", "select"),
    item: fc.integer({ min: 0, max: 7 }),
    policy,
    items: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 9 }), fc.constant(Infinity)),
  }) as fc.Arbitrary<Operation>;
  return fc.array(operation, { maxLength: 80, size: "max" });
}

/** A selection that finds its places by the item: put means add or update. */
export class ByItem {
  readonly #selection: Selection<number>;
  readonly #places = new Map<number, Place>();

  constructor(selection: Selection<number>) {
    this.#selection = selection;
  }

  put(item: number, policy: Policy): void {
    const place = this.#places.get(item);
    if (place === undefined) this.#places.set(item, this.#selection.add(item, policy));
    else this.#selection.update(place, policy);
  }

  remove(item: number): void {
    const place = this.#places.get(item);
    if (place !== undefined) this.#selection.remove(place);
    this.#places.delete(item);
  }

  select(items: number): number[] {
    return this.#selection.select(items);
  }
}

/** What {@link ByItem} is compared with. */
export interface Naive {
  put(item: number, policy: Policy): void;
  remove(item: number): void;
  select(items: number): number[];
}

/** The answers to all selects among the operations. */
export function answers(selection: Naive, list: readonly Operation[]): number[][] {
  const selected: number[][] = [];
  for (const { kind, item, policy, items } of list) {
    if (kind === "put") selection.put(item, policy);
    else if (kind === "remove") selection.remove(item);
    else selected.push(selection.select(items));
  }
  return selected;
}
