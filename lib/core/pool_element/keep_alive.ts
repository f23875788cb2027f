/** Endpoint keep-alive. RFC 5352 §3.4. */

import type { AsapMessage } from "../../wire/mod.ts";
import type { Association, Instant } from "../machine.ts";
import { sendDeregistration } from "./deregistration.ts";
import { register } from "./registration.ts";
import type { Session } from "./session.ts";

type EndpointKeepAlive = Extract<AsapMessage, { type: "ASAP_ENDPOINT_KEEP_ALIVE" }>;

/** KA1 and KA2. `false` if the message was silently discarded. */
export function onKeepAlive(
  session: Session,
  association: Association,
  message: EndpointKeepAlive,
  now: Instant,
): boolean {
  const { type, poolHandle, peIdentifier, serverIdentifier, home } = message;
  const ours = session.options.element.identifier;
  const why = poolHandle !== session.options.poolHandle
    ? "it is for another pool"
    // An rsplib habit (protocol decision 17): several elements may share one association.
    : peIdentifier !== undefined && peIdentifier !== ours
    ? "it is for another pool element"
    // An acknowledgement would keep an element in the pool that does not serve.
    : !session.mayBeListed || session.hasLeft
    ? "the pool element is not registered"
    : undefined;
  if (why !== undefined) {
    session.discard(association, type, why);
    return false;
  }
  if (!mayAnswer(session, now)) {
    const count = session.keepAlives.untold(now);
    if (count !== undefined) session.discard(association, type, `${count} came too soon`);
    return false;
  }
  session.outputs.send(association, {
    type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK",
    poolHandle,
    peIdentifier: ours,
  });
  session.outputs.event({ type: "keep-alive", server: serverIdentifier, home });
  if (association === session.home?.association) learnHome(session, message);
  else if (home) adoptSender(session, association, serverIdentifier, now);
  return true;
}

/** RFC 5355 §2.14: a registrar that floods it must not keep an element from its service. */
function mayAnswer({ keepAlives, options: { limits } }: Session, now: Instant): boolean {
  const { maxKeepAlivesPerSecond } = limits;
  return keepAlives.take(maxKeepAlivesPerSecond, 2 * maxKeepAlivesPerSecond, now);
}

/** The home says who it is. */
function learnHome(session: Session, message: EndpointKeepAlive): void {
  const { serverIdentifier: home } = message;
  const previous = session.homeIdentifier;
  if (previous === home) return;
  if (previous === undefined) {
    session.homeIdentifier = home;
    session.outputs.event({ type: "home-identified", home });
  } else if (message.home) {
    session.homeIdentifier = home;
    const { registrar } = session.home!;
    session.outputs.event({ type: "home-changed", home, previous, registrar });
  }
}

/** KA2.4: all later messages go over this association (protocol decision 12). */
function adoptSender(
  session: Session,
  association: Association,
  home: number,
  now: Instant,
): void {
  const connected = session.accepted.get(association);
  if (connected === undefined) return;
  const { remote: registrar, local } = connected;
  const previous = session.homeIdentifier;
  session.hunt.stop();
  session.adopt({ association, registrar, local });
  session.homeIdentifier = home;
  if (previous === home) session.outputs.event({ type: "connected", registrar });
  else session.outputs.event({ type: "home-changed", home, previous, registrar });
  if (session.wants === "registration") register(session, now);
  else if (session.wants === "deregistration") sendDeregistration(session, now);
}
