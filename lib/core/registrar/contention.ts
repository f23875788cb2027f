/**
 * Two associations, one PE identifier. RFC 5354 §3.12.5 only names the error; protocol decision 15:
 * whoever registered an element keeps it as long as it answers.
 */

import type { Instant } from "../machine.ts";
import { type Child, type Contender, isOfRegistrant, type OpenAssociation } from "./child.ts";
import { sendKeepAlive } from "./keep_alive.ts";
import { rejectContender } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

/**
 * Holds a request by another association than the element's own, and asks the element whether it
 * lives: the acknowledgement rejects the request, its absence or the loss of the association has it
 * handled anew. `false` if somebody else's request is held already: one is the limit.
 */
export function contend(
  state: RegistrarState,
  child: Child,
  open: OpenAssociation,
  message: Contender["message"],
  now: Instant,
): boolean {
  const held = child.contender;
  const isAgain = held?.open === open;
  if (held !== undefined && state.associations.has(held.open.association)) {
    const maySupersede = isAgain
      ? held.message.type === message.type || isOfRegistrant(child, open)
      : supersedes(child, open, held.open);
    if (!maySupersede) return false;
    // Sent again by the same, it takes the place of what it repeats.
    if (!isAgain) rejectContender(state, child);
  }
  child.contender = { open, message };
  if (isAgain) return true;
  if (isOfRegistrant(child, open)) probeAnew(state, child, now);
  else sendKeepAlive(state, child, now);
  const { association, remote } = open;
  const { poolHandle, identifier } = child.entry;
  state.tell({ type: "ownership-contested", association, remote, poolHandle, identifier });
  return true;
}

/** The element's own registration over the association in use: whoever else wants its place. */
export function onOwnRegistration(state: RegistrarState, child: Child, now: Instant): void {
  const { contender } = child;
  if (contender === undefined) return;
  if (!isOfRegistrant(child, contender.open)) return rejectContender(state, child);
  // It may have been sent long before; only the answer to a probe tells which of the two lives.
  sendKeepAlive(state, child, now);
}

/**
 * An element that a registrar left without answers for long has tried on one association after the
 * other, and waits on the last.
 */
function supersedes(child: Child, open: OpenAssociation, held: OpenAssociation): boolean {
  return isOfRegistrant(child, open) && isOfRegistrant(child, held) && open.order > held.order;
}

/**
 * Asks whether the element lives now. An acknowledgement that is on its way already may be older
 * than the request that is held: the element may have left that association since. Until it comes
 * the element has no more time than it had.
 */
export function probeAnew(state: RegistrarState, child: Child, now: Instant): void {
  const due = child.isProbed ? state.keepAlives.at(child) : undefined;
  child.isProbed = false;
  sendKeepAlive(state, child, now);
  const { association } = child;
  if (association?.greeting === "sent" && association.greeted === child) {
    association.greeting = "acknowledged";
    child.staleAcks++;
  }
  // One that was removed and has registered again since may still answer what it was asked before.
  if (association !== undefined) {
    child.staleAcks += association.orphanedAcks;
    association.orphanedAcks = 0;
  }
  if (due === undefined) return;
  child.staleAcks++;
  state.keepAlives.set(child, due);
}
