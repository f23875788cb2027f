/** Registration and re-registration. RFC 5352 §3.1. */

import type { AsapMessage } from "../../wire/mod.ts";
import { INFINITE_LIFE } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import type { Session } from "./session.ts";

type RegistrationResponse = Extract<AsapMessage, { type: "ASAP_REGISTRATION_RESPONSE" }>;

/** RFC 5352 §7.1: T4 is this much less than the life, so that a re-registration is in time. */
const LIFE_MARGIN_MS = 20_000;
/** No life, however short, makes T4 shorter: it would run at the network's speed. */
const T4_MIN_MS = 250;

/** The command `register`. */
export function beginRegistration(session: Session, now: Instant): void {
  if (session.wants === "registration") return;
  if (session.wants === "deregistration") {
    session.stopTimers("T3-deregistration", "deregistration-end");
    session.outputs.event({ type: "deregistered", outcome: "gave-up", attempts: [] });
  }
  session.wants = "registration";
  session.before = { mayBeListed: session.mayBeListed, hasLeft: session.hasLeft };
  session.wasGranted = false;
  session.isRegistered = false;
  register(session, now);
}

/** Registers at the home, or looks for one. */
export function register(session: Session, now: Instant): void {
  session.attempts = 0;
  if (session.home === undefined) session.seek("registration", now);
  else sendRegistration(session, now);
}

/** A change of policy or endpoint: re-registered at once, or with the answer that is awaited. */
export function registerChange(session: Session, now: Instant): void {
  if (session.wants !== "registration" || session.home === undefined) return;
  if (session.timers.has("T2-registration")) session.isChanged = true;
  else register(session, now);
}

/** R2 to R4. */
function sendRegistration(session: Session, now: Instant): void {
  const { home, options } = session;
  if (home === undefined) return;
  const poolElement = session.elementFor(home);
  session.attempts++;
  session.unanswered++;
  session.sent = poolElement;
  session.isChanged = false;
  session.mayBeListed = true;
  session.hasLeft = false;
  session.lifeEnd = now + lifeMs(poolElement.registrationLife);
  session.stopTimers("T4-reregistration", "home-silence");
  session.outputs.send(home.association, {
    type: "ASAP_REGISTRATION",
    poolHandle: options.poolHandle,
    poolElement,
  });
  session.timers.set("T2-registration", now + options.timing.t2RegistrationMs);
}

/** T2-registration expired: once more at this home, then a hunt (protocol decision 16). */
export function onT2Registration(session: Session, now: Instant): void {
  const { home, attempts, options } = session;
  if (home === undefined) return;
  const { registrar } = home;
  session.outputs.event({ type: "registration-timed-out", registrar, attempt: attempts });
  if (attempts < options.timing.maxRegAttempt) sendRegistration(session, now);
  else session.abandonHome(now);
}

/** An ASAP_REGISTRATION_RESPONSE from the home that names this element. */
export function onRegistrationResponse(
  session: Session,
  message: RegistrationResponse,
  now: Instant,
): void {
  const { home } = session;
  if (home === undefined) return;
  if (session.unanswered === 0 || session.wants !== "registration") {
    session.unanswered = Math.max(0, session.unanswered - 1);
    return session.discard(home.association, message.type, "no registration waits for it");
  }
  session.unanswered--;
  session.stopTimers("T2-registration");
  if (message.reject) onRejection(session, message);
  else onGrant(session, message, now);
}

/** "The PE MUST NOT re-attempt registration without correcting the error condition." */
function onRejection(session: Session, message: RegistrationResponse): void {
  const { home, wasGranted } = session;
  session.wants = "nothing";
  session.isRegistered = false;
  if (!wasGranted) Object.assign(session, session.before);
  session.outputs.event({
    type: "rejected",
    causes: message.causes ?? [],
    afterGrant: wasGranted,
    registrar: home!.registrar,
  });
}

function onGrant(session: Session, message: RegistrationResponse, now: Instant): void {
  const { isRegistered, wasGranted, homeIdentifier } = session;
  session.wasGranted = true;
  session.isRegistered = true;
  session.hunt.prove(now);
  session.timers.set("T4-reregistration", now + t4Ms(session));
  listen(session, now);
  const told = {
    home: homeIdentifier,
    registrar: session.home!.registrar,
    warnings: message.causes ?? [],
    element: session.sent!,
  };
  if (isRegistered) session.outputs.event({ type: "re-registered", ...told });
  else session.outputs.event({ type: "registered", first: !wasGranted, ...told });
  if (session.isChanged) register(session, now);
}

/** The home was heard: silence counts from now. Protocol decision 10. */
export function listen(session: Session, now: Instant): void {
  if (!session.isRegistered || session.timers.has("T2-registration")) return;
  session.timers.set("home-silence", now + 2 * session.options.timing.keepAliveCycleMs);
}

/** Nothing was heard for two keep-alive cycles: it may have lost or removed the element. */
export function onHomeSilence(session: Session, now: Instant): void {
  if (session.home === undefined) return;
  session.outputs.event({ type: "home-silent", registrar: session.home.registrar });
  register(session, now);
}

/** RFC 5352 §3.2: the life has passed at the home; the element still wants to serve. */
export function onExpiry(session: Session, now: Instant): void {
  session.isRegistered = false;
  session.mayBeListed = false;
  session.before.mayBeListed = false;
  session.outputs.event({ type: "expired", registrar: session.home!.registrar });
  if (session.wants === "registration") register(session, now);
}

/** T4-reregistration, RFC 5352 §7.1; half the life where it is too short for 20 s less. */
function t4Ms(session: Session): number {
  const { timing, element } = session.options;
  const life = lifeMs(element.registrationLife);
  const early = life < 2 * LIFE_MARGIN_MS ? life / 2 : life - LIFE_MARGIN_MS;
  return Math.max(T4_MIN_MS, Math.min(timing.t4ReregistrationMs, early));
}

function lifeMs(registrationLife: number): number {
  return registrationLife === INFINITE_LIFE ? Infinity : 1000 * registrationLife;
}
