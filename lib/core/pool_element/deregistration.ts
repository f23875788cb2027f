/** De-registration. RFC 5352 §3.2. */

import type { AsapMessage } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { onExpiry } from "./registration.ts";
import type { Session } from "./session.ts";

type DeregistrationResponse = Extract<AsapMessage, { type: "ASAP_DEREGISTRATION_RESPONSE" }>;

/** The command `deregister`. */
export function beginDeregistration(
  session: Session,
  now: Instant,
  deadline: Instant | undefined,
): void {
  if (!session.mayBeListed) {
    session.hunt.stop();
    return finish(session);
  }
  // Without a deadline the life is one: after it no registrar holds the element.
  const end = deadline ?? session.lifeEnd;
  if (end !== Infinity) session.timers.set("deregistration-end", end);
  if (session.wants === "deregistration") return;
  session.wants = "deregistration";
  session.stopTimers("T2-registration", "T4-reregistration", "home-silence");
  if (session.home === undefined) session.seek("deregistration", now);
  else sendDeregistration(session, now);
}

/** D1 to D4. */
export function sendDeregistration(session: Session, now: Instant): void {
  const { home, options } = session;
  if (home === undefined) return;
  session.outputs.send(home.association, {
    type: "ASAP_DEREGISTRATION",
    poolHandle: options.poolHandle,
    peIdentifier: options.element.identifier,
  });
  session.timers.set("T3-deregistration", now + options.timing.t3DeregistrationMs);
}

/** T3-deregistration expired: another registrar is asked. */
export function onT3Deregistration(session: Session, now: Instant): void {
  const { home } = session;
  if (home === undefined) return;
  session.outputs.event({ type: "deregistration-timed-out", registrar: home.registrar });
  session.abandonHome(now);
}

/** The user waits no longer, or the registration's life has passed. */
export function onDeregistrationEnd(session: Session): void {
  const { home } = session;
  const attempts = session.fates();
  if (home !== undefined && session.timers.has("T3-deregistration")) {
    session.outputs.close(home.association);
    session.forgetHome();
  }
  session.hunt.stop();
  session.wants = "nothing";
  session.hasLeft = true;
  session.outputs.event({ type: "deregistered", outcome: "gave-up", attempts });
}

/** An ASAP_DEREGISTRATION_RESPONSE from the home that names this element. */
export function onDeregistrationResponse(
  session: Session,
  message: DeregistrationResponse,
  now: Instant,
): void {
  const { wants, home, timers } = session;
  if (wants === "deregistration" && timers.has("T3-deregistration")) {
    return finish(session, message, now);
  }
  // While an answer to a registration is awaited, that answer is the newer truth.
  const isNews = wants === "registration" ? session.isRegistered : session.mayBeListed;
  if (isNews && !timers.has("T2-registration")) return onExpiry(session, now);
  session.discard(home!.association, message.type, "nothing waits for it");
}

function finish(session: Session, message?: DeregistrationResponse, now?: Instant): void {
  session.wants = "nothing";
  session.isRegistered = false;
  session.stopTimers(
    "T2-registration",
    "T3-deregistration",
    "T4-reregistration",
    "home-silence",
    "deregistration-end",
  );
  if (now !== undefined) session.hunt.prove(now);
  const causes = message?.causes;
  if (causes !== undefined) {
    return session.outputs.event({ type: "deregistered", outcome: "rejected", causes });
  }
  session.mayBeListed = false;
  session.outputs.event({ type: "deregistered", outcome: "granted" });
}
