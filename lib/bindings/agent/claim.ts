/**
 * The right of a DHCP server to its share. docs/dhcp.md §3: it gives new clients nothing before all
 * others have said that they hold its addresses, nor when its share may have been freed.
 */

import { INFINITE_LEASE } from "../../wire/mod.ts";
import type { Instant } from "../stored_binding.ts";
import { hasFlag, type StoredServer } from "../stored_server.ts";
import type { AgentState } from "./agent_state.ts";
import type { WithheldReason } from "./contract.ts";
import { settleAll } from "./settling.ts";

/** Whether it may give new clients what is free of its share. */
export function maySpend(state: AgentState): boolean {
  return state.confirmedClaim === state.own.claim;
}

/** How long it may be without a registrar: half of a lease, as its share is freed after a whole. */
export function silenceMs({ options }: AgentState): number {
  return options.lease === INFINITE_LEASE ? Infinity : options.lease * 500;
}

/** When it will have been without a registrar for too long. */
export function silentAt(state: AgentState): Instant | undefined {
  const { contactAt } = state;
  if (contactAt === undefined || !maySpend(state)) return undefined;
  const at = contactAt + silenceMs(state);
  return at === Infinity ? undefined : at;
}

/** From now on nothing of its share is given to new clients, until all others have agreed. */
export function claimAnew(state: AgentState, why: WithheldReason, now: Instant): void {
  const { own } = state;
  const flags = own.flags.filter((each) => each !== "down" && each !== "withheld");
  state.isSynchronized &&= why === "down";
  state.isReturning ||= why === "down";
  state.writeOwn({ claim: own.claim + 1, flags: [...flags, "withheld"], freeAt: now });
  tellWithheld(state, why);
  settleAll(state, now);
}

/** Says whose word is missing. */
export function tellWithheld(state: AgentState, why: WithheldReason): void {
  const waitsFor = missing(state).map(({ name }) => name);
  state.tell({ type: "share-withheld", why, waitsFor });
}

/** After any record has come: whether all have agreed. */
export function checkClaim(state: AgentState, now: Instant): void {
  if (maySpend(state) || !state.isSynchronized || missing(state).length > 0) return;
  state.confirmedClaim = state.own.claim;
  state.isReturning = false;
  if (hasFlag(state.own, "withheld")) {
    state.writeOwn({ flags: state.own.flags.filter((each) => each !== "withheld") });
  }
  settleAll(state, now);
  const { self } = state.options;
  let free = 0;
  for (const address of state.range.addresses()) {
    const binding = state.table.bindings.get(address);
    if (state.ownerOf(address) === self && binding === undefined) free++;
  }
  state.tell({ type: "share-confirmed", free });
}

/** Required servers that have not acknowledged the claim. */
function missing(state: AgentState): StoredServer[] {
  const { own } = state;
  return state.required
    .filter((identifier) => identifier !== own.identifier)
    .map((identifier) => state.table.servers.get(identifier)!)
    .filter((other) => !hasAcknowledged(other, own));
}

function hasAcknowledged(
  { acknowledgements }: StoredServer,
  { identifier, claim }: Pick<StoredServer, "identifier" | "claim">,
): boolean {
  return acknowledgements.some((each) => each.server === identifier && each.claim === claim);
}

/** Gives this server's word to others' claims, once it holds all that is not its own. */
export function acknowledgeClaims(state: AgentState, now: Instant): void {
  const { own, table } = state;
  const claims = [...table.servers.values()]
    .filter((each) => each.identifier !== own.identifier && !hasFlag(each, "down"))
    .map(({ identifier, claim }) => ({ server: identifier, claim }));
  const isNew = claims.some(({ server, claim }) =>
    !hasAcknowledged(own, { identifier: server, claim })
  );
  if (isNew && holdsAllOfOthers(state)) state.writeOwn({ acknowledgements: claims });
  checkClaim(state, now);
}

/** Whether the DHCP server can give no address away that is not this server's to give. */
function holdsAllOfOthers(state: AgentState): boolean {
  // Who returns gives nothing to anybody before all know that.
  if (!state.isServing) return state.isReturning;
  for (const address of state.range.addresses()) {
    if (state.holding(address).kind === "free" && state.ownerOf(address) !== state.options.self) {
      return false;
    }
  }
  return true;
}
