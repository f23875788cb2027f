/**
 * Asking an element of another home at its ASAP endpoint whether it lives: for a report that it
 * does not (protocol decision 13), and for whoever wants its identifier (protocol decision 15).
 */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import type { PoolHandle } from "../../wire/mod.ts";
import type { Association, Instant } from "../machine.ts";
import { endpointOf } from "./addresses.ts";
import { close } from "./attachment.ts";
import type { Contender, OpenAssociation } from "./child.ts";
import { endpointSecurity } from "./owner.ts";
import { rejectForeign } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

/** A question to an element of another home. */
export interface EndpointProbe {
  readonly association: Association;
  readonly entry: PoolElementEntry;
  /** Whether somebody has reported it unreachable. */
  isReported: boolean;
  /** Requests that wait for the answer, one of each association: they want the identifier. */
  readonly contenders: Map<OpenAssociation, Contender>;
}

/**
 * Dials the endpoint, or joins who waits for it already. `undefined` if there is no endpoint, or no
 * more may be dialled.
 */
export function probe(
  state: RegistrarState,
  entry: PoolElementEntry,
  now: Instant,
): EndpointProbe | undefined {
  const known = state.probesByEntry.get(entry);
  if (known !== undefined) return known;
  const endpoint = endpointOf(entry.poolElement.asapTransport);
  if (endpoint === undefined || state.probes.size >= state.options.limits.maxProbes) {
    return undefined;
  }
  if (!state.dialBudget.take(endpoint.host, now)) return undefined;
  const { endpointDialMs } = state.options.timing;
  const security = endpointSecurity(entry);
  const association = state.outputs.connect("ASAP", endpoint, endpointDialMs, security);
  const started: EndpointProbe = { association, entry, isReported: false, contenders: new Map() };
  state.probes.set(association, started);
  state.probesByEntry.set(entry, started);
  return started;
}

/** The endpoint was reached: is it that element? */
export function onProbeConnected(
  state: RegistrarState,
  open: OpenAssociation,
  { entry }: EndpointProbe,
  now: Instant,
): void {
  const { poolHandle, identifier: peIdentifier } = entry;
  state.send(open, {
    type: "ASAP_ENDPOINT_KEEP_ALIVE",
    home: false,
    serverIdentifier: state.options.identifier,
    poolHandle,
    peIdentifier,
  });
  state.probeTimers.set(open.association, now + state.options.timing.keepAliveTimeoutMs);
}

/** It lives. `false` if nobody asked it. */
export function onProbeAck(
  state: RegistrarState,
  open: OpenAssociation,
  poolHandle: PoolHandle,
  identifier: number,
): boolean {
  const asked = state.probes.get(open.association);
  if (asked === undefined) return false;
  const { entry, contenders } = asked;
  if (entry.poolHandle !== poolHandle || entry.identifier !== identifier) return false;
  end(state, asked);
  closeUnlessUsed(state, open);
  for (const contender of contenders.values()) rejectForeign(state, contender, entry);
  return true;
}

/** It was not reached, or did not answer. */
export function onProbeFailed(state: RegistrarState, association: Association): void {
  const failed = state.probes.get(association);
  if (failed === undefined) return;
  end(state, failed);
  const open = state.associations.get(association);
  if (open !== undefined) closeUnlessUsed(state, open);
  const { entry, contenders, isReported } = failed;
  const { poolHandle, identifier, home } = entry;
  if (state.handlespace.get(poolHandle, identifier) !== entry) return release(state, contenders);
  if (isReported && !state.children.has(entry)) {
    state.handlespace.setSelectable(poolHandle, identifier, false);
    state.tell({ type: "pool-element-doubted", poolHandle, identifier, home });
    tellHome(state, entry);
  }
  release(state, contenders);
}

/** Requests for an identifier whose holder is gone are handled anew. */
function release(
  state: RegistrarState,
  contenders: ReadonlyMap<OpenAssociation, Contender>,
): void {
  for (const { open, message } of contenders.values()) {
    state.released.push({ open, message, isCleared: true });
  }
}

/** Protocol decision 13: "tells the home […]; only the home removes". */
function tellHome(state: RegistrarState, { poolHandle, identifier, home }: PoolElementEntry): void {
  const peer = state.peers.get(home);
  if (peer?.open === undefined) return;
  state.send(peer.open, {
    type: "ENRP_PRESENCE",
    replyRequired: false,
    sender: state.options.identifier,
    receiver: home,
    checksum: state.handlespace.checksum(),
    unreachable: { poolHandle, peIdentifier: identifier },
  });
}

/** The element may have registered over the association meanwhile (protocol decision 12). */
function closeUnlessUsed(state: RegistrarState, open: OpenAssociation): void {
  if (open.children.size === 0) close(state, open, "unused");
}

function end(state: RegistrarState, { association, entry }: EndpointProbe): void {
  state.probes.delete(association);
  state.probesByEntry.delete(entry);
  state.probeTimers.delete(association);
}
