/**
 * docs/dhcp.md §5.3: what a DHCP server itself has. The registrar that it is connected to asks it
 * for whoever wants to compare.
 */

import { type AsapMessage, CAUSE, type EnrpMessage, type PoolHandle } from "../../../wire/mod.ts";
import type { Instant } from "../../machine.ts";
import type { OpenAssociation } from "../child.ts";
import { discard } from "../errors.ts";
import { type Rejection, rejection } from "../rejection.ts";
import type { RegistrarState } from "../state.ts";
import { answer } from "./dump.ts";

type EnrpRequest = Extract<EnrpMessage, { type: "ENRP_BINDING_DUMP_REQUEST" }>;
type AsapDump = Extract<AsapMessage, { type: "ASAP_BINDING_DUMP" }>;

/** How long a DHCP server may take for a page. docs/dhcp.md §7. */
export const RELAY_MS = 5_000;

/** A question that is on its way to a DHCP server. */
export interface Relay {
  readonly asker: OpenAssociation;
  readonly asked: EnrpRequest & { readonly poolHandle: PoolHandle };
  /** The association of the DHCP server. */
  readonly server: OpenAssociation;
  readonly request: number;
}

/** Asks a DHCP server for a page of its own table; one question at a time. */
export function relayDump(
  state: RegistrarState,
  asker: OpenAssociation,
  asked: Relay["asked"],
  now: Instant,
): void {
  const { bindings } = state;
  const { poolHandle, server: peIdentifier, after } = asked;
  const subscribers = [...bindings.subscribersOf(poolHandle)];
  const server = subscribers.findLast(([, identifier]) => identifier === peIdentifier)?.[0];
  if (server === undefined) {
    const refusal = rejection(CAUSE.unknownPoolHandle, "");
    return answer(state, asker, asked, { refusal });
  }
  if ([...bindings.relays.keys()].some((each) => each.server === server)) {
    return answer(state, asker, asked, { refusal: rejection(CAUSE.lackOfResources, "") });
  }
  const request = ++bindings.request;
  bindings.relays.set({ asker, asked, server, request }, now + RELAY_MS);
  const to = { request, poolHandle, peIdentifier, after };
  state.send(server, { type: "ASAP_BINDING_DUMP_REQUEST", dynamicUpdates: false, ...to });
}

/** A page of a DHCP server's own table, for whoever has asked. */
export function onBindingDump(
  state: RegistrarState,
  open: OpenAssociation,
  message: AsapDump,
): void {
  const { relays } = state.bindings;
  const isAnswered = (each: Relay) => each.server === open && each.request === message.request;
  const relay = [...relays.keys()].find(isAnswered);
  if (relay === undefined) return discard(state, open, message, "nobody has asked for it");
  relays.delete(relay);
  const { reject, causes, moreToSend, servers, bindings } = message;
  const cause = causes?.[0];
  const refusal: Rejection | undefined = reject
    ? { cause: cause ?? rejection(CAUSE.unspecifiedError, "").cause, why: "" }
    : undefined;
  const page = { moreToSend, servers, bindings };
  answer(state, relay.asker, relay.asked, refusal === undefined ? { page } : { refusal });
}

/** A DHCP server has not answered. */
export function onRelayDue(state: RegistrarState, { asker, asked }: Relay): void {
  if (!state.associations.has(asker.association)) return;
  answer(state, asker, asked, { refusal: rejection(CAUSE.lackOfResources, "") });
}
