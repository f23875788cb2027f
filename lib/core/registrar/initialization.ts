/** RFC 5353 §3.2: a registrar that begins: list of peers, download of the handlespace, service. */

import type { EnrpMessage } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { Timers } from "../timers.ts";
import { adoptAll } from "./adoption.ts";
import { isEndless, resynchronize } from "./audit.ts";
import { type Child, isUnconfirmed } from "./child.ts";
import type { ServedAddresses } from "./contract.ts";
import { requestTable } from "./handle_table.ts";
import { fits, merge } from "./handle_update.ts";
import type { Peer } from "./peer.ts";
import { dialPeer, rememberAddress, requestList } from "./peer_connection.ts";
import type { RegistrarState } from "./state.ts";

type TableResponse = Extract<EnrpMessage, { type: "ENRP_HANDLE_TABLE_RESPONSE" }>;

/** Why a mentor was given up for another one. */
export type MentorFailure =
  | "list-rejected"
  | "table-rejected"
  | "silent"
  | "endless"
  | "lost"
  /** It lets this registrar be no peer. */
  | "refused";

/** How far the initialization is. */
export class Initialization {
  phase: "seeking" | "list" | "table" | "restoring" | "over" = "over";
  /** The mentor that is asked. */
  mentor: Peer | undefined = undefined;
  /** What became of those that were asked. */
  readonly failures = new Map<Peer, MentorFailure>();
  /** Those that were asked since the last pause. */
  readonly asked = new Set<Peer>();
  firstFailureAt: Instant | undefined = undefined;
  /** Elements of before the restart that were not looked at, and the one that is waited for. */
  restored: Iterator<Child> = [].values();
  awaited: Child | undefined = undefined;
  /** Pool elements of the mentor's table that came. */
  received = 0;
  /** Whether the mentor may go on with a table that was given up: its first pages are missing. */
  isPartial = false;
  readonly timers = new Timers<"response" | "retry" | "restored">();
}

/** RFC 5353 §3.2.2.1: without a mentor it "MUST assume that it is alone […]". */
export function beginInitialization(
  state: RegistrarState,
  served: ServedAddresses,
  now: Instant,
): void {
  state.served = served;
  const { mentors = [] } = state.options;
  if (mentors.length === 0) return serve(state, now);
  state.initialization.phase = "seeking";
  for (const mentor of mentors) dialPeer(state, rememberAddress(state, mentor, true)!);
}

/** Somebody is there: RFC 5353 §3.2.2.2, "MUST send an ENRP_LIST_REQUEST". */
export function onMentorPresent(state: RegistrarState, peer: Peer, now: Instant): void {
  const { initialization } = state;
  if (initialization.phase !== "seeking" || initialization.asked.has(peer)) return;
  ask(state, peer, now);
}

/** Who audits others does serve, whatever it said before. */
export function onMentorServes(state: RegistrarState, peer: Peer, now: Instant): void {
  state.initialization.asked.delete(peer);
  onMentorPresent(state, peer, now);
}

function ask(state: RegistrarState, peer: Peer, now: Instant): void {
  const { initialization } = state;
  initialization.phase = "list";
  initialization.mentor = peer;
  initialization.asked.add(peer);
  initialization.timers.delete("retry");
  state.tell({ type: "mentor-asked", peer: peer.identifier });
  requestList(state, peer);
  awaitResponse(state, now);
}

/** The list of peers came, or was rejected. */
export function onMentorList(
  state: RegistrarState,
  peer: Peer,
  isRejected: boolean,
  now: Instant,
): void {
  const { phase, mentor } = state.initialization;
  if (phase !== "list" || mentor !== peer) return;
  if (isRejected) return giveUp(state, "list-rejected", now);
  state.initialization.phase = "table";
  state.initialization.received = 0;
  state.initialization.isPartial = peer.open!.isMidTable;
  requestPage(state, peer, now);
}

/** A mentor that lives refuses this registrar for security: it does not begin, too. */
export function onMentorRefuses(state: RegistrarState, peer: Peer, now: Instant): void {
  if (state.initialization.mentor === peer) giveUp(state, "refused", now);
}

/** RFC 5353 §3.2.3, step 1: "with the W flag set to '0'". */
function requestPage(state: RegistrarState, peer: Peer, now: Instant): void {
  requestTable(state, peer, false);
  awaitResponse(state, now);
}

/** RFC 5353 §3.2.3, steps 3 to 5. `false` if no page is awaited of this peer. */
export function onMentorTable(
  state: RegistrarState,
  peer: Peer,
  message: TableResponse,
  now: Instant,
): boolean {
  const { phase, mentor } = state.initialization;
  if (phase !== "table" || mentor !== peer) return false;
  if (message.reject) giveUp(state, "table-rejected", now);
  else {
    unpack(state, peer, message);
    if (!message.moreToSend) onTableEnd(state, peer, now);
    else if (isEndless(state, message, state.initialization.received)) {
      giveUp(state, "endless", now);
    } else requestPage(state, peer, now);
  }
  return true;
}

/** The last page: after a table without its beginning, the next one is a whole one. */
function onTableEnd(state: RegistrarState, peer: Peer, now: Instant): void {
  if (!state.initialization.isPartial) return restore(state, now);
  state.initialization.isPartial = false;
  requestPage(state, peer, now);
}

/** RFC 5353 §3.2.3, steps 3 and 4. */
function unpack(state: RegistrarState, peer: Peer, { pools }: TableResponse): void {
  for (const { poolHandle, poolElements } of pools) {
    state.initialization.received += poolElements.length;
    for (const element of poolElements) {
      // What was handed over to this registrar meanwhile is newer than the mentor's table.
      if (state.child(poolHandle, element.identifier) !== undefined) continue;
      if (fits(state, peer, poolHandle, element)) merge(state, peer, poolHandle, element);
    }
  }
}

/**
 * Protocol decision 6: elements whose home this registrar was before its restart are its own; they
 * are asked before it serves.
 */
function restore(state: RegistrarState, now: Instant): void {
  const { initialization, options } = state;
  initialization.phase = "restoring";
  initialization.timers.delete("response");
  adoptAll(state, options.identifier, now);
  initialization.restored = state.children.values();
  initialization.timers.set("restored", now + 2 * options.timing.maxTimeNoResponseMs);
  onRestored(state, now);
}

/** An element of before the restart has answered, or is gone. */
export function onRestored(state: RegistrarState, now: Instant): void {
  if (state.initialization.phase === "restoring" && isRestored(state)) serve(state, now);
}

/** Looks on from where it stopped the last time: who has answered, or is gone, stays so. */
function isRestored({ initialization, children }: RegistrarState): boolean {
  for (;;) {
    const { awaited } = initialization;
    const isHere = awaited !== undefined && children.get(awaited.entry) === awaited;
    if (isHere && isUnconfirmed(awaited)) return false;
    const { done, value } = initialization.restored.next();
    if (done) return true;
    initialization.awaited = value;
  }
}

/** RFC 5353 §3.2.3, step 5: "the initiating server SHOULD start to provide ENRP services". */
function serve(state: RegistrarState, now: Instant): void {
  const { initialization, peers, handlespace } = state;
  initialization.phase = "over";
  initialization.mentor = undefined;
  initialization.failures.clear();
  initialization.asked.clear();
  for (const timer of ["response", "retry", "restored"] as const) {
    initialization.timers.delete(timer);
  }
  state.isServing = true;
  const connected = [...peers.connected()];
  const elements = handlespace.poolElementCount;
  state.tell({ type: "serving", peers: connected.length, elements });
  // What changed while the table was on its way may have been overwritten by it.
  for (const peer of connected) resynchronize(state, peer, "association", now);
}

/** A mentor does not help: "select another mentor peer server", or wait "for a few seconds". */
function giveUp(state: RegistrarState, why: MentorFailure, now: Instant): void {
  const { initialization } = state;
  const { mentor } = initialization;
  if (mentor === undefined) return;
  initialization.phase = "seeking";
  initialization.mentor = undefined;
  initialization.timers.delete("response");
  initialization.failures.set(mentor, why);
  initialization.firstFailureAt ??= now;
  // That it refuses is told in words, and less often.
  if (why !== "refused") state.tell({ type: "mentor-failed", peer: mentor.identifier, why });
  seek(state, now);
}

/** Asks the next that is there. */
function seek(state: RegistrarState, now: Instant): void {
  const { initialization, peers, options } = state;
  for (const peer of peers.connected()) {
    if (!initialization.asked.has(peer)) return ask(state, peer, now);
  }
  if (reconsider(state, now)) return;
  if (initialization.timers.has("retry")) return;
  initialization.timers.set("retry", now + options.timing.maxTimeNoResponseMs);
}

/** A timer of the initialization. */
export function onInitializationDue(
  state: RegistrarState,
  timer: "response" | "retry" | "restored",
  now: Instant,
): void {
  if (timer === "response") return giveUp(state, "silent", now);
  if (timer === "restored") return serve(state, now);
  if (mayStartCold(state, now)) return serve(state, now);
  state.initialization.asked.clear();
  seek(state, now);
}

/** An association with a mentor has ended. */
export function onMentorGone(state: RegistrarState, peer: Peer, now: Instant): void {
  const { initialization } = state;
  initialization.asked.delete(peer);
  initialization.failures.delete(peer);
  if (initialization.mentor === peer) giveUp(state, "lost", now);
}

/** Nobody is in reach: it serves alone, and goes on dialling. Returns whether it does. */
export function reconsider(state: RegistrarState, now: Instant): boolean {
  const { initialization, peers } = state;
  if (initialization.phase !== "seeking" || peers.introductions.size > 0) return false;
  for (const { isMentor, isSelf, isRefused, failures } of peers.addresses.values()) {
    if (isMentor && !isSelf && (failures === 0 || isRefused)) return false;
  }
  if (!peers.connected().next().done) return false;
  serve(state, now);
  return true;
}

/**
 * Protocol decision 4: all that are there are initializing, too, or do not answer; after twice
 * MAX-TIME-NO-RESPONSE the largest identifier serves alone, and the others download from it.
 */
function mayStartCold(state: RegistrarState, now: Instant): boolean {
  const { initialization, peers, options } = state;
  const { firstFailureAt, failures } = initialization;
  if (firstFailureAt === undefined) return false;
  if (now - firstFailureAt < 2 * options.timing.maxTimeNoResponseMs) return false;
  for (const { isRefused } of peers.addresses.values()) {
    if (isRefused) return false;
  }
  for (const peer of peers.connected()) {
    const failure = failures.get(peer);
    if (failure === "refused") {
      // Anybody may announce itself: only who is configured keeps this registrar from serving.
      if (peer.open!.peerAddress?.isMentor) return false;
      continue;
    }
    if (failure === "silent" || failure === "endless") continue;
    if (failure !== "list-rejected" || peer.identifier > options.identifier) return false;
  }
  return true;
}

function awaitResponse(state: RegistrarState, now: Instant): void {
  const { initialization, options } = state;
  initialization.timers.set("response", now + options.timing.maxTimeNoResponseMs);
}
