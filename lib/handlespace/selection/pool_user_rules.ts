/** How pool users select from an answer. RFC 5356, "Pool User Considerations" of each policy. */

import type { Policy, PoolElement } from "../../wire/mod.ts";
import type { Random } from "../random.ts";
import { MAX_LOAD } from "./selection.ts";

/**
 * The index of the pool element to use.
 *
 * @param elements What is left of the answer, in the registrar's order; at least one.
 * @param turn The index after that of the element selected last; 0 at first.
 */
export type PoolUserRule = (
  elements: readonly PoolElement[],
  turn: number,
  random: Random,
) => number;

/**
 * In the registrar's order, then from the beginning again. RFC 5356 §4.1.3; for the least used
 * policies §5.1.3.
 */
export function inTurn(elements: readonly PoolElement[], turn: number): number {
  return turn % elements.length;
}

/** Any of them, each as likely as the others. RFC 5356 §4.3.3. */
export function atRandom(elements: readonly PoolElement[], _turn: number, random: Random): number {
  return random.below(elements.length);
}

/** The first of those with the highest priority. RFC 5356 §4.5.3. */
export function highestPriority(elements: readonly PoolElement[]): number {
  const priorities = elements.map(({ policy }) => "priority" in policy ? policy.priority : 0);
  let best = 0;
  priorities.forEach((priority, i) => {
    if (priority > priorities[best]!) best = i;
  });
  return best;
}

/**
 * At random in proportion to the weights. RFC 5356 §4.4.3 says "randomly" and no more: an answer
 * that holds the whole pool would lose the weights if all were equally likely.
 */
export const byWeight: PoolUserRule = drawnBy((policy) => "weight" in policy ? policy.weight : 0);

/** At random in proportion to what is left of the capacity. RFC 5356 §5.4.3. */
export const byUnload: PoolUserRule = drawnBy((policy) =>
  "load" in policy ? MAX_LOAD - policy.load : 0
);

function drawnBy(weightOf: (policy: Policy) => number): PoolUserRule {
  return (elements, turn, random) => {
    const weights = elements.map(({ policy }) => weightOf(policy));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (total === 0) return atRandom(elements, turn, random);
    let target = random.below(total);
    return weights.findIndex((weight) => (target -= weight) < 0);
  };
}
