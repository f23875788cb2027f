/**
 * Registrars that do not let each other be peers: to serve alone beside one that lives would split
 * the handlespace, and to take it for one that begins would, too (docs/tcp-mapping.md §14).
 */

import { CAUSE, type ErrorCause } from "../../wire/mod.ts";
import type { Instant, SocketAddress } from "../machine.ts";
import type { OpenAssociation } from "./child.ts";
import { onMentorRefuses } from "./initialization.ts";
import type { PeerAddress } from "./peer.ts";
import type { RegistrarState } from "./state.ts";

/**
 * One of two registrars does not let the other be its peer: told once a minute at most for each
 * address. One that begins does not serve alone while a mentor refuses it, or is refused.
 */
export interface PeerRefused {
  /** The event's name. */
  readonly type: "peer-refused";
  /** Where the other one was dialled, or comes from. */
  readonly address: SocketAddress;
  /** Which of the two refuses. */
  readonly refusedBy: "peer" | "self";
  /** Who the other one has proved to be, if this one refuses it. */
  readonly identity: string | undefined;
  /** In words, with what mends it. */
  readonly why: string;
}

/** How often at most it is told that the registrar at an address is refused, or refuses. */
export const REFUSAL_TOLD_MS = 60_000;

const WORDS = {
  peer: "it refuses this registrar (0xa, security): its security section needs an entry with " +
    "`registrar: true` for the name in this registrar's certificate, or for its key",
  self: "this registrar's own security section has no entry with `registrar: true` for it",
} as const;

/** Whether an error says that who was dialled lets this registrar be no peer; it is told then. */
export function isRefusal(
  state: RegistrarState,
  open: OpenAssociation,
  causes: readonly ErrorCause[],
  now: Instant,
): boolean {
  const { peer, peerAddress } = open;
  if (peer === undefined || peerAddress === undefined) return false;
  // What a peer says of elements (protocol decision 29) comes after its list.
  if (state.isServing && !peer.isListAwaited) return false;
  const isSecurity = causes.some(({ code }) => code === CAUSE.rejectedDueToSecurityConsiderations);
  if (!isSecurity) return false;
  tell(state, peerAddress, "peer", undefined, now);
  onMentorRefuses(state, peer, now);
  return true;
}

/**
 * Whoever was dialled may be no peer here. Only who is configured and has proved who it is keeps
 * this registrar from serving alone: anybody else could for ever.
 */
export function refuseDialled(state: RegistrarState, open: OpenAssociation, now: Instant): void {
  const { peerAddress, party: { security, identity, isRegistrar } } = open;
  if (!peerAddress?.isMentor || identity === undefined) return;
  // A pool element at a mentor's address is no registrar that may hold elements.
  if (security !== "psk" && isRegistrar !== true) return;
  peerAddress.isRefused = true;
  tell(state, peerAddress, "self", identity, now);
}

function tell(
  state: RegistrarState,
  at: PeerAddress,
  refusedBy: "peer" | "self",
  identity: string | undefined,
  now: Instant,
): void {
  if (at.refusalToldAt !== undefined && now - at.refusalToldAt < REFUSAL_TOLD_MS) return;
  at.refusalToldAt = now;
  const why = WORDS[refusedBy];
  state.tell({ type: "peer-refused", address: at.address, refusedBy, identity, why });
}
