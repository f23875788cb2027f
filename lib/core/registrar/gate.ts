/**
 * The gate of a secured registrar: what comes is refused here unless its sender may ask for it.
 * RFC 5355 §2.15: "any information not sent using TLS to a secure ENRP server MUST be rejected";
 * protocol decisions 28 to 30.
 */

import { CAUSE, type EnrpMessage, type ErrorCause, type PoolHandle } from "../../wire/mod.ts";
import type { Instant, Message } from "../machine.ts";
import { authorize } from "../security/authorize.ts";
import type { RateKind } from "../security/rates.ts";
import { rejectBindings, rejectObserver } from "./bindings/refusal.ts";
import type { OpenAssociation } from "./child.ts";
import { sendError } from "./errors.ts";
import { isAnothers } from "./owner.ts";
import { rejectHandleResolution } from "./handle_resolution.ts";
import {
  rejectDeregistration,
  type Rejection,
  rejection,
  rejectRegistration,
} from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

/** How long an association that asks too fast is not read: a flood waits where it comes from. */
const PAUSE_MS = 100;

const RATES: Readonly<Partial<Record<Message["type"], RateKind>>> = {
  ASAP_REGISTRATION: "registrations",
  ASAP_DEREGISTRATION: "registrations",
  ASAP_HANDLE_RESOLUTION: "resolutions",
  ASAP_ENDPOINT_UNREACHABLE: "reports",
  ASAP_BINDING_UPDATE: "registrations",
  ASAP_BINDING_DUMP_REQUEST: "resolutions",
};

/** What observers ask costs as much as a resolution, or more. */
const OBSERVER_REQUESTS: ReadonlySet<Message["type"]> = new Set([
  "ENRP_PRESENCE",
  "ENRP_LIST_REQUEST",
  "ENRP_HANDLE_TABLE_REQUEST",
  "ENRP_BINDING_DUMP_REQUEST",
  "ENRP_BINDING_UPDATE",
]);

/** Whether a message passes; if not, it was answered, as far as there is an answer. */
export function passesGate(
  state: RegistrarState,
  open: OpenAssociation,
  message: Message,
  now: Instant,
): boolean {
  return passesRate(state, open, message, now) && passesRights(state, open, message);
}

function passesRate(
  state: RegistrarState,
  open: OpenAssociation,
  message: Message,
  now: Instant,
): boolean {
  const kind = rateOf(open, message);
  const { rateLimiter } = state;
  const { rateKey } = open;
  if (kind === undefined || rateLimiter === undefined || rateKey === undefined) return true;
  if (rateLimiter.take(kind, rateKey, now)) return true;
  state.counter.rateLimited[kind]++;
  state.outputs.pause(open.association, PAUSE_MS);
  const { name: who } = rateKey;
  const count = rateLimiter.refused(kind, rateKey, now);
  if (count !== undefined) {
    const { association, remote } = open;
    state.tell({ type: "rate-limited", association, remote, kind, who, count });
  }
  answer(state, open, message, rejection(CAUSE.lackOfResources, `${who} asks too often`));
  return false;
}

/** As what a message is counted; what registrars say to each other is not. */
function rateOf({ rights }: OpenAssociation, message: Message): RateKind | undefined {
  if (!OBSERVER_REQUESTS.has(message.type)) return RATES[message.type];
  const isPeers = rights === undefined
    ? "sender" in message && message.sender !== 0
    : rights.isRegistrar;
  return isPeers ? undefined : "resolutions";
}

/** Whether its sender may ask for it; if not, it was answered, as far as there is an answer. */
export function passesRights(
  state: RegistrarState,
  open: OpenAssociation,
  message: Message,
): boolean {
  const { rights } = open;
  if (rights === undefined) return true;
  const why = authorize(rights, message) ?? ownership(state, open, message);
  if (why === undefined) return true;
  state.counter.unauthorized++;
  answer(state, open, message, rejection(CAUSE.rejectedDueToSecurityConsiderations, why));
  return false;
}

/** "An element registers only itself": RFC 5355 §2.3, protocol decision 29. */
function ownership(
  state: RegistrarState,
  open: OpenAssociation,
  message: Message,
): string | undefined {
  const named = namedElement(message);
  if (named === undefined) return undefined;
  const entry = state.handlespace.get(named.poolHandle, named.identifier);
  if (!isAnothers(state, open, entry)) return undefined;
  return `${open.rights!.identity} may not act for a pool element of another identity`;
}

function namedElement(
  message: Message,
): { readonly poolHandle: PoolHandle; readonly identifier: number } | undefined {
  switch (message.type) {
    case "ASAP_REGISTRATION":
      return { poolHandle: message.poolHandle, identifier: message.poolElement.identifier };
    case "ASAP_DEREGISTRATION":
    case "ASAP_ENDPOINT_KEEP_ALIVE_ACK":
      return { poolHandle: message.poolHandle, identifier: message.peIdentifier };
  }
}

/** The negative answer to a request, or an error; nothing to what nobody waits an answer for. */
function answer(
  state: RegistrarState,
  open: OpenAssociation,
  message: Message,
  refusal: Rejection,
): void {
  if (message.type === "ASAP_REGISTRATION") {
    return rejectRegistration(state, open, message, [refusal]);
  }
  if (message.type === "ASAP_DEREGISTRATION") {
    return rejectDeregistration(state, open, message, refusal);
  }
  const { cause, why } = refusal;
  if (cause.code === CAUSE.rejectedDueToSecurityConsiderations) {
    tellRefused(state, open, message, why);
  }
  switch (message.type) {
    case "ASAP_HANDLE_RESOLUTION":
      return rejectHandleResolution(state, open, message.poolHandle, cause);
    case "ASAP_ENDPOINT_UNREACHABLE":
      // A report beyond the rate has been heard often enough.
      return cause.code === CAUSE.lackOfResources ? undefined : sendError(state, open, [cause], 0);
    case "ASAP_ENDPOINT_KEEP_ALIVE_ACK":
    case "ASAP_BINDING_DUMP":
      return;
    case "ASAP_BINDING_UPDATE":
    case "ASAP_BINDING_DUMP_REQUEST":
      return rejectBindings(state, open, message, cause);
    default:
      if ("sender" in message) answerEnrp(state, open, message, cause);
  }
}

function tellRefused(
  state: RegistrarState,
  open: OpenAssociation,
  { type: messageType }: Message,
  why: string,
): void {
  const { association, remote, identity } = open;
  state.tell({ type: "refused", association, remote, messageType, identity, why });
}

/** Tables and lists are rejected by their flag; the error before it says why (decision 30). */
function answerEnrp(
  state: RegistrarState,
  open: OpenAssociation,
  message: EnrpMessage,
  cause: ErrorCause,
): void {
  const { type, sender: receiver } = message;
  const { options: { identifier: sender } } = state;
  sendError(state, open, [cause], receiver);
  const refused = { reject: true, sender, receiver } as const;
  if (type === "ENRP_LIST_REQUEST") {
    state.send(open, { type: "ENRP_LIST_RESPONSE", ...refused, servers: [] });
  } else if (type === "ENRP_BINDING_DUMP_REQUEST" || type === "ENRP_BINDING_UPDATE") {
    rejectObserver(state, open, message, cause);
  } else if (type === "ENRP_HANDLE_TABLE_REQUEST") {
    state.send(open, {
      type: "ENRP_HANDLE_TABLE_RESPONSE",
      ...refused,
      moreToSend: false,
      pools: [],
    });
  }
}
