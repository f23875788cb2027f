/**
 * RFC 5353 §3.5.2: elements whose home has ended are claimed, and told so by a keep-alive with H=1,
 * "This will trigger the PE to adopt the initiating server as its new Home ENRP server".
 */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import { INFINITE_LIFE } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { endpointOf } from "./addresses.ts";
import { dialEndpoint } from "./association_lost.ts";
import { Child } from "./child.ts";
import { announceAddition } from "./handle_update.ts";
import type { RegistrarState } from "./state.ts";

/** How much time lies between two groups of adoptions that begin together. */
const GROUP_MS = 10;

/** Claims all elements of a registrar; their keep-alives are spread over time. */
export function adoptAll(state: RegistrarState, home: number, now: Instant): number {
  const entries = [...state.handlespace.ownedBy(home)].filter((each) => !state.children.has(each));
  const pauseMs = 1000 / state.options.limits.maxAdoptionsPerSecond;
  entries.forEach((entry, at) => {
    const child = claim(state, entry, now);
    state.adoptions.set(child, now + Math.floor(at * pauseMs / GROUP_MS) * GROUP_MS);
  });
  return entries.length;
}

/** Claims one element and asks it at once. */
export function adopt(state: RegistrarState, entry: PoolElementEntry, now: Instant): void {
  onAdoptionDue(state, claim(state, entry, now), now);
}

/** Step 1: "mark itself as the Home ENRP server"; the life begins anew (protocol decision 9). */
function claim(state: RegistrarState, entry: PoolElementEntry, now: Instant): Child {
  const { poolHandle, identifier, poolElement: { registrationLife } } = entry;
  state.handlespace.changeHome(poolHandle, identifier, state.options.identifier);
  const child = new Child(entry);
  child.isAdopted = true;
  state.children.set(entry, child);
  if (registrationLife !== INFINITE_LIFE) state.expiries.set(child, now + registrationLife * 1000);
  return child;
}

/**
 * Step 2, at its turn. Who has no ASAP endpoint finds the new home by itself, in the grace period;
 * peers are told now, as no acknowledgement will follow.
 */
export function onAdoptionDue(state: RegistrarState, child: Child, now: Instant): void {
  if (endpointOf(child.entry.poolElement.asapTransport) === undefined) {
    announceAddition(state, child.entry);
  }
  dialEndpoint(state, child, now);
}
