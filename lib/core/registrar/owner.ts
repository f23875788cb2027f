/**
 * Whose pool elements are: "its PE identifier belongs to the identity that first registered it, at
 * every registrar of the cluster" (protocol decision 29; RFC 5355 §2.3). Registrars without
 * security know no owners.
 */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import { CAUSE, type Owner, type PoolElement, type PoolHandle } from "../../wire/mod.ts";
import type { SecurityKind } from "../machine.ts";
import { close } from "./attachment.ts";
import type { OpenAssociation } from "./child.ts";
import { yieldChild } from "./claim.ts";
import { sendError } from "./errors.ts";
import type { Peer } from "./peer.ts";
import { rejection } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

/** Who an element would belong to that is registered over an association. */
export function ownerOf(state: RegistrarState, open: OpenAssociation): Owner | undefined {
  const { security } = state.options;
  if (security === undefined || open.rights?.identity === undefined) return undefined;
  const { identity, security: kind } = open.rights;
  return { kind: kind!, digest: open.digest ??= security.digest(identity) };
}

/** Whether an element belongs to another identity than that of an association. */
export function isAnothers(
  state: RegistrarState,
  open: OpenAssociation,
  entry: PoolElementEntry | undefined,
): boolean {
  if (state.options.security === undefined || entry === undefined) return false;
  return entry.owner === undefined || entry.owner.digest !== ownerOf(state, open)?.digest;
}

/** How the ASAP endpoint of an element is secured, if it is. */
export function endpointSecurity({ owner }: PoolElementEntry): SecurityKind | undefined {
  return owner?.kind === "certificate" || owner?.kind === "psk" ? owner.kind : undefined;
}

/** An element as registrars tell each other of it: with its owner. */
export function withOwner({ poolElement, owner }: PoolElementEntry): PoolElement {
  return owner === undefined ? poolElement : { ...poolElement, owner };
}

/**
 * Whether what a peer says of an element may be stored: it names the owner, and nobody else's
 * element has the identifier. Of two homes that granted one identifier to two owners while they did
 * not see each other the larger one decides, as in protocol decision 2; the other is told 0xa.
 */
export function isOwnedRightly(
  state: RegistrarState,
  peer: Peer,
  poolHandle: PoolHandle,
  element: PoolElement,
): boolean {
  if (state.options.security === undefined) return true;
  const { owner, identifier, home } = element;
  // RFC 5355 §2.15: no mixed database.
  if (owner === undefined) return refuse(state, peer, "ENRP_HANDLE_UPDATE", "it names no owner");
  // Its ASAP endpoint could not be dialled as its owner is secured.
  if (owner.kind !== "certificate" && owner.kind !== "psk") {
    return refuse(state, peer, "ENRP_HANDLE_UPDATE", `its owner is of the kind ${owner.kind}`);
  }
  const entry = state.handlespace.get(poolHandle, identifier);
  if (entry?.owner === undefined || entry.owner.digest === owner.digest) return true;
  // Its home has removed the one and granted the other.
  if (entry.home === home) return true;
  const yields = home > entry.home;
  state.tell({ type: "owner-conflict", poolHandle, identifier, peer: peer.identifier, yields });
  if (!yields) {
    return refuse(state, peer, "ENRP_HANDLE_UPDATE", "its identifier is another identity's");
  }
  leave(state, entry);
  return true;
}

/** A child whose identifier is another's now: whoever registered it must hear that it is out. */
function leave(state: RegistrarState, entry: PoolElementEntry): void {
  const child = state.children.get(entry);
  if (child === undefined) return;
  const { association } = child;
  yieldChild(state, child);
  if (association === undefined || !state.associations.has(association.association)) return;
  if (association.children.size > 0) return tellRemoved(state, association, entry);
  close(state, association, "owner-conflict");
}

/** Tells an element that it is out, as RFC 5352 §3.2 does at the end of its life, and why. */
export function tellRemoved(
  state: RegistrarState,
  open: OpenAssociation,
  { poolHandle, identifier: peIdentifier }: PoolElementEntry,
): void {
  const { cause } = rejection(CAUSE.rejectedDueToSecurityConsiderations, "");
  const causes = [cause];
  state.send(open, { type: "ASAP_DEREGISTRATION_RESPONSE", poolHandle, peIdentifier, causes });
}

function refuse(state: RegistrarState, peer: Peer, messageType: string, why: string): false {
  const { open, identifier } = peer;
  if (open === undefined) return false;
  const { cause } = rejection(CAUSE.rejectedDueToSecurityConsiderations, "");
  sendError(state, open, [cause], identifier);
  const { association, remote, rights } = open;
  const identity = rights?.identity;
  state.tell({ type: "refused", association, remote, messageType, identity, why });
  return false;
}
