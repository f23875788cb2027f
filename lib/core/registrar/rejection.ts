/**
 * Negative answers to registrations and de-registrations. RFC 5352 §2.2.3, §2.2.4; RFC 5354 §3.12.
 */

import {
  type AsapMessage,
  CAUSE,
  type ErrorCause,
  formatIdentifier,
  MAX_MESSAGE_LENGTH,
  MAX_OFFENDING_TLV_BYTES,
  type PoolHandle,
} from "../../wire/mod.ts";
import type { PoolElementEntry } from "../../handlespace/mod.ts";
import type { Child, Contender, OpenAssociation } from "./child.ts";
import { CAUSE_BYTES, HEADER_BYTES, padded, poolHandleBytesOf } from "./message_size.ts";
import type { RegistrarState } from "./state.ts";

type Registration = Extract<AsapMessage, { type: "ASAP_REGISTRATION" }>;
type Deregistration = Extract<AsapMessage, { type: "ASAP_DEREGISTRATION" }>;

/** A reason to reject, for the other side and for people. */
export interface Rejection {
  readonly cause: ErrorCause;
  readonly why: string;
}

/** A reason to reject; an offending TLV is cut to 256 bytes (protocol decision 24). */
export function rejection(code: number, why: string, tlv?: Uint8Array): Rejection {
  const information = (tlv ?? new Uint8Array(0)).slice(0, MAX_OFFENDING_TLV_BYTES);
  return { cause: { code, information }, why };
}

/** RFC 5352 §3.1: "indicating the rejection by setting the R flag […] to '1'", with the causes. */
export function rejectRegistration(
  state: RegistrarState,
  open: OpenAssociation,
  message: Registration,
  rejections: readonly Rejection[],
): void {
  const { poolHandle, poolElement: { identifier } } = message;
  const { association, remote } = open;
  const causes = rejections.map((each) => each.cause);
  state.send(open, {
    type: "ASAP_REGISTRATION_RESPONSE",
    reject: true,
    poolHandle,
    peIdentifier: identifier,
    causes: fittingCauses(poolHandle, causes),
  });
  const why = rejections.map((each) => each.why).join("; ");
  const event = { association, remote, poolHandle, identifier, causes, why };
  state.tell({ type: "registration-rejected", ...event });
}

/**
 * RFC 5352 §3.2: "indicate the rejection by including the proper Operational Error parameter"; most
 * often the reason is that of RFC 5352 §2.2.2.
 */
export function rejectDeregistration(
  state: RegistrarState,
  open: OpenAssociation,
  message: Deregistration,
  { cause, why } = rejection(
    CAUSE.rejectedDueToSecurityConsiderations,
    "a pool element may only de-register itself",
  ),
): void {
  const { poolHandle, peIdentifier } = message;
  const { association, remote } = open;
  const causes = [cause];
  // A pool handle as long as the message was leaves no room for the cause in an answer.
  const bytes = bytesOfAnswer(poolHandle, causes);
  if (bytes > MAX_MESSAGE_LENGTH) state.send(open, { type: "ASAP_ERROR", causes });
  else state.send(open, { type: "ASAP_DEREGISTRATION_RESPONSE", poolHandle, peIdentifier, causes });
  const event = { association, remote, poolHandle, identifier: peIdentifier, causes, why };
  state.tell({ type: "deregistration-rejected", ...event });
}

/** Why nobody else may have an identifier. RFC 5354 §3.12.5. */
export function identifierTaken(child: Child): Rejection {
  const identifier = formatIdentifier(child.entry.identifier);
  const owner = child.association?.remote ?? { host: child.address, port: 0 };
  const why =
    `PE identifier ${identifier} is that of a pool element at ${owner.host}, which answers`;
  return rejection(CAUSE.nonUniquePeIdentifier, why);
}

/** Who holds the identifier at another home has answered there. RFC 5354 §3.12.5. */
export function rejectForeign(
  state: RegistrarState,
  { open, message }: Contender,
  entry: PoolElementEntry,
): void {
  if (!state.associations.has(open.association)) return;
  if (message.type === "ASAP_DEREGISTRATION") return rejectDeregistration(state, open, message);
  const identifier = formatIdentifier(entry.identifier);
  const home = formatIdentifier(entry.home);
  const why = `PE identifier ${identifier} is that of a pool element of ${home}, which answers`;
  rejectRegistration(state, open, message, [rejection(CAUSE.nonUniquePeIdentifier, why)]);
}

/** The element has answered: what another association asked in its name is rejected. */
export function rejectContender(state: RegistrarState, child: Child): void {
  const { contender } = child;
  if (contender === undefined) return;
  child.contender = undefined;
  const { open, message } = contender;
  if (!state.associations.has(open.association)) return;
  if (message.type === "ASAP_REGISTRATION") {
    rejectRegistration(state, open, message, [identifierTaken(child)]);
  } else {
    rejectDeregistration(state, open, message);
  }
}

/** The causes, without their information where the pool handle is so long that it has no room. */
function fittingCauses(
  poolHandle: PoolHandle,
  causes: readonly ErrorCause[],
): readonly ErrorCause[] {
  if (bytesOfAnswer(poolHandle, causes) <= MAX_MESSAGE_LENGTH) return causes;
  // Bare causes always have: the Pool Element that was registered was longer than all of them.
  return causes.map(({ code }) => ({ code, information: new Uint8Array(0) }));
}

/** Bytes of a negative answer to a registration or de-registration. */
function bytesOfAnswer(poolHandle: PoolHandle, causes: readonly ErrorCause[]): number {
  const peIdentifierBytes = HEADER_BYTES + 4;
  let bytes = 2 * HEADER_BYTES + poolHandleBytesOf(poolHandle) + peIdentifierBytes;
  for (const { information } of causes) bytes += CAUSE_BYTES + padded(information.length);
  return bytes;
}
