/** Every policy in one place: how registrars and how pool users select by it. */

import type { Policy } from "../../wire/mod.ts";
import type { Random } from "../random.ts";
import { LeastUsed } from "./least_used.ts";
import { LeastUsedDegradation } from "./least_used_degradation.ts";
import {
  atRandom,
  byUnload,
  byWeight,
  highestPriority,
  inTurn,
  type PoolUserRule,
} from "./pool_user_rules.ts";
import { Priority } from "./priority.ts";
import { PriorityLeastUsed } from "./priority_least_used.ts";
import { RandomSelection } from "./random.ts";
import { RandomizedLeastUsed } from "./randomized_least_used.ts";
import { RoundRobin } from "./round_robin.ts";
import type { Selection } from "./selection.ts";
import { WeightedRandom } from "./weighted_random.ts";
import { WeightedRoundRobin } from "./weighted_round_robin.ts";

interface PolicyRow {
  readonly registrar: new <Item>(random: Random) => Selection<Item>;
  readonly poolUser: PoolUserRule;
}

/**
 * The rows of RFC 5356 §7.1, then rsplib's private policies, each served as the policy of RFC 5356
 * that it refines. Policies unknown here are served round robin, the default policy (RFC 5356
 * §4.1.1): pool elements that agree on a policy do so for their pool users, who may know it.
 */
const POLICY_TABLE: { readonly [Name in Policy["name"]]: PolicyRow } = {
  "round-robin": { registrar: RoundRobin, poolUser: inTurn },
  "weighted-round-robin": { registrar: WeightedRoundRobin, poolUser: inTurn },
  "random": { registrar: RandomSelection, poolUser: atRandom },
  "weighted-random": { registrar: WeightedRandom, poolUser: byWeight },
  "priority": { registrar: Priority, poolUser: highestPriority },
  "least-used": { registrar: LeastUsed, poolUser: inTurn },
  "least-used-degradation": { registrar: LeastUsedDegradation, poolUser: inTurn },
  "priority-least-used": { registrar: PriorityLeastUsed, poolUser: inTurn },
  "randomized-least-used": { registrar: RandomizedLeastUsed, poolUser: byUnload },
  "0xb0001001": { registrar: RandomizedLeastUsed, poolUser: byUnload },
  "0xb0001002": { registrar: RandomizedLeastUsed, poolUser: byUnload },
  "0xb0001003": { registrar: LeastUsedDegradation, poolUser: inTurn },
  "0xb0001004": { registrar: RandomizedLeastUsed, poolUser: byUnload },
  "0xb0002001": { registrar: WeightedRandom, poolUser: byWeight },
  "0xb0002002": { registrar: LeastUsed, poolUser: inTurn },
  "0xb0002003": { registrar: LeastUsedDegradation, poolUser: inTurn },
  "unknown": { registrar: RoundRobin, poolUser: inTurn },
};

/** An empty selection for a pool with this overall policy. */
export function selectionFor<Item>(policy: Policy, random: Random): Selection<Item> {
  return new POLICY_TABLE[policy.name].registrar<Item>(random);
}

/** How pool users of a pool with this overall policy select. */
export function poolUserRuleFor(policy: Policy): PoolUserRule {
  return POLICY_TABLE[policy.name].poolUser;
}
