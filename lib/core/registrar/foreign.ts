/**
 * Elements of other homes that register or de-register here: "de-registration is granted by any
 * registrar to the element itself", and an identifier has one element (protocol decision 15).
 */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import type { PoolHandle, Transport } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { endpointOf, isObserved } from "./addresses.ts";
import { Child, type Contender, type OpenAssociation } from "./child.ts";
import { probe } from "./endpoint_probe.ts";
import { discard } from "./errors.ts";
import { announceAddition } from "./handle_update.ts";
import { rejectDeregistration } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

/**
 * Whether an identifier is that of another home's element, and the association is not that
 * element's: it comes from none of its addresses.
 */
export function isForeign(
  state: RegistrarState,
  open: OpenAssociation,
  poolHandle: PoolHandle,
  identifier: number,
): boolean {
  const entry = state.handlespace.get(poolHandle, identifier);
  if (entry === undefined || entry.home === state.options.identifier) return false;
  return !isOfElement(state, open, entry);
}

/** Whether an association comes from an address of an element's, as far as that is checked. */
export function isOfElement(
  state: RegistrarState,
  open: OpenAssociation,
  { poolElement: { transport, asapTransport } }: PoolElementEntry,
): boolean {
  // Secured, the gate has looked at who owns it.
  if (state.options.security !== undefined) return true;
  if (state.options.addressCheck === "any") return true;
  const addresses = [...addressesOf(transport), ...addressesOf(asapTransport)];
  return addresses.some((address) => isObserved(state.options, open, address));
}

/**
 * Holds the request and asks the element at its ASAP endpoint whether it lives. Without one there
 * is no way to ask: a registration is granted then, as its home would be asked in vain, too. Where
 * too many are being asked it is discarded: nobody's identifier is given away unasked, and whoever
 * has a right to it asks again.
 */
export function contendForeign(
  state: RegistrarState,
  open: OpenAssociation,
  message: Contender["message"],
  now: Instant,
): void {
  if (message.type === "ASAP_DEREGISTRATION") return rejectDeregistration(state, open, message);
  const { association, remote } = open;
  const { poolHandle, poolElement: { identifier } } = message;
  const entry = state.handlespace.get(poolHandle, identifier)!;
  if (endpointOf(entry.poolElement.asapTransport) === undefined) {
    return void state.released.push({ open, message, isCleared: true });
  }
  const started = probe(state, entry, now);
  if (started === undefined) return discard(state, open, message, "too many elements are asked");
  const isAgain = started.contenders.has(open);
  // Sent again by the same, it takes the place of what it repeats.
  started.contenders.set(open, { open, message });
  if (isAgain) return;
  state.tell({ type: "ownership-contested", association, remote, poolHandle, identifier });
}

/** Protocol decision 1: who is not the home claims the element first, then deletes it. */
export function claimToRemove(
  state: RegistrarState,
  open: OpenAssociation,
  entry: PoolElementEntry,
): void {
  const { poolHandle, identifier } = entry;
  state.handlespace.changeHome(poolHandle, identifier, state.options.identifier);
  const child = new Child(entry);
  child.address = open.address;
  child.identity = open.identity;
  state.children.set(entry, child);
  announceAddition(state, entry);
}

function addressesOf(transport: Transport | undefined): readonly string[] {
  return transport === undefined || transport.protocol === "opaque" ? [] : transport.addresses;
}
