/** What a command of `--exec` is told. */

import type { ClientApi, PoolUpdate } from "../api.ts";
import { resultOf } from "../commands/resolve_result.ts";
import { printableJson } from "../printable.ts";

/** Which pools an answer is about. */
export type Scope = "one" | "several" | "all";

/**
 * The whole answer as JSON on a line: of one pool the object that `resolve` has, of several pools
 * `{"pools":[…]}`. Of all pools those that have no pool element are left out.
 */
export function wholeAnswer(api: ClientApi, pools: readonly PoolUpdate[], scope: Scope): string {
  const answers = inOrder(pools, scope).map((pool) => resultOf(api, pool).json());
  return `${printableJson(scope === "one" ? answers[0] : { pools: answers })}\n`;
}

function inOrder(pools: readonly PoolUpdate[], scope: Scope): readonly PoolUpdate[] {
  if (scope !== "all") return pools;
  return pools.filter(({ poolElements }) => poolElements.length > 0)
    .sort((one, other) => one.poolHandle < other.poolHandle ? -1 : 1);
}
