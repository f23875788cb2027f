/** A registrar that ends in order hands its elements over at once (protocol decision 7). */

import { ADD_PE } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { updateOf } from "./handle_update.ts";
import type { Peer } from "./peer.ts";
import type { RegistrarState } from "./state.ts";

/** Suggests each element's takeover to one peer. `false` if there is nothing to wait for. */
export function beginHandover(state: RegistrarState, now: Instant): boolean {
  const heirs = [...state.peers.connected()].filter(isHeir);
  const elements = state.children.size;
  if (heirs.length === 0 || elements === 0) return false;
  state.isStopping = true;
  state.handovers.set("handover", now + state.options.timing.handoverMs);
  state.tell({ type: "handing-over", elements, peers: heirs.length });
  let turn = 0;
  for (const entry of state.children.keys()) {
    const heir = heirs[turn++ % heirs.length]!;
    const update = updateOf(state, ADD_PE, entry);
    const receiver = heir.identifier;
    state.send(heir.open!, { ...update, receiver, takeoverSuggestion: true });
  }
  return true;
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
