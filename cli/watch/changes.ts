/** What has changed between two answers. Pure, as its tests like it. */

import type { PoolElementView } from "../views.ts";

/** One pool element that is not what it was. */
export type Change =
  | { readonly what: "went" | "came"; readonly element: PoolElementView }
  | {
    readonly what: "changed";
    readonly element: PoolElementView;
    readonly before: PoolElementView;
  };

/**
 * Who went, who came and who changed, in this order.
 *
 * The order of an answer is a turn of the pool's policy (RFC 5356), not a change.
 */
export function changesBetween(
  before: readonly PoolElementView[],
  after: readonly PoolElementView[],
): Change[] {
  const old = new Map(before.map((element) => [element.identifier, element]));
  const new_ = new Map(after.map((element) => [element.identifier, element]));
  const went = before.filter(({ identifier }) => !new_.has(identifier));
  const came = after.filter(({ identifier }) => !old.has(identifier));
  const changed = after.flatMap((element): Change[] => {
    const was = old.get(element.identifier);
    if (was === undefined || areEqual(was, element)) return [];
    return [{ what: "changed", element, before: was }];
  });
  return [
    ...went.map((element): Change => ({ what: "went", element })),
    ...came.map((element): Change => ({ what: "came", element })),
    ...changed,
  ];
}

/** An answer as text that is equal whenever nothing has changed. */
export function contentOf(elements: readonly PoolElementView[]): string {
  return elements.map((each) => JSON.stringify(each)).sort().join("\n");
}

function areEqual(one: PoolElementView, other: PoolElementView): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
