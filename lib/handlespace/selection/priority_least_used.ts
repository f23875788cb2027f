/** Priority least used. RFC 5356 §5.3. */

import { LowestFirst } from "./lowest_first.ts";
import type { DegradationPolicy } from "./selection.ts";

/**
 * RFC 5356 §5.3.2: the lowest sums of load and degradation, in ascending order, with round robin
 * among equals. A sum may exceed 0xffffffff: of two elements that one more request overloads, the
 * one less overloaded comes first.
 */
export class PriorityLeastUsed<Item> extends LowestFirst<Item, DegradationPolicy> {
  protected override rankOf(policy: DegradationPolicy): number {
    return policy.load + policy.degradation;
  }
}
