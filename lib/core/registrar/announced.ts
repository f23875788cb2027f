/** Updates that overtake a table: what is on its way may have been written before them. */

import type { PoolHandle } from "../../wire/mod.ts";
import type { Peer } from "./peer.ts";
import type { RegistrarState } from "./state.ts";

/** How an element is known among all pools. */
export function keyOfElement(poolHandle: PoolHandle, identifier: number): string {
  return `${identifier} ${poolHandle}`;
}

/**
 * A peer has announced an element as its own. Others whose own children are being downloaded may
 * not have heard of it when they wrote their tables; once they have, they yield or announce it.
 */
export function onAnnounced(
  { peers }: RegistrarState,
  peer: Peer,
  poolHandle: PoolHandle,
  identifier: number,
): void {
  const key = keyOfElement(poolHandle, identifier);
  for (const asked of peers.tables.keys()) {
    const claimed = asked.resynchronization?.claimed;
    if (asked === peer) claimed?.delete(key);
    else claimed?.add(key);
  }
}
