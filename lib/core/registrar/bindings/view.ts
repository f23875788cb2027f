/** What a registrar shows of DHCP bindings to its own operator. Nothing here changes anything. */

import { toldServer } from "../../../bindings/mod.ts";
import {
  BINDING_STATES,
  type BindingServer,
  type BindingState,
  type PoolHandle,
} from "../../../wire/mod.ts";
import type { Instant } from "../../machine.ts";
import type { RegistrarState } from "../state.ts";
import type { BindingPool } from "./pools.ts";

/** A DHCP pool as its registrar sees it. docs/dhcp.md. */
export interface BindingPoolView {
  /** The pool of the DHCP servers. */
  readonly poolHandle: PoolHandle;
  /** Its DHCP servers, those that are down included. */
  readonly servers: readonly BindingServer[];
  /** How many addresses have a binding. */
  readonly bindings: number;
  /** Leases that were lost to another client and have not ended. docs/dhcp.md §2.4. */
  readonly lost: number;
  /** Associations that are told what is new. */
  readonly subscriptions: number;
  /** Bindings by state: all of them are counted, so that it costs what they are many. */
  states(): Readonly<Record<BindingState, number>>;
}

/** All DHCP pools. */
export function bindingPoolsOf({ bindings }: RegistrarState, now: Instant): BindingPoolView[] {
  return [...bindings.pools.values()].map((pool) => ({
    poolHandle: pool.poolHandle,
    servers: [...pool.table.servers.values()].map((each) => toldServer(each, now)),
    bindings: pool.table.bindings.size,
    lost: pool.table.lost(now).length,
    subscriptions: bindings.subscribersOf(pool.poolHandle).size,
    states: () => statesOf(pool),
  }));
}

function statesOf({ table }: BindingPool): Record<BindingState, number> {
  const none = BINDING_STATES.map((state) => [state, 0]);
  const states = Object.fromEntries(none) as Record<BindingState, number>;
  for (const { state } of table.bindings.values()) states[state]++;
  return states;
}
