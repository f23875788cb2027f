/**
 * What could not be understood. RFC 5354 §3 and §4 (the action bits), RFC 5352 §2.2.14, RFC 5353
 * §2.10; an error message is never answered with an error (protocol decision 24).
 */

import { causesToReport, type ErrorCause } from "../../wire/mod.ts";
import type { Message, Received, Undecodable } from "../machine.ts";
import type { OpenAssociation } from "./child.ts";
import type { RegistrarState } from "./state.ts";

/** RFC 5354 §3 and §4: bytes that are no message are discarded, and reported if they ask for it. */
export function onUndecodable(
  state: RegistrarState,
  open: OpenAssociation,
  { failure }: Undecodable,
): void {
  const causes = causesToReport(failure);
  if (causes.length > 0) sendError(state, open, causes, senderOf(failure.partial));
  const { association, remote } = open;
  const { messageType, cause, detail } = failure;
  const reported = causes.length > 0;
  const event = { association, remote, messageType, cause, detail, reported };
  state.tell({ type: "undecodable", ...event });
}

/**
 * RFC 5354 §3, action bits 11: "Skip this parameter and continue processing, but report the
 * unrecognized parameter"; after the message's own answer.
 */
export function reportUnrecognized(
  state: RegistrarState,
  open: OpenAssociation,
  received: Received,
): void {
  const { message } = received;
  if (received.unrecognized.length === 0) return;
  const { association, remote } = open;
  const count = received.unrecognized.length;
  const messageType = message.type;
  state.tell({ type: "unrecognized-parameters", association, remote, messageType, count });
  if (!state.associations.has(association)) return;
  sendError(state, open, causesToReport(received), senderOf(message));
}

/** A message that means nothing to a registrar. RFC 5352 §4. */
export function discard(
  state: RegistrarState,
  open: OpenAssociation,
  message: Message,
  why: string,
): void {
  const { association, remote } = open;
  state.tell({ type: "discarded", association, remote, messageType: message.type, why });
}

/** An ASAP_ERROR or ENRP_ERROR is told, and never answered (protocol decision 24). */
export function onError(
  state: RegistrarState,
  open: OpenAssociation,
  { causes }: { readonly causes: readonly ErrorCause[] },
): void {
  const { association, remote } = open;
  state.tell({ type: "error-received", association, remote, causes });
}

/** Sends an ASAP_ERROR, or an ENRP_ERROR to `receiver`. RFC 5352 §2.2.14, RFC 5353 §2.10. */
export function sendError(
  state: RegistrarState,
  open: OpenAssociation,
  causes: readonly ErrorCause[],
  receiver: number,
): void {
  if (open.protocol === "ASAP") return state.send(open, { type: "ASAP_ERROR", causes });
  const sender = state.options.identifier;
  state.send(open, { type: "ENRP_ERROR", sender, receiver, causes });
}

/** Sending Server's ID of what was read of an ENRP message; 0 if that was not reached. */
function senderOf(message: unknown): number {
  const sender = (message as { readonly sender?: unknown } | undefined)?.sender;
  return typeof sender === "number" ? sender : 0;
}
