/** What a session knows of the element that it is on. */

import type { PoolElement } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import type { ElementWire } from "./element_wire.ts";
import type { Taker } from "./outgoing.ts";

/** The element that the session is on. */
export interface CurrentElement extends Taker {
  readonly since: Instant;
  /** Whether it has said anything; in a session with a control channel, its preface. */
  hasSpoken: boolean;
  /** Whether it was sent a cookie that it has neither refused nor, by going on, accepted. */
  isCookieOpen: boolean;
  hasDiscarded: boolean;
}

/** An element that has just been connected to. */
export function connectedTo(
  element: PoolElement,
  wire: ElementWire,
  attempt: number,
  since: Instant,
): CurrentElement {
  const unknown = { hasSpoken: false, isCookieOpen: false, hasDiscarded: false };
  return { attempt, element, wire, since, ...unknown };
}
