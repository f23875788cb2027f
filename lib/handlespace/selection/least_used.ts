/** Least used. RFC 5356 §5.1. */

import { LowestFirst } from "./lowest_first.ts";
import type { LoadPolicy } from "./selection.ts";

/** RFC 5356 §5.1.2: the lowest loads, in ascending order, with round robin among equals. */
export class LeastUsed<Item> extends LowestFirst<Item, LoadPolicy> {
  protected override rankOf(policy: LoadPolicy): number {
    return policy.load;
  }
}
