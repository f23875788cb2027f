/** RFC 5352 §3.4 and §3.5: asking pool elements whether they are reachable. */

import type { AsapMessage } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { attach, close, remove, scheduleKeepAlive } from "./attachment.ts";
import { type Child, isUnconfirmed, type OpenAssociation } from "./child.ts";
import { insists, onClaimAnswered, onClaimLost } from "./claim.ts";
import { onProbeAck } from "./endpoint_probe.ts";
import { discard } from "./errors.ts";
import { announceAddition } from "./handle_update.ts";
import { onRestored } from "./initialization.ts";
import { rejectContender } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

type KeepAlive = Extract<AsapMessage, { type: "ASAP_ENDPOINT_KEEP_ALIVE" }>;
type Acknowledgement = Extract<AsapMessage, { type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK" }>;

/**
 * RFC 5352 §3.5: sends an ASAP_ENDPOINT_KEEP_ALIVE with H=0, unless one is outstanding: that one
 * answers all who ask (protocol decision 14). Nothing is sent where no association is open.
 */
export function sendKeepAlive(state: RegistrarState, child: Child, now: Instant): void {
  const open = child.association ??
    (child.dial && state.associations.get(child.dial.association));
  if (child.isProbed || open === undefined) return;
  state.send(open, keepAlive(state, child, open));
  state.counter.keepAlivesSent++;
  child.isProbed = true;
  child.probedAt = now;
  state.keepAlives.set(child, now + state.options.timing.keepAliveTimeoutMs);
}

function keepAlive(state: RegistrarState, child: Child, open: OpenAssociation): KeepAlive {
  const { poolHandle, identifier } = child.entry;
  const users = open.children.size + (open.dial?.waiting.size ?? 0);
  return {
    type: "ASAP_ENDPOINT_KEEP_ALIVE",
    home: isUnconfirmed(child) || insists(state, child),
    serverIdentifier: state.options.identifier,
    poolHandle,
    // Protocol decision 17: an rsplib habit, for associations that several elements share.
    peIdentifier: users > 1 ? identifier : undefined,
  };
}

/**
 * After the first grant on an association: no answer to a registration carries the Server
 * Identifier, yet "both the PE and its Home ENRP server MUST know and keep track of this
 * relationship" (RFC 5352 §1.1). Nothing is made of its acknowledgement, nor of its lack.
 */
export function greet(state: RegistrarState, child: Child, open: OpenAssociation): void {
  if (open.greeting !== "due") return;
  open.greeting = "sent";
  open.greeted = child;
  state.send(open, keepAlive(state, child, open));
}

/**
 * RFC 5352 §2.2.8 and §3.5: the element is reachable and MUST be retained. Reports against it are
 * void, whoever wanted its identifier is told that it is taken, and where it answered is where it
 * is.
 */
export function onKeepAliveAck(
  state: RegistrarState,
  open: OpenAssociation,
  message: Acknowledgement,
  now: Instant,
): void {
  const { poolHandle, peIdentifier: identifier } = message;
  const { association, remote } = open;
  if (onProbeAck(state, open, poolHandle, identifier)) return;
  const child = state.child(poolHandle, identifier);
  // Only from where it was asked: others could keep a dead element alive.
  const isAsked = child?.isProbed &&
    (child.association === open || (open.dial !== undefined && child.dial === open.dial));
  if (!isAsked && open.greeting === "sent") {
    open.greeting = "acknowledged";
    return;
  }
  if (child === undefined || !isAsked) {
    open.orphanedAcks = Math.max(0, open.orphanedAcks - 1);
    const why = child === undefined ? "unknown pool element" : "no keep-alive is outstanding here";
    return discard(state, open, message, why);
  }
  child.entry.unreachableReports = undefined;
  if (child.staleAcks > 0) {
    child.staleAcks--;
    state.keepAlives.set(child, now + state.options.timing.keepAliveTimeoutMs);
    return;
  }
  state.counter.acknowledge(now - child.probedAt);
  if (child.association === open) {
    scheduleKeepAlive(state, child, now);
    onClaimAnswered(state, child, now);
    reassure(state, child);
    return rejectContender(state, child);
  }
  attach(state, child, open, now);
  if (child.address === "") {
    // It was registered elsewhere: who answers at its endpoint may register it anew (decision 15).
    child.address = open.address;
    child.identity = open.identity;
  }
  state.handlespace.setSelectable(poolHandle, identifier, true);
  const event = { association, remote, poolHandle, identifier };
  if (!child.isAdopted) {
    reassure(state, child);
    return state.tell({ type: "pool-element-recovered", ...event });
  }
  child.isAdopted = false;
  child.isDoubted = false;
  // Protocol decision 2: "to all, the old home included".
  announceAddition(state, child.entry);
  state.tell({ type: "pool-element-adopted", ...event });
  onRestored(state, now);
}

/** Peers that could not reach the element hear that it lives (protocol decision 13). */
function reassure(state: RegistrarState, child: Child): void {
  if (child.isDoubted) announceAddition(state, child.entry);
  child.isDoubted = false;
}

/**
 * RFC 5352 §3.5: the time for the next keep-alive has come, or the last one was not acknowledged:
 * "the ENRP server MUST consider the PE as unreachable and MUST remove the PE from its
 * handlespace".
 */
export function onKeepAliveDue(state: RegistrarState, child: Child, now: Instant): void {
  if (child.isProbed) state.counter.keepAlivesTimedOut++;
  if (child.isProbed && child.claim !== undefined) onClaimLost(state, child);
  else if (child.isProbed) removeUnreachable(state, child, "keep-alive-timed-out");
  else sendKeepAlive(state, child, now);
}

/**
 * Removes an element that seems unreachable and ends its association, if no other uses it: should
 * it live after all, it notices and registers anew at once.
 */
export function removeUnreachable(
  state: RegistrarState,
  child: Child,
  reason: "keep-alive-timed-out" | "unreachable-reports",
): void {
  const open = child.association;
  remove(state, child, reason);
  if (open === undefined || open.children.size > 0) return;
  if (open.dial !== undefined && open.dial.waiting.size > 0) return;
  if (state.associations.has(open.association)) close(state, open, "unreachable");
}
