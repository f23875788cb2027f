/**
 * The ENRP side of a registrar: the switch over what comes from peers and observers. RFC 5353 §2
 * and §3; docs/tcp-mapping.md §3.
 */

import { CAUSE, type EnrpMessage, formatIdentifier, type ListedServer } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { onOwnChildren } from "./audit.ts";
import { onPeerBindingDump } from "./bindings/audit.ts";
import { onPeerBindingDumpRequest } from "./bindings/dump.ts";
import { onPartnerDown } from "./bindings/partner_down.ts";
import { onPeerBindingUpdate } from "./bindings/update.ts";
import type { OpenAssociation } from "./child.ts";
import { speaksTcp } from "./compat.ts";
import { discard, onError, sendError } from "./errors.ts";
import { onHandleTableRequest } from "./handle_table.ts";
import { onHandleUpdate } from "./handle_update.ts";
import { onMentorList, onMentorServes, onMentorTable } from "./initialization.ts";
import type { Peer } from "./peer.ts";
import { onSelf, requestList, turnAway } from "./peer_connection.ts";
import { addPeer, meet, statusOf } from "./peer_monitor.ts";
import { isRefusal } from "./peer_refusal.ts";
import { dialLearned, onPresence, sendPresence } from "./presence.ts";
import { rejection } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";
import { onInitTakeover, onInitTakeoverAck, onTakeoverServer } from "./takeover.ts";

type Enrp<Type extends EnrpMessage["type"]> = Extract<EnrpMessage, { type: Type }>;

/** Sending Server's ID of who is no registrar (docs/tcp-mapping.md §3.8). */
const OBSERVER = 0;

/** A message on the ENRP side. */
export function onEnrpMessage(
  state: RegistrarState,
  open: OpenAssociation,
  said: EnrpMessage,
  now: Instant,
): void {
  const { sender } = said;
  // Everybody may send an error, and nobody is a peer for that.
  const mayBePeer = open.rights === undefined || open.rights.isRegistrar;
  if (said.type === "ENRP_ERROR" && !mayBePeer) return onError(state, open, said);
  if (sender === OBSERVER) return onObserverMessage(state, open, said, now);
  const isSelf = sender === state.options.identifier;
  if (isSelf && open.peer === undefined) return onSelf(state, open, now);
  const message = state.border.hear(open, said, (home) => speaksTcp(state, home));
  if (open.peer !== undefined && open.peer.identifier !== sender) {
    return discard(state, open, message, "its sender is not whose association it is");
  }
  if (isOfAnother(state, open, sender)) return refuseIdentifier(state, open, message, now);
  if (isForAnother(state, message) && state.peers.get(sender) === undefined) {
    // It may be ASAP on the wrong port: its pool handle must not become a peer (RFC 5353 §2.1).
    sendPresence(state, open, sender, true);
    return discard(state, open, message, "it is for another registrar");
  }
  const peer = meet(state, open, sender, now);
  if (peer === undefined) return turnAway(state, open, "too-many-peers", now);
  if (isForAnother(state, message)) {
    // Whoever was here before is gone: the sender learns who is here now.
    sendPresence(state, open, sender, false);
    return discard(state, open, message, "it is for another registrar");
  }
  onPeerMessage(state, open, peer, message, now);
}

/** Protocol decision 28: an identifier is that of the identity which has used it first. */
function isOfAnother({ peers }: RegistrarState, open: OpenAssociation, sender: number): boolean {
  const owner = peers.get(sender)?.identity;
  return owner !== undefined && owner !== open.identity;
}

function refuseIdentifier(
  state: RegistrarState,
  open: OpenAssociation,
  { type: messageType, sender }: EnrpMessage,
  now: Instant,
): void {
  const { association, remote, identity } = open;
  const owner = state.peers.get(sender)!.identity;
  const why = `${identity} may not speak for ${formatIdentifier(sender)}, which is ${owner}`;
  state.tell({ type: "refused", association, remote, messageType, identity, why });
  const { cause } = rejection(CAUSE.rejectedDueToSecurityConsiderations, "");
  sendError(state, open, [cause], sender);
  turnAway(state, open, "unauthorized", now);
}

function isForAnother(state: RegistrarState, { receiver }: EnrpMessage): boolean {
  return receiver !== 0 && receiver !== state.options.identifier;
}

/** RFC 5353 §3: what a peer says. */
function onPeerMessage(
  state: RegistrarState,
  open: OpenAssociation,
  peer: Peer,
  message: EnrpMessage,
  now: Instant,
): void {
  switch (message.type) {
    case "ENRP_PRESENCE":
      return onPresence(state, open, peer, message, now);
    case "ENRP_LIST_REQUEST":
      return onListRequest(state, open, message, now);
    case "ENRP_LIST_RESPONSE":
      return onListResponse(state, open, peer, message, now);
    case "ENRP_HANDLE_TABLE_REQUEST":
      onHandleTableRequest(state, open, message, now);
      return message.ownChildrenOnly ? onPeerServes(state, peer, now) : undefined;
    case "ENRP_HANDLE_TABLE_RESPONSE":
      open.isMidTable = message.moreToSend && !message.reject && open.dialect === undefined;
      if (onMentorTable(state, peer, message, now)) return;
      return onOwnChildren(state, open, peer, message, now);
    case "ENRP_HANDLE_UPDATE":
      return onHandleUpdate(state, open, peer, message, now);
    case "ENRP_INIT_TAKEOVER":
      return onInitTakeover(state, peer, message, now);
    case "ENRP_INIT_TAKEOVER_ACK":
      return onInitTakeoverAck(state, peer, message, now);
    case "ENRP_TAKEOVER_SERVER":
      return onTakeoverServer(state, peer, message, now);
    case "ENRP_BINDING_UPDATE":
      return onPeerBindingUpdate(state, peer, message, now);
    case "ENRP_BINDING_DUMP_REQUEST":
      return onPeerBindingDumpRequest(state, open, message, now);
    case "ENRP_BINDING_DUMP":
      return onPeerBindingDump(state, open, peer, message, now);
    case "ENRP_BINDING_REPLY":
      return discard(state, open, message, "it is for operators");
    case "ENRP_ERROR":
      if (isRefusal(state, open, message.causes, now)) return;
      return onError(state, open, message);
  }
}

/** Who audits serves. Whom it knows by now, it did not tell while it was initializing. */
function onPeerServes(state: RegistrarState, peer: Peer, now: Instant): void {
  if (peer.isInitializing && state.isServing) requestList(state, peer);
  peer.isInitializing = false;
  onMentorServes(state, peer, now);
}

/** An observer may ask; it is no peer, and changes nothing (protocol decision 21). */
function onObserverMessage(
  state: RegistrarState,
  open: OpenAssociation,
  message: EnrpMessage,
  now: Instant,
): void {
  switch (message.type) {
    case "ENRP_LIST_REQUEST":
      return onListRequest(state, open, message, now);
    case "ENRP_HANDLE_TABLE_REQUEST":
      return onHandleTableRequest(state, open, message, now);
    case "ENRP_PRESENCE":
      if (message.replyRequired) return sendPresence(state, open, OBSERVER, false);
      return discard(state, open, message, "its sender is no registrar");
    case "ENRP_BINDING_DUMP_REQUEST":
      return onPeerBindingDumpRequest(state, open, message, now);
    case "ENRP_BINDING_UPDATE":
      return onPartnerDown(state, open, message, now);
    case "ENRP_HANDLE_UPDATE":
      return rejectUpdate(state, open, message);
    case "ENRP_ERROR":
      return onError(state, open, message);
    default:
      return discard(state, open, message, "its sender is no registrar");
  }
}

/**
 * RFC 5353 §3.2.2.2: "all existing ENRP servers known"; rejected "if the mentor itself is in the
 * process of startup". Observers are also told how they are (protocol decision 21).
 */
function onListRequest(
  state: RegistrarState,
  open: OpenAssociation,
  { sender: receiver }: Enrp<"ENRP_LIST_REQUEST">,
  now: Instant,
): void {
  const sender = state.options.identifier;
  const reject = !state.isServing;
  const servers: ListedServer[] = [];
  for (const peer of state.peers.peers.values()) {
    const { identifier, information } = peer;
    if (reject || information === undefined || identifier === receiver) continue;
    // What none of those who tell each other has ever heard would be told for ever.
    if (!peer.isHeard && receiver !== OBSERVER) continue;
    const { transport } = information;
    const peerStatus = receiver === OBSERVER ? statusOf(peer, now) : undefined;
    servers.push({ identifier, transport, peerStatus });
  }
  state.send(open, { type: "ENRP_LIST_RESPONSE", reject, sender, receiver, servers });
}

/**
 * RFC 5353 §3.2.2.2: "MUST use the server information […] to initialize its own peer list". What
 * nobody asked for could fill it with names.
 */
function onListResponse(
  state: RegistrarState,
  open: OpenAssociation,
  peer: Peer,
  message: Enrp<"ENRP_LIST_RESPONSE">,
  now: Instant,
): void {
  if (!peer.isListAwaited) return discard(state, open, message, "nobody has asked for it");
  peer.isListAwaited = false;
  peer.isInitializing = message.reject;
  for (const information of message.servers) {
    const { identifier } = information;
    if (identifier === state.options.identifier || identifier === OBSERVER) continue;
    if (state.peers.get(identifier) !== undefined) continue;
    const learned = addPeer(state, identifier, now);
    if (learned === undefined) break;
    learned.information = information;
    dialLearned(state, learned);
  }
  onMentorList(state, peer, message.reject, now);
}

/** RFC 5353 §2.4 lets home servers announce updates; whoever is no registrar may not. */
function rejectUpdate(
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
