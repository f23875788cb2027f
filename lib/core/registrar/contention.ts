/**
 * Two associations, one PE identifier. RFC 5354 §3.12.5 only names the error; protocol decision 15:
 * whoever registered an element keeps it as long as it answers.
 */

import type { Instant } from "../machine.ts";
import type { Child, Contender, OpenAssociation } from "./child.ts";
import { sendKeepAlive } from "./keep_alive.ts";
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
  if (held !== undefined && state.associations.has(held.open.association)) {
    // Sent again by the same, it takes the place of what it repeats.
    if (held.open !== open || held.message.type !== message.type) return false;
  }
  child.contender = { open, message };
  sendKeepAlive(state, child, now);
  if (held?.open === open) return true;
  const { association, remote } = open;
  const { poolHandle, identifier } = child.entry;
  state.tell({ type: "ownership-contested", association, remote, poolHandle, identifier });
  return true;
}
