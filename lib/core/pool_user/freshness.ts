/**
 * Cached answers that subscriptions keep fresh. RFC 5352 §3.3, C2, and §2.2.5: as long as the
 * registrar that has granted a subscription answers, it has told of every change.
 */

import type { Instant } from "../machine.ts";
import type { Session } from "./session.ts";
import type { Subscription } from "./subscriptions.ts";

/** The home has granted a subscription, or is heard again: its pool does not become stale. */
export function keepFresh(session: Session, subscription: Subscription): void {
  const { home, cache } = session;
  if (home === undefined || home.isSilent === true) return;
  if (subscription.granted === home.association) cache.hold(subscription.poolHandle);
}

/** A pool is watched no longer: it ages from when its registrar was heard last. */
export function letAge(session: Session, { poolHandle }: Subscription): void {
  const { home, cache } = session;
  if (home !== undefined) cache.release(poolHandle, home.heardAt);
}

/** The home is lost or given up. */
export function letAllAge(session: Session): void {
  for (const subscription of session.subscriptions) letAge(session, subscription);
}

/** Something came from the home. */
export function onHomeHeard(session: Session, now: Instant): void {
  const home = session.home!;
  home.heardAt = now;
  if (home.isSilent !== true) return;
  home.isSilent = false;
  for (const subscription of session.subscriptions) keepFresh(session, subscription);
}

/** T1-ENRPrequest expired for a question: whoever has said nothing since then may be gone. */
export function doubtHome(session: Session, now: Instant): void {
  const { home, options } = session;
  if (home === undefined || now - home.heardAt < options.timing.t1EnrpRequestMs) return;
  home.isSilent = true;
  letAllAge(session);
}
