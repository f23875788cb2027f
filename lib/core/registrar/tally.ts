/** A handlespace in numbers: one pass over all of it, without an object for each element. */

import type { PoolHandle } from "../../wire/mod.ts";
import type { RegistrarState } from "./state.ts";
import type { ElementState } from "./view.ts";

/** Pools, and the elements in them. */
export interface PolicyTally {
  /** Pools with that policy. */
  readonly pools: number;
  /** Pool elements in them. */
  readonly poolElements: number;
}

/** A pool and its size. */
export interface PoolTally {
  /** Which pool it is. */
  readonly poolHandle: PoolHandle;
  /** How many pool elements it has. */
  readonly poolElements: number;
}

/** A handlespace in numbers. */
export interface HandlespaceTally {
  /** Pool elements by what their registrar does with them. */
  readonly states: Readonly<Record<ElementState, number>>;
  /** By the name of the pool's policy; those without a name under the number of their type. */
  readonly policies: ReadonlyMap<string, PolicyTally>;
  /** The largest pools, the largest first. */
  readonly largest: readonly PoolTally[];
}

/** Counts all of it. */
export function tallyOf({ handlespace }: RegistrarState, pools: number): HandlespaceTally {
  const states = { available: 0, lost: 0, inconsistent: 0 };
  const policies = new Map<string, { pools: number; poolElements: number }>();
  const largest = new Largest(pools);
  for (const { poolHandle, policy, elements } of handlespace.pools()) {
    const { name } = policy;
    let tally = policies.get(name);
    if (tally === undefined) policies.set(name, tally = { pools: 0, poolElements: 0 });
    tally.pools++;
    tally.poolElements += elements.size;
    largest.offer(poolHandle, elements.size);
    for (const { selectable, consistent } of elements.values()) {
      if (!selectable) states.lost++;
      else if (consistent) states.available++;
      else states.inconsistent++;
    }
  }
  return { states, policies, largest: largest.sorted() };
}

/** The largest of many pools; however many there are, twice as many as wanted are kept. */
class Largest {
  private readonly count: number;
  private kept: PoolTally[] = [];
  /** Whoever is no larger is none of them. */
  private least = 0;

  constructor(count: number) {
    this.count = count;
  }

  offer(poolHandle: PoolHandle, poolElements: number): void {
    if (poolElements <= this.least) return;
    this.kept.push({ poolHandle, poolElements });
    if (this.kept.length < 2 * this.count) return;
    this.kept = this.sorted();
    this.least = this.kept.at(-1)?.poolElements ?? 0;
  }

  sorted(): PoolTally[] {
    return this.kept.sort((a, b) => b.poolElements - a.poolElements).slice(0, this.count);
  }
}
