/** RFC 5352 §3.1: registration and re-registration. */

import type { RegistrationCause, RegistrationOutcome } from "../../handlespace/mod.ts";
import {
  type AsapMessage,
  CAUSE,
  type ErrorCause,
  INFINITE_LIFE,
  policyName,
  policyTlv,
  type PoolElement,
  poolElementBytes,
  transportTlv,
  transportUseName,
} from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { usableEndpoint } from "./addresses.ts";
import { attach } from "./attachment.ts";
import { Child, isOwner, type OpenAssociation } from "./child.ts";
import { contend, onOwnRegistration } from "./contention.ts";
import { contendForeign, isForeign } from "./foreign.ts";
import { announceAddition } from "./handle_update.ts";
import { greet } from "./keep_alive.ts";
import { ownerOf } from "./owner.ts";
import { invalidValues } from "./registration_values.ts";
import { identifierTaken, type Rejection, rejection, rejectRegistration } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

type Registration = Extract<AsapMessage, { type: "ASAP_REGISTRATION" }>;
type Granted = Extract<RegistrationOutcome, { granted: true }>;

/**
 * RFC 5352 §3.1, rules 1 to 5: the registration is granted or rejected by an
 * ASAP_REGISTRATION_RESPONSE, after a while if the identifier is another association's.
 */
export function onRegistration(
  state: RegistrarState,
  open: OpenAssociation,
  message: Registration,
  now: Instant,
  isCleared = false,
): void {
  const { limits } = state.options;
  const reject = (...rejections: Rejection[]) =>
    rejectRegistration(state, open, message, rejections);
  const { poolHandle } = message;
  // Rule 5: "invalid values, lack of resource, authentication failure, etc."
  const invalid = invalidValues(state, open, message);
  if (invalid.length > 0) return reject(...invalid);
  const { identifier } = message.poolElement;
  if (!isCleared && isForeign(state, open, poolHandle, identifier)) {
    return contendForeign(state, open, message, now);
  }
  const known = state.child(poolHandle, identifier);
  if (known?.association && !isOwner(known, open)) {
    if (!contend(state, known, open, message, now)) reject(identifierTaken(known));
    return;
  }
  if (known?.association !== open && open.children.size >= limits.maxElementsPerAssociation) {
    const why = `the association has ${open.children.size} pool elements, which is the limit`;
    return reject(rejection(CAUSE.lackOfResources, why));
  }
  const poolElement = recorded(state, open, message.poolElement);
  const bytes = poolElementBytes(poolElement);
  if (bytes > limits.maxElementBytes) {
    const why = `the Pool Element has ${bytes} bytes, and ${limits.maxElementBytes} are the limit`;
    return reject(rejection(CAUSE.lackOfResources, why));
  }
  // Rules 1 to 4 are the handlespace's.
  const outcome = state.handlespace.register(poolHandle, poolElement);
  if (!outcome.granted) {
    return reject(...outcome.causes.map((cause) => explain(cause, message.poolElement)));
  }
  own(state, open, outcome, now);
  // Peers first: whoever has read the grant and asks at another registrar finds the element.
  announceAddition(state, outcome.entry);
  answer(state, open, message, outcome);
  greet(state, state.children.get(outcome.entry)!, open);
}

/** Rule 4: "the ENRP server MUST assign itself the owner of this PE". */
function own(
  state: RegistrarState,
  open: OpenAssociation,
  { entry }: Granted,
  now: Instant,
): void {
  let child = state.children.get(entry);
  if (child === undefined) {
    child = new Child(entry);
    state.children.set(entry, child);
  }
  entry.owner = ownerOf(state, open);
  child.isAdopted = false;
  child.address = open.address;
  child.identity = open.identity;
  child.isRegistrant = true;
  attach(state, child, open, now);
  onOwnRegistration(state, child, now);
  // Protocol decision 2: it has chosen, and all are told below.
  child.claim = undefined;
  const life = entry.poolElement.registrationLife;
  // Protocol decision 9: seconds.
  if (life === INFINITE_LIFE) state.expiries.delete(child);
  else state.expiries.set(child, now + life * 1000);
}

/**
 * Rule 4: "MUST also record the […] transport address": over TCP that address has another port than
 * the element listens on, so its ASAP Transport is recorded if it may be dialled, or none
 * (protocol decision 19).
 */
function recorded(state: RegistrarState, open: OpenAssociation, given: PoolElement): PoolElement {
  // Whose it is, its association tells, not its message (protocol decision 29).
  const { asapTransport, owner: _, ...attributes } = given;
  const home = state.options.identifier;
  return usableEndpoint(state.options, open, asapTransport) === undefined
    ? { ...attributes, home }
    : { ...attributes, home, asapTransport };
}

function answer(
  state: RegistrarState,
  open: OpenAssociation,
  message: Registration,
  outcome: Granted,
): void {
  const { poolHandle, identifier, poolElement: element } = outcome.entry;
  const warnings = warningsFor(message.poolElement, element);
  state.send(open, {
    type: "ASAP_REGISTRATION_RESPONSE",
    reject: false,
    poolHandle,
    peIdentifier: identifier,
    causes: warnings.length > 0 ? warnings : undefined,
  });
  const { association, remote } = open;
  const event = { association, remote, poolHandle, identifier, element, warnings };
  if (outcome.reRegistered) {
    const { changed } = outcome;
    return state.tell({ type: "pool-element-reregistered", ...event, changed });
  }
  const newPool = state.handlespace.pool(poolHandle)!.elements.size === 1;
  state.tell({ type: "pool-element-registered", ...event, newPool });
}

/** RFC 5352 §2.2.3: a warning that some values have been modified. Port 0 asks for no endpoint. */
function warningsFor(given: PoolElement, recorded: PoolElement): ErrorCause[] {
  const { asapTransport } = given;
  if (asapTransport === undefined || recorded.asapTransport !== undefined) return [];
  if (asapTransport.protocol !== "opaque" && asapTransport.port === 0) return [];
  return [rejection(CAUSE.invalidValues, "", transportTlv(asapTransport)).cause];
}

/** A cause of the handlespace's with the information that RFC 5354 §3.12 asks for, and in words. */
function explain(cause: RegistrationCause, given: PoolElement): Rejection {
  const { policy, transport } = given;
  switch (cause.code) {
    case CAUSE.invalidValues: {
      const why = `policy ${policyName(policy)} is an invalid value`;
      return rejection(cause.code, why, policyTlv(cause.policy));
    }
    case CAUSE.inconsistentPoolingPolicy: {
      const why = `policy ${policyName(policy)}, and the pool's is ${policyName(cause.policy)}`;
      return rejection(cause.code, why, policyTlv(cause.policy));
    }
    case CAUSE.inconsistentTransportType: {
      const pools = cause.transport.protocol;
      const why = `transport type ${transport.protocol}, and the pool's is ${pools}`;
      return rejection(cause.code, why, transportTlv(cause.transport));
    }
    case CAUSE.inconsistentDataControlConfiguration: {
      const use = transport.protocol === "opaque" ? "" : ` ${transportUseName(transport.use)}`;
      return rejection(cause.code, `transport use${use} is not the pool's`);
    }
    case CAUSE.lackOfResources:
      return rejection(cause.code, "the limit of pools or pool elements is reached");
  }
}
