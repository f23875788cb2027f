/** A registrar's view of itself, made up. */

import type { ElementView, RegistrarPoolView, RegistrarView } from "../../../cli/api.ts";
import type { RegistrarStatistics } from "../../../lib/core/mod.ts";
import { ELEMENT } from "../elements.ts";

/** A pool with so many elements, whose identifiers count up from one. */
export function poolOf(poolHandle: string, first: number, size: number): RegistrarPoolView {
  return {
    poolHandle,
    policy: ELEMENT.policy,
    size,
    *elements() {
      for (let i = 0; i < size; i++) yield elementView(first + i);
    },
  };
}

function elementView(identifier: number): ElementView {
  return {
    poolElement: { ...ELEMENT, identifier },
    state: "available",
    lifeLeftMs: identifier % 2 === 0 ? 1234.5 : undefined,
    unreachableReporters: 0,
    identity: undefined,
  };
}

/** A registrar with these pools. */
export function viewOf(
  pools: readonly RegistrarPoolView[],
  changes: Partial<RegistrarView> = {},
): RegistrarView {
  const poolElements = pools.reduce((sum, { size }) => sum + size, 0);
  const statistics = { pools: pools.length, poolElements, children: 1, associations: 2 };
  return {
    identifier: 0x00c0ffee,
    state: "serving",
    statistics: statistics as RegistrarStatistics,
    checksum: 0x12,
    peers: [],
    homes: new Map([[0x00c0ffee, poolElements]]),
    pools: () => pools.values() as IterableIterator<RegistrarPoolView>,
    pool: (poolHandle) => pools.find((each) => each.poolHandle === poolHandle),
    ...changes,
  } as RegistrarView;
}
