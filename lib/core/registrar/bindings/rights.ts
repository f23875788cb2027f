/** docs/dhcp.md §6: only a registered element of the pool reads and writes its bindings by ASAP. */

import { CAUSE, comparableAddress, type PoolHandle } from "../../../wire/mod.ts";
import { endpointOf } from "../addresses.ts";
import { isOfRegistrant, type OpenAssociation } from "../child.ts";
import { isAnothers } from "../owner.ts";
import { type Rejection, rejection } from "../rejection.ts";
import type { RegistrarState } from "../state.ts";

/** Why somebody is not the element that it says it is; `undefined` if it is. */
export function refusalOfElement(
  state: RegistrarState,
  open: OpenAssociation,
  poolHandle: PoolHandle,
  peIdentifier: number,
): Rejection | undefined {
  const entry = state.handlespace.get(poolHandle, peIdentifier);
  if (entry === undefined) {
    return rejection(CAUSE.unknownPoolHandle, "it is not registered in the pool");
  }
  const isOwn = state.options.security === undefined
    ? isAtItsAddress(state, open, poolHandle, peIdentifier)
    : !isAnothers(state, open, entry);
  if (isOwn) return undefined;
  const why = "it is another one than the registered element";
  return rejection(CAUSE.rejectedDueToSecurityConsiderations, why);
}

/** Where nothing is secured, the address is all that there is (protocol decision 15). */
function isAtItsAddress(
  state: RegistrarState,
  open: OpenAssociation,
  poolHandle: PoolHandle,
  peIdentifier: number,
): boolean {
  const child = state.child(poolHandle, peIdentifier);
  if (child !== undefined && isOfRegistrant(child, open)) return true;
  const { poolElement } = state.handlespace.get(poolHandle, peIdentifier)!;
  const { transport, asapTransport } = poolElement;
  const named = transport.protocol === "opaque" ? [] : transport.addresses;
  const endpoint = endpointOf(asapTransport)?.host;
  const addresses = [...named, ...endpoint === undefined ? [] : [endpoint]].map(comparableAddress);
  if (addresses.includes(open.address)) return true;
  // Over the loopback an element may be at any address of this host.
  const own = state.options.interfaceAddresses().map(comparableAddress);
  return own.includes(open.address) && addresses.some((each) => own.includes(each));
}

/** A registrar that has not got its peers' table must not be taken for one without bindings. */
export function notReady(state: RegistrarState, poolHandle: PoolHandle): Rejection | undefined {
  if (state.isServing && !state.bindings.awaited.has(poolHandle)) return undefined;
  return rejection(CAUSE.lackOfResources, "the table is being downloaded from a peer");
}
