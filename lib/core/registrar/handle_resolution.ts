/** RFC 5352 §3.3: handle resolution. */

import type { PoolElementEntry, PoolView } from "../../handlespace/mod.ts";
import {
  type AsapMessage,
  CAUSE,
  type ErrorCause,
  MAX_MESSAGE_LENGTH,
  type PoolElement,
  type PoolHandle,
  poolHandleTlv,
} from "../../wire/mod.ts";
import type { OpenAssociation } from "./child.ts";
import { CAUSE_BYTES, HEADER_BYTES, poolHandleBytesOf } from "./message_size.ts";
import { rejection } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

type Resolution = Extract<AsapMessage, { type: "ASAP_HANDLE_RESOLUTION" }>;
type Response = Extract<AsapMessage, { type: "ASAP_HANDLE_RESOLUTION_RESPONSE" }>;

/** Bytes of the shortest Pool Element parameter: an empty opaque transport and a bare policy. */
const SHORTEST_ELEMENT_BYTES = 28;

const RESPONSE = "ASAP_HANDLE_RESOLUTION_RESPONSE";

/**
 * RFC 5352 §3.3: the pool elements that may be handed out, in the order of the pool's policy, with
 * the overall policy; as many as were asked for and fit one message (protocol decision 22).
 * RFC 5352 §2.2.5: with S=1 it is the whole pool, and so are the updates that follow; without, none
 * follow any more.
 */
export function onHandleResolution(
  state: RegistrarState,
  open: OpenAssociation,
  message: Resolution,
): void {
  const { poolHandle, items } = message;
  const { subscriptions } = state;
  const pool = state.handlespace.pool(poolHandle);
  if (message.dynamicUpdates && pool !== undefined && subscriptions.begin(open, poolHandle)) {
    const response = wholePool(state, poolHandle);
    if (response.automaticUpdates) state.counter.resolutionsSubscribed++;
    else {
      subscriptions.end(open, poolHandle);
      state.counter.rejectResolution(CAUSE.unknownPoolHandle);
    }
    return state.send(open, response);
  }
  subscriptions.end(open, poolHandle);
  if (pool === undefined) return answerUnknown(state, open, poolHandle);
  const room = roomOf(state, pool);
  const count = most(state, poolHandle, items, room);
  const entries = state.handlespace.select(poolHandle, count);
  const poolElements = fitting(entries.length > 0 ? entries : sought(state, pool, count), room);
  if (poolElements.length === 0) return answerUnknown(state, open, poolHandle);
  const { policy } = pool;
  state.counter.resolutionsAnswered++;
  state.send(open, { type: RESPONSE, automaticUpdates: false, poolHandle, policy, poolElements });
}

/**
 * A pool as its subscribers are told it (A=1): all that may be handed out and fit one message, in
 * the order of the policy, which does not advance; or Unknown Pool Handle with A=0, if nothing is
 * left of it (protocol decision 22).
 */
export function wholePool(state: RegistrarState, poolHandle: PoolHandle): Response {
  const pool = state.handlespace.pool(poolHandle);
  if (pool === undefined) return unknownPool(poolHandle);
  const room = roomOf(state, pool);
  const count = Math.floor(room / SHORTEST_ELEMENT_BYTES);
  const entries = state.handlespace.list(poolHandle, count);
  const poolElements = fitting(entries.length > 0 ? entries : sought(state, pool, count), room);
  if (poolElements.length === 0) return unknownPool(poolHandle);
  const { policy } = pool;
  return { type: RESPONSE, automaticUpdates: true, poolHandle, policy, poolElements };
}

/**
 * Elements whose association is lost and whose ASAP endpoint is being dialled: they may live, so a
 * pool of which nothing else is left is not unknown yet (protocol decision 11).
 */
function sought(state: RegistrarState, pool: PoolView, count: number): PoolElementEntry[] {
  const found: PoolElementEntry[] = [];
  for (const entry of pool.elements.values()) {
    if (found.length === count) break;
    if (entry.selectable || !entry.consistent) continue;
    if (state.children.get(entry)?.dial !== undefined) found.push(entry);
  }
  return found;
}

/** Bytes that are left for elements in an answer. */
function roomOf(state: RegistrarState, { poolHandle, policy }: PoolView): number {
  return MAX_MESSAGE_LENGTH - HEADER_BYTES - poolHandleBytesOf(poolHandle) -
    state.policyBytes(policy);
}

/** How many elements to select: selecting what is not sent would count as handed out. */
function most(
  state: RegistrarState,
  poolHandle: PoolHandle,
  items: number | undefined,
  room: number,
): number {
  const { defaultItems } = state.options.limits;
  // No answer can have no elements, so 0 is no wish.
  const wanted = Math.min(items || defaultItems, Math.floor(room / SHORTEST_ELEMENT_BYTES));
  if (wanted <= defaultItems) return wanted;
  const [some] = state.handlespace.pool(poolHandle)!.elements.values();
  return Math.max(defaultItems, Math.min(wanted, Math.floor(room / some!.bytes)));
}

function fitting(entries: readonly PoolElementEntry[], room: number): PoolElement[] {
  const poolElements: PoolElement[] = [];
  let left = room;
  for (const entry of entries) {
    left -= entry.bytes;
    if (left < 0) break;
    poolElements.push(entry.poolElement);
  }
  return poolElements;
}

/**
 * RFC 5352 §3.3: "MUST reject […] carrying an Unknown Pool Handle error". A pool without an element
 * that may be handed out is none to a pool user (protocol decision 26).
 */
function answerUnknown(
  state: RegistrarState,
  open: OpenAssociation,
  poolHandle: PoolHandle,
): void {
  const { cause } = rejection(CAUSE.unknownPoolHandle, "");
  rejectHandleResolution(state, open, poolHandle, cause);
}

/** A negative answer; the pool handle of one is as long as the other side has made it. */
export function rejectHandleResolution(
  state: RegistrarState,
  open: OpenAssociation,
  poolHandle: PoolHandle,
  cause: ErrorCause,
): void {
  state.counter.rejectResolution(cause.code);
  const bytes = 2 * HEADER_BYTES + poolHandleBytesOf(poolHandle) + CAUSE_BYTES;
  if (bytes > MAX_MESSAGE_LENGTH) {
    const { cause } = rejection(CAUSE.invalidValues, "", poolHandleTlv(poolHandle));
    return state.send(open, { type: "ASAP_ERROR", causes: [cause] });
  }
  state.send(open, negative(poolHandle, cause));
}

function unknownPool(poolHandle: PoolHandle): Response {
  return negative(poolHandle, rejection(CAUSE.unknownPoolHandle, "").cause);
}

function negative(poolHandle: PoolHandle, cause: ErrorCause): Response {
  return {
    type: RESPONSE,
    automaticUpdates: false,
    poolHandle,
    poolElements: [],
    causes: [cause],
  };
}
