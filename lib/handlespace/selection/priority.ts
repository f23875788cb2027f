/** Priority. RFC 5356 §4.5. */

import type { Policy } from "../../wire/mod.ts";
import { LowestFirst } from "./lowest_first.ts";

type PriorityPolicy = Extract<Policy, { readonly priority: number }>;

/** RFC 5356 §4.5.2: the highest priorities, in decreasing order; equals take turns. */
export class Priority<Item> extends LowestFirst<Item, PriorityPolicy> {
  protected override rankOf(policy: PriorityPolicy): number {
    return -policy.priority;
  }
}
