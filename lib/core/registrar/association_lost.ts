/**
 * A lost association is no unreachable element (protocol decision 11): RFC 5352 §3.5 removes an
 * element when a keep-alive cannot be sent, and over TCP there is a second way to send one, its
 * ASAP endpoint.
 */

import type { Disconnected, DisconnectReason, Instant } from "../machine.ts";
import { endpointOf } from "./addresses.ts";
import { detach, endpointKey, forget, forgetDial, releaseContender, remove } from "./attachment.ts";
import type { Child, EndpointDial, OpenAssociation } from "./child.ts";
import { onClaimLost } from "./claim.ts";
import { onProbeFailed } from "./endpoint_probe.ts";
import { onRestored } from "./initialization.ts";
import { sendKeepAlive } from "./keep_alive.ts";
import { endpointSecurity } from "./owner.ts";
import { onPeerDialFailed, onPeerDisconnected } from "./peer_connection.ts";
import type { RegistrarState } from "./state.ts";

/** An association ended, or a dial failed: what used it is looked for, or removed. */
export function onDisconnected(state: RegistrarState, input: Disconnected, now: Instant): void {
  const { association, reason, detail } = input;
  const open = state.associations.get(association);
  const dial = open === undefined ? state.dials.get(association) : open.dial;
  if (open === undefined) {
    forgetDial(state, association);
    const address = state.peers.dials.get(association);
    if (address !== undefined) onPeerDialFailed(state, address, input, now);
  } else {
    forget(state, open);
    const { protocol, remote, children: { size: elements } } = open;
    const event = { association, protocol, remote, reason, detail, elements };
    state.tell({ type: "association-closed", ...event });
    if (protocol === "ENRP") onPeerDisconnected(state, open, reason, now);
  }
  onProbeFailed(state, association);
  for (const child of dial?.waiting ?? []) endpointFailed(state, child, reason, detail, now);
  for (const child of open?.children ?? []) lose(state, child, now);
}

/** The dial of an ASAP endpoint succeeded: the element is asked whether it lives. */
export function onEndpointConnected(
  state: RegistrarState,
  open: OpenAssociation,
  now: Instant,
): void {
  for (const child of open.dial!.waiting) sendKeepAlive(state, child, now);
}

/** Protocol decision 11: kept, not handed out, removed when the grace period has passed. */
export function onGraceEnd(state: RegistrarState, child: Child): void {
  remove(state, child, "association-lost");
}

/** The turn of those has come who waited to be dialled (protocol decision 19). */
export function onDialWindow(state: RegistrarState, address: string, now: Instant): void {
  for (const child of state.dialBudget.renew(address, now)) dialEndpoint(state, child, now);
}

/**
 * Not handed out until it answers: most often its process has ended. Should somebody else wait for
 * its identifier, that request is handled at once.
 */
function lose(state: RegistrarState, child: Child, now: Instant): void {
  if (child.claim !== undefined) {
    onClaimLost(state, child);
    return;
  }
  const { poolHandle, identifier, poolElement } = child.entry;
  detach(state, child);
  // Its heir was here first: it goes where it was sent to (protocol decision 7).
  if (state.isStopping) return releaseContender(state, child);
  state.handlespace.setSelectable(poolHandle, identifier, false);
  const endpoint = endpointOf(poolElement.asapTransport);
  state.tell({ type: "pool-element-lost", poolHandle, identifier, endpoint });
  releaseContender(state, child);
  dialEndpoint(state, child, now);
}

/** Dials the element's ASAP endpoint; without one the grace period begins. */
export function dialEndpoint(state: RegistrarState, child: Child, now: Instant): void {
  const endpoint = endpointOf(child.entry.poolElement.asapTransport);
  if (endpoint === undefined) return beginGrace(state, child, now);
  const security = endpointSecurity(child.entry);
  // Somebody else's element may name the same endpoint, and prove itself otherwise.
  const key = `${endpointKey(endpoint)} ${security}`;
  let dial = state.dialsByEndpoint.get(key);
  if (dial === undefined) {
    if (!state.dialBudget.take(endpoint.host, now)) {
      state.dialBudget.wait(endpoint.host, child, now);
      // Its turn may come too late: then it is as if it had no endpoint. Not so in a takeover:
      // those elements have done nothing, and are many.
      return child.isAdopted ? undefined : beginGrace(state, child, now);
    }
    const { endpointDialMs } = state.options.timing;
    const association = state.outputs.connect("ASAP", endpoint, endpointDialMs, security);
    dial = { association, key, waiting: new Set<Child>() } satisfies EndpointDial;
    state.dials.set(association, dial);
    state.dialsByEndpoint.set(key, dial);
  }
  state.graces.delete(child);
  child.dial = dial;
  dial.waiting.add(child);
  // Several elements of one process share its endpoint: the association may be open already.
  sendKeepAlive(state, child, now);
}

/** "Refused or timed out: remove"; what the registrar itself lacked says nothing of the element. */
function endpointFailed(
  state: RegistrarState,
  child: Child,
  reason: DisconnectReason,
  detail: string | undefined,
  now: Instant,
): void {
  if (reason !== "failed") {
    remove(state, child, "endpoint-unreachable", detail ? `${reason}: ${detail}` : reason);
    return onRestored(state, now);
  }
  detach(state, child);
  beginGrace(state, child, now);
}

function beginGrace(state: RegistrarState, child: Child, now: Instant): void {
  state.graces.set(child, now + state.options.timing.elementGraceMs);
}
