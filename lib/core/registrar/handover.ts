/** A registrar that ends in order hands its elements over at once (protocol decision 7). */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import { ADD_PE } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { updateOf } from "./handle_update.ts";
import type { Peer } from "./peer.ts";
import type { RegistrarState } from "./state.ts";

/** How far an end in order is. */
export interface Handover {
  /** Children that were not suggested to anybody yet; it is live. */
  readonly rest: Iterator<PoolElementEntry>;
  /** How many there were when it began. */
  readonly elements: number;
  suggested: number;
}

/** Begins to suggest elements to peers. `false` if there is nothing to wait for. */
export function beginHandover(state: RegistrarState, now: Instant): boolean {
  const { children, handovers, options } = state;
  const peers = heirsOf(state).length;
  const elements = children.size;
  if (peers === 0 || elements === 0) return false;
  state.isStopping = true;
  state.handover = { rest: children.keys(), elements, suggested: 0 };
  handovers.set("handover", now + options.timing.handoverMs);
  state.tell({ type: "handing-over", elements, peers });
  suggestNext(state);
  return true;
}

/**
 * Suggests each element's takeover to one peer; further ones as those before have another home, so
 * that an heir dials no more at once, and is queued no more, than it bears.
 */
export function suggestNext(state: RegistrarState): void {
  const { handover, children, options } = state;
  if (handover === undefined) return;
  const heirs = heirsOf(state);
  const atOnce = heirs.length * options.limits.maxAdoptionsPerSecond;
  while (handover.suggested - (handover.elements - children.size) < atOnce) {
    const { done, value: entry } = handover.rest.next();
    if (done) return;
    const heir = heirs[handover.suggested++ % heirs.length]!;
    const update = updateOf(state, ADD_PE, entry);
    const receiver = heir.identifier;
    state.send(heir.open!, { ...update, receiver, takeoverSuggestion: true });
  }
}

function heirsOf(state: RegistrarState): Peer[] {
  return [...state.peers.connected()].filter(isHeir);
}

function isHeir(peer: Peer): boolean {
  // rsplib speaks SCTP to elements: it could not take them over.
  return peer.state === "active" && !peer.isInitializing && peer.open?.dialect === undefined;
}

/** Whether all children have another home, or are gone: nothing more is waited for. */
export function isHandedOver({ isStopping, children }: RegistrarState): boolean {
  return isStopping && children.size === 0;
}

/**
 * Tells all peers not to wait for this registrar: it takes itself over, so that they remove it
 * (docs/tcp-mapping.md; RFC 5353 has no message for it).
 */
export function sayGoodbye(state: RegistrarState): void {
  const { identifier } = state.options;
  state.broadcast(() => ({
    type: "ENRP_TAKEOVER_SERVER",
    sender: identifier,
    receiver: 0,
    target: identifier,
  }));
}
