/** RFC 5352 §3.2: de-registration. */

import type { AsapMessage } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { remove } from "./attachment.ts";
import { type Child, isOwner, type OpenAssociation } from "./child.ts";
import { contend } from "./contention.ts";
import { claimToRemove, contendForeign, isForeign, isOfElement } from "./foreign.ts";
import { rejectDeregistration } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

type Deregistration = Extract<AsapMessage, { type: "ASAP_DEREGISTRATION" }>;

/**
 * RFC 5352 §3.2: "the ENRP server SHALL remove the PE from its handlespace". RFC 5352 §2.2.2: "a PE
 * may only de-register itself", so from elsewhere the request waits until the element has been
 * asked.
 */
export function onDeregistration(
  state: RegistrarState,
  open: OpenAssociation,
  message: Deregistration,
  now: Instant,
): void {
  const { poolHandle, peIdentifier } = message;
  if (isForeign(state, open, poolHandle, peIdentifier)) {
    return contendForeign(state, open, message, now);
  }
  const foreign = state.handlespace.get(poolHandle, peIdentifier);
  if (foreign !== undefined && !state.children.has(foreign)) claimToRemove(state, open, foreign);
  const child = state.child(poolHandle, peIdentifier);
  if (child !== undefined && !isOwner(child, open) && !isAdoptedFrom(state, open, child)) {
    const isHeld = child.association !== undefined && contend(state, child, open, message, now);
    if (isHeld) return;
    return rejectDeregistration(state, open, message);
  }
  // Also without any record of it: "it SHOULD consider the de-registration granted and completed".
  state.send(open, { type: "ASAP_DEREGISTRATION_RESPONSE", poolHandle, peIdentifier });
  if (child !== undefined) remove(state, child, "deregistered");
}

/** It was another registrar's, and nobody has registered it here: its addresses tell. */
function isAdoptedFrom(state: RegistrarState, open: OpenAssociation, child: Child): boolean {
  return child.isAdopted && isOfElement(state, open, child.entry);
}
