/** RFC 5352 §3.3: handle resolution. */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import {
  type AsapMessage,
  CAUSE,
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

/** Bytes of the shortest Pool Element parameter: an empty opaque transport and a bare policy. */
const SHORTEST_ELEMENT_BYTES = 28;

/**
 * RFC 5352 §3.3: the pool elements that may be handed out, in the order of the pool's policy, with
 * the overall policy; as many as were asked for and fit one message (protocol decision 22). A=0:
 * dynamic updates are not supported (RFC 5352 §2.2.6).
 */
export function onHandleResolution(
  state: RegistrarState,
  open: OpenAssociation,
  message: Resolution,
): void {
  const { poolHandle, items } = message;
  const pool = state.handlespace.pool(poolHandle);
  if (pool === undefined) return answerUnknown(state, open, poolHandle);
  const room = MAX_MESSAGE_LENGTH - HEADER_BYTES - poolHandleBytesOf(poolHandle) -
    state.policyBytes(pool.policy);
  const entries = state.handlespace.select(poolHandle, most(state, poolHandle, items, room));
  const poolElements = fitting(entries, room);
  if (poolElements.length === 0) return answerUnknown(state, open, poolHandle);
  state.send(open, {
    type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
    automaticUpdates: false,
    poolHandle,
    policy: pool.policy,
    poolElements,
  });
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

function fitting(
  entries: readonly PoolElementEntry[],
  room: number,
): PoolElement[] {
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
  const bytes = 2 * HEADER_BYTES + poolHandleBytesOf(poolHandle) + CAUSE_BYTES;
  if (bytes > MAX_MESSAGE_LENGTH) {
    const { cause } = rejection(CAUSE.invalidValues, "", poolHandleTlv(poolHandle));
    return state.send(open, { type: "ASAP_ERROR", causes: [cause] });
  }
  const { cause } = rejection(CAUSE.unknownPoolHandle, "");
  state.send(open, {
    type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
    automaticUpdates: false,
    poolHandle,
    poolElements: [],
    causes: [cause],
  });
}
