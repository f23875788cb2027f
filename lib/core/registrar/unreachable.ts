/** RFC 5352 §3.5: reports that a pool element is unreachable. */

import { UnreachableReports } from "../../handlespace/mod.ts";
import type { AsapMessage } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import type { OpenAssociation } from "./child.ts";
import { discard } from "./errors.ts";
import { removeUnreachable, sendKeepAlive } from "./keep_alive.ts";
import type { RegistrarState } from "./state.ts";

type Unreachable = Extract<AsapMessage, { type: "ASAP_ENDPOINT_UNREACHABLE" }>;

/**
 * RFC 5352 §3.5: the registrar "MUST immediately send a point-to-point ASAP_ENDPOINT_KEEP_ALIVE",
 * and "If the counter exceeds the protocol threshold MAX-BAD-PE-REPORT, […] SHOULD remove the PE".
 * Protocol decision 14: distinct reporters are counted, so that no single one can evict the living.
 */
export function onEndpointUnreachable(
  state: RegistrarState,
  open: OpenAssociation,
  message: Unreachable,
  now: Instant,
): void {
  const { poolHandle, peIdentifier: identifier } = message;
  const child = state.child(poolHandle, identifier);
  if (child === undefined) return discard(state, open, message, "unknown pool element");
  const { timing: { keepAliveCycleMs, maxBadPeReport }, limits } = state.options;
  const reports = child.entry.unreachableReports ??= new UnreachableReports({
    windowMs: 2 * keepAliveCycleMs,
    // As many as it takes to exceed the threshold, at least.
    maxReporters: Math.max(limits.maxReporters, maxBadPeReport + 1),
  });
  const reporters = reports.report(open.identity ?? open.address, now);
  const { association, remote } = open;
  const event = { association, remote, poolHandle, identifier, reporters };
  state.tell({ type: "unreachable-reported", ...event });
  if (reporters > maxBadPeReport) removeUnreachable(state, child, "unreachable-reports");
  else sendKeepAlive(state, child, now);
}
