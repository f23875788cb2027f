/** The end of a registration life. RFC 5352 §3.2; protocol decision 9. */

import { remove } from "./attachment.ts";
import type { Child } from "./child.ts";
import type { RegistrarState } from "./state.ts";

/**
 * RFC 5352 §3.2: "an ASAP_DEREGISTRATION_RESPONSE message is sent to the PE's ASAP Endpoint to
 * indicate the removal of the PE from the pool it registered".
 */
export function onExpiry(state: RegistrarState, child: Child): void {
  const { poolHandle, identifier: peIdentifier } = child.entry;
  if (child.association !== undefined) {
    state.send(child.association, {
      type: "ASAP_DEREGISTRATION_RESPONSE",
      poolHandle,
      peIdentifier,
    });
  }
  remove(state, child, "expired");
}
