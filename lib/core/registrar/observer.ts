/**
 * The ENRP side of a registrar that has no peers: it answers whoever asks, above all observers,
 * whose Sending Server's ID is 0. RFC 5353 §2; docs/tcp-mapping.md §3.
 */

import { CAUSE, type EnrpMessage, USE_DATA_ONLY } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import type { OpenAssociation } from "./child.ts";
import { discard, onError, sendError } from "./errors.ts";
import { onHandleTableRequest } from "./handle_table.ts";
import { rejection } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

type Enrp<Type extends EnrpMessage["type"]> = Extract<EnrpMessage, { type: Type }>;

/** RFC 5353 §3: a message on the ENRP side. */
export function onEnrpMessage(
  state: RegistrarState,
  open: OpenAssociation,
  message: EnrpMessage,
  now: Instant,
): void {
  switch (message.type) {
    case "ENRP_LIST_REQUEST":
      return onListRequest(state, open, message);
    case "ENRP_HANDLE_TABLE_REQUEST":
      return onHandleTableRequest(state, open, message, now);
    case "ENRP_PRESENCE":
      if (message.replyRequired) return sendPresence(state, open, message.sender);
      return discard(state, open, message, "its sender is no peer");
    case "ENRP_HANDLE_UPDATE":
      return onHandleUpdate(state, open, message);
    case "ENRP_INIT_TAKEOVER":
    case "ENRP_TAKEOVER_SERVER":
      return onTakeover(state, open, message);
    case "ENRP_ERROR":
      return onError(state, open, message);
    default:
      return discard(state, open, message, "nothing was asked");
  }
}

/** RFC 5353 §2.5, §2.6: "all existing ENRP servers known"; there are none besides. */
function onListRequest(
  state: RegistrarState,
  open: OpenAssociation,
  message: Enrp<"ENRP_LIST_REQUEST">,
): void {
  const sender = state.options.identifier;
  const receiver = message.sender;
  state.send(open, { type: "ENRP_LIST_RESPONSE", reject: false, sender, receiver, servers: [] });
}

/**
 * RFC 5353 §2.1: with the PE checksum, and with the server information that a required reply MUST
 * include: the registrar is where it was reached.
 */
function sendPresence(state: RegistrarState, open: OpenAssociation, receiver: number): void {
  const { identifier } = state.options;
  const { host, port } = open.local;
  state.send(open, {
    type: "ENRP_PRESENCE",
    replyRequired: false,
    sender: identifier,
    receiver,
    checksum: state.handlespace.checksum(),
    serverInformation: {
      identifier,
      transport: { protocol: "tcp", port, use: USE_DATA_ONLY, addresses: [host] },
    },
  });
}

/** RFC 5353 §2.4 lets home servers announce updates; whoever is no peer may not. */
function onHandleUpdate(
  state: RegistrarState,
  open: OpenAssociation,
  message: Enrp<"ENRP_HANDLE_UPDATE">,
): void {
  const { association, remote } = open;
  const { sender, poolHandle, poolElement: { identifier } } = message;
  const { cause } = rejection(CAUSE.rejectedDueToSecurityConsiderations, "");
  sendError(state, open, [cause], sender);
  const event = { association, remote, poolHandle, identifier, sender };
  state.tell({ type: "update-rejected", ...event });
}

/**
 * RFC 5353 §3.5.1, rule 1: a registrar that is the target "MUST immediately announce an
 * ENRP_PRESENCE message […] in an attempt to stop this takeover process".
 */
function onTakeover(
  state: RegistrarState,
  open: OpenAssociation,
  message: Enrp<"ENRP_INIT_TAKEOVER" | "ENRP_TAKEOVER_SERVER">,
): void {
  if (message.target === state.options.identifier) {
    return sendPresence(state, open, message.sender);
  }
  discard(state, open, message, "its target is no peer");
}
