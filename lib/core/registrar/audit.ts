/**
 * RFC 5353 §3.6: auditing a peer's own children and re-synchronization. Beyond the checksum, which
 * collides, every new association and every hour leads to an audit (protocol decision 3).
 */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import type { EnrpMessage, PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { keyOfElement } from "./announced.ts";
import type { OpenAssociation } from "./child.ts";
import { requestTable } from "./handle_table.ts";
import { applyAddition, withdraw } from "./handle_update.ts";
import type { Peer } from "./peer.ts";
import type { RegistrarState } from "./state.ts";

type TableResponse = Extract<EnrpMessage, { type: "ENRP_HANDLE_TABLE_RESPONSE" }>;

/** Why a peer's own children are asked for. */
export type AuditReason = "association" | "checksum" | "audit" | "again";

/** A download of a peer's own children. */
export interface Resynchronization {
  /** RFC 5353 §3.6.3, step 1: what the peer owned as far as is known; it may own it no more. */
  readonly marked: Set<PoolElementEntry>;
  /** Pool elements that came. */
  received: number;
  /** Whether the peer may go on with a table that was given up: its first pages are missing. */
  readonly isPartial: boolean;
  /** Of a peer whose table may start over: what has come of its own. */
  readonly listed: Set<string>;
  /** What others have announced as theirs since it began: the table may have been made before. */
  readonly claimed: Set<string>;
}

/** RFC 5353 §3.6.3, steps 1 and 2; one at a time for each peer. */
export function resynchronize(
  state: RegistrarState,
  peer: Peer,
  why: AuditReason,
  now: Instant,
): void {
  const { peers, handlespace, options } = state;
  const { open } = peer;
  if (open === undefined || peer.resynchronization !== undefined || !state.isServing) return;
  const marked = new Set(handlespace.ownedBy(peer.identifier));
  const { isMidTable: isPartial } = open;
  const [listed, claimed] = [new Set<string>(), new Set<string>()];
  peer.resynchronization = { marked, received: 0, isPartial, listed, claimed };
  peers.audits.set(peer, now + options.timing.auditCycleMs);
  state.tell({ type: "resynchronization-began", peer: peer.identifier, why });
  requestOwnChildren(state, peer, now);
}

/** Ends a download without an end: nothing is removed for it. */
export function abandonResynchronization(state: RegistrarState, peer: Peer): void {
  peer.resynchronization = undefined;
  state.peers.tables.delete(peer);
}

/**
 * RFC 5353 §3.6.3, steps 4 and 5. What comes over an association that was replaced was asked for
 * there, and is older.
 */
export function onOwnChildren(
  state: RegistrarState,
  open: OpenAssociation,
  peer: Peer,
  message: TableResponse,
  now: Instant,
): void {
  const download = peer.resynchronization;
  if (download === undefined || peer.open !== open) return;
  if (message.reject) return fail(state, peer, "rejected", now);
  let isThrough = !message.moreToSend;
  for (const { poolHandle, poolElements } of message.pools) {
    for (const element of poolElements) {
      download.received++;
      if (runsOn(peer, download, poolHandle, element)) isThrough = true;
      if (element.home !== peer.identifier) continue;
      if (download.claimed.has(keyOfElement(poolHandle, element.identifier))) continue;
      applyAddition(state, peer, poolHandle, element, now);
      const entry = state.handlespace.get(poolHandle, element.identifier);
      if (entry !== undefined) download.marked.delete(entry);
    }
  }
  if (isThrough && download.isPartial) return beginAnew(state, peer, now);
  if (isThrough) return finish(state, peer, download);
  if (isEndless(state, message, download.received)) return fail(state, peer, "endless", now);
  requestOwnChildren(state, peer, now);
}

/**
 * rsplib goes on into other registrars' elements, and then starts over: by either, all of its own
 * have come.
 */
function runsOn(
  { identifier, open }: Peer,
  { listed }: Resynchronization,
  poolHandle: PoolHandle,
  element: PoolElement,
): boolean {
  if (open?.dialect === undefined) return false;
  if (element.home !== identifier) return true;
  const key = keyOfElement(poolHandle, element.identifier);
  if (listed.has(key)) return true;
  listed.add(key);
  return false;
}

/** No table is longer than what this registrar may hold, and no page of it is empty. */
export function isEndless(
  { options }: RegistrarState,
  { pools }: TableResponse,
  received: number,
): boolean {
  return pools.length === 0 || received > options.limits.maxElements;
}

/** MAX-TIME-NO-RESPONSE passed without a page, or the time has come to ask again. */
export function onTableDue(state: RegistrarState, peer: Peer, now: Instant): void {
  if (peer.resynchronization === undefined) return resynchronize(state, peer, "again", now);
  fail(state, peer, "silent", now);
}

/** The end of a table whose beginning may be missing: the next one begins with its first page. */
function beginAnew(state: RegistrarState, peer: Peer, now: Instant): void {
  abandonResynchronization(state, peer);
  state.tell({ type: "resynchronization-failed", peer: peer.identifier, why: "partial" });
  resynchronize(state, peer, "again", now);
}

/** Not all that the peer owns has come: nothing is removed, and it is asked again. */
function fail(
  state: RegistrarState,
  peer: Peer,
  why: "rejected" | "silent" | "endless",
  now: Instant,
): void {
  abandonResynchronization(state, peer);
  state.tell({ type: "resynchronization-failed", peer: peer.identifier, why });
  const { maxTimeNoResponseMs } = state.options.timing;
  state.peers.tables.set(peer, now + (why === "endless" ? 10 : 1) * maxTimeNoResponseMs);
}

/** Step 5: "the ENRP server SHOULD silently remove those 'marked' entries". */
function finish(state: RegistrarState, peer: Peer, { marked, received }: Resynchronization): void {
  abandonResynchronization(state, peer);
  let removed = 0;
  for (const entry of marked) {
    const { poolHandle, identifier, home } = entry;
    if (home !== peer.identifier) continue;
    if (state.handlespace.get(poolHandle, identifier) !== entry) continue;
    withdraw(state, entry);
    removed++;
  }
  state.tell({ type: "resynchronized", peer: peer.identifier, received, removed });
}

function requestOwnChildren(state: RegistrarState, peer: Peer, now: Instant): void {
  requestTable(state, peer, true);
  state.peers.tables.set(peer, now + state.options.timing.maxTimeNoResponseMs);
}
