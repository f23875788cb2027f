/** RFC 5352 §3.5: reports that a pool element is unreachable. */

import { type PoolElementEntry, UnreachableReports } from "../../handlespace/mod.ts";
import type { AsapMessage, PoolHandle } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import type { Child, OpenAssociation } from "./child.ts";
import { probe } from "./endpoint_probe.ts";
import { discard } from "./errors.ts";
import { removeUnreachable, sendKeepAlive } from "./keep_alive.ts";
import type { RegistrarState } from "./state.ts";

type Unreachable = Extract<AsapMessage, { type: "ASAP_ENDPOINT_UNREACHABLE" }>;

/**
 * RFC 5352 §3.5: the registrar "MUST immediately send a point-to-point ASAP_ENDPOINT_KEEP_ALIVE",
 * and "If the counter exceeds the protocol threshold MAX-BAD-PE-REPORT, […] SHOULD remove the PE".
 * Protocol decision 14: distinct reporters are counted, so that no single one can evict the living.
 * A forced report has no more power than any other, but is told, whatever becomes of it
 * (docs/tcp-mapping.md §9).
 */
export function onEndpointUnreachable(
  state: RegistrarState,
  open: OpenAssociation,
  message: Unreachable,
  now: Instant,
): void {
  const { poolHandle, peIdentifier: identifier } = message;
  if (message.forced === true) {
    const { association, remote, identity } = open;
    state.tell({ type: "report-forced", association, remote, identity, poolHandle, identifier });
  }
  const entry = state.handlespace.get(poolHandle, identifier);
  if (entry === undefined) return discard(state, open, message, "unknown pool element");
  const child = state.children.get(entry);
  if (child === undefined) return onForeignUnreachable(state, open, message, entry, now);
  if (hasJustAnswered(state, child, now)) {
    askAgain(state, child);
    return discard(state, open, message, "the pool element has answered just before");
  }
  const reporters = count(state, child, reporterOf(open), now);
  const { association, remote } = open;
  const event = { association, remote, poolHandle, identifier, reporters };
  state.tell({ type: "unreachable-reported", ...event });
  if (reporters > state.options.timing.maxBadPeReport) {
    removeUnreachable(state, child, "unreachable-reports");
  } else probeReported(state, child, now);
}

/**
 * RFC 5355 §2.14: "MUST limit the frequency of Keep-Alive messages to a given PE": a flood of
 * reports makes none of keep-alives.
 */
function probeReported(state: RegistrarState, child: Child, now: Instant): void {
  if (hasJustAnswered(state, child, now)) return askAgain(state, child);
  sendKeepAlive(state, child, now);
}

/** Whether it was asked within the interval, and has answered. */
function hasJustAnswered({ options }: RegistrarState, child: Child, now: Instant): boolean {
  if (child.isProbed || child.association === undefined) return false;
  return now < child.probedAt + options.limits.reportProbeIntervalMs;
}

/** When the interval is over, it is asked. */
function askAgain({ keepAlives, options }: RegistrarState, child: Child): void {
  const due = child.probedAt + options.limits.reportProbeIntervalMs;
  const scheduled = keepAlives.at(child);
  if (scheduled !== undefined && scheduled > due) keepAlives.set(child, due);
}

/** Addresses cost nothing: all who prove nothing at a secured registrar are one reporter. */
function reporterOf({ rights, identity, address }: OpenAssociation): string {
  return identity ?? (rights === undefined ? address : "anonymous");
}

function count(state: RegistrarState, child: Child, reporter: string, now: Instant): number {
  const { timing: { keepAliveCycleMs, maxBadPeReport }, limits } = state.options;
  const reports = child.entry.unreachableReports ??= new UnreachableReports({
    windowMs: 2 * keepAliveCycleMs,
    // As many as it takes to exceed the threshold, at least.
    maxReporters: Math.max(limits.maxReporters, maxBadPeReport + 1),
  });
  return reports.report(reporter, now);
}

/** Protocol decision 13: who is not the home asks at the ASAP endpoint only, or not at all. */
function onForeignUnreachable(
  state: RegistrarState,
  open: OpenAssociation,
  message: Unreachable,
  entry: PoolElementEntry,
  now: Instant,
): void {
  const { reportProbeIntervalMs } = state.options.limits;
  if (now - (state.reportProbes.get(entry) ?? -Infinity) < reportProbeIntervalMs) {
    return discard(state, open, message, "another home's, asked just before");
  }
  const started = probe(state, entry, now);
  if (started !== undefined) state.reportProbes.set(entry, now);
  if (started === undefined) {
    return discard(state, open, message, "another home's, without endpoint");
  }
  started.isReported = true;
  const { association, remote } = open;
  const { poolHandle, identifier } = entry;
  const event = { association, remote, poolHandle, identifier, reporters: 1 };
  state.tell({ type: "unreachable-reported", ...event });
}

/** Protocol decision 13: a peer could not reach the endpoint; the element is asked at once. */
export function onUnreachableAtPeer(
  state: RegistrarState,
  { poolHandle, peIdentifier }: { readonly poolHandle: PoolHandle; readonly peIdentifier: number },
  now: Instant,
): void {
  const child = state.child(poolHandle, peIdentifier);
  if (child === undefined) return;
  child.isDoubted = true;
  probeReported(state, child, now);
}
