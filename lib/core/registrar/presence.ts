/** RFC 5353 §2.1, §3.4.1, §3.4.2: who is there, and what it holds. */

import {
  comparableAddress,
  type EnrpMessage,
  isLoopback,
  isUnspecified,
  type ServerInformation,
  USE_DATA_ONLY,
} from "../../wire/mod.ts";
import type { Instant, SocketAddress } from "../machine.ts";
import { endpointOf } from "./addresses.ts";
import { resynchronize } from "./audit.ts";
import { onBindingTables } from "./bindings/audit.ts";
import type { OpenAssociation } from "./child.ts";
import { checksumFor, type Dialect } from "./compat.ts";
import type { Peer, PeerAddress } from "./peer.ts";
import { dialPeer, occupy, rememberAddress } from "./peer_connection.ts";
import type { RegistrarState } from "./state.ts";
import { sweepOrphans } from "./takeover.ts";
import { onUnreachableAtPeer } from "./unreachable.ts";

/** The message that announces a registrar. */
export type Presence = Extract<EnrpMessage, { type: "ENRP_PRESENCE" }>;

/** Sends an ENRP_PRESENCE, with the server information that a required reply MUST include. */
export function sendPresence(
  state: RegistrarState,
  open: OpenAssociation,
  receiver: number,
  replyRequired: boolean,
): void {
  const serverInformation = ownInformation(state, open);
  const message = presence(state, open.dialect, serverInformation);
  state.send(open, { ...message, receiver, replyRequired });
}

/** RFC 5353 §3.4.2: every PEER-HEARTBEAT-CYCLE, to all peers. */
export function onHeartbeat(state: RegistrarState, now: Instant): void {
  const { peers, options: { timing } } = state;
  peers.heartbeats.set("heartbeat", now + timing.peerHeartbeatCycleMs);
  announcePresence(state);
  sweepOrphans(state, now);
}

/** Announces the presence to all peers: one message for all alike that reach it at one address. */
export function announcePresence(state: RegistrarState): void {
  const messages = new Map<string, Presence>();
  for (const peer of state.peers.connected()) {
    const { dialect } = peer.open!;
    const information = ownInformation(state, peer.open!);
    const { host, port } = endpointOf(information.transport)!;
    const key = `${host} ${port} ${dialect === undefined}`;
    let message = messages.get(key);
    if (message === undefined) {
      messages.set(key, message = presence(state, dialect, information));
    }
    state.send(peer.open!, message);
  }
}

/** What a peer says of itself. RFC 5353 §3.4.1, §3.6.1. */
export function onPresence(
  state: RegistrarState,
  open: OpenAssociation,
  peer: Peer,
  message: Presence,
  now: Instant,
): void {
  const { serverInformation, checksum, unreachable, bindingTables } = message;
  if (serverInformation !== undefined) learnInformation(state, open, peer, serverInformation, now);
  if (unreachable !== undefined) onUnreachableAtPeer(state, unreachable, now);
  if (message.replyRequired) sendPresence(state, open, peer.identifier, false);
  if (bindingTables !== undefined && peer.open === open) {
    onBindingTables(state, open, peer, bindingTables, now);
  }
  // What comes over an association that was replaced is older than what the other one brought.
  if (checksum === undefined || peer.open !== open || !state.isServing) return;
  if (checksum !== state.handlespace.checksum(peer.identifier)) {
    resynchronize(state, peer, "checksum", now);
  }
}

/** Where a peer is, as it says. */
function learnInformation(
  state: RegistrarState,
  open: OpenAssociation,
  peer: Peer,
  information: ServerInformation,
  now: Instant,
): void {
  if (information.identifier !== peer.identifier) return;
  peer.information = information;
  const at = reachableAt(information, open.remote.host);
  if (at === undefined) return;
  const address = rememberAddress(state, at);
  if (address === undefined || isAnothersAddress(state, address, peer)) return;
  peer.address = address;
  occupy(state, address, peer, now);
}

/**
 * Whether an address is that of a peer with another identity: to name it is no proof of being there
 * (protocol decision 28), and must not make the other one dead (protocol decision 6).
 */
function isAnothersAddress({ peers }: RegistrarState, address: PeerAddress, peer: Peer): boolean {
  const { peer: previous } = address;
  if (previous?.identity === undefined || peers.get(previous.identifier) !== previous) return false;
  return previous.identity !== peer.identity;
}

/** Where a server is dialled; an address that only its own host can reach is taken as seen. */
function reachableAt(
  { transport }: ServerInformation,
  observed: string | undefined,
): SocketAddress | undefined {
  const at = endpointOf(transport) ?? sctpEndpointOf(transport);
  if (at === undefined || observed === undefined) return at;
  const seen = comparableAddress(observed);
  const isHidden = isUnspecified(at.host) || (isLoopback(at.host) && !isLoopback(seen));
  return isHidden ? { host: seen, port: at.port } : at;
}

/** RFC 5354 §3.11 has SCTP here, and so does rsplib; over TCP the numbers are the same. */
function sctpEndpointOf(transport: ServerInformation["transport"]): SocketAddress | undefined {
  if (transport.protocol !== "sctp" || transport.port === 0) return undefined;
  return { host: comparableAddress(transport.addresses[0]!), port: transport.port };
}

/** RFC 5353 §3.2.2.2: servers that a peer knows are peers, and are dialled. */
export function dialLearned(state: RegistrarState, peer: Peer): void {
  const at = peer.information && reachableAt(peer.information, undefined);
  const address = at && rememberAddress(state, at);
  if (address === undefined) return;
  address.peer ??= peer;
  peer.address = address;
  dialPeer(state, address);
}

/** This registrar's server information, as the other side of an association is to know it. */
function ownInformation(state: RegistrarState, open: OpenAssociation): ServerInformation {
  const { identifier } = state.options;
  const { host, port } = servedAt(state, open);
  return {
    identifier,
    transport: { protocol: "tcp", port, use: USE_DATA_ONLY, addresses: [host] },
  };
}

function servedAt(state: RegistrarState, open: OpenAssociation): SocketAddress {
  const { served } = state;
  if (served?.advertisedEnrp !== undefined) return served.advertisedEnrp;
  const { security } = open.party;
  const listeners = (security === "psk" ? served?.enrpPsk : undefined) ?? served?.enrp ?? [];
  const host = comparableAddress(open.local.host);
  // What was accepted came to a listener; what was dialled has a port of its own.
  if (open.peerAddress === undefined || listeners.length === 0) {
    return { host, port: open.local.port };
  }
  const same = listeners.find((each) => each.host === host);
  if (same !== undefined) return same;
  const any = listeners.find((each) => isUnspecified(each.host));
  return any === undefined ? listeners[0]! : { host, port: any.port };
}

/** Where there is no table nothing is said of any: others see the presence of RFC 5353 §2.1. */
function ownTables({ bindings }: RegistrarState): Pick<Presence, "bindingTables"> {
  const bindingTables = bindings.digests();
  return bindingTables === undefined ? {} : { bindingTables };
}

function presence(
  state: RegistrarState,
  dialect: Dialect | undefined,
  serverInformation: ServerInformation,
): Presence {
  return {
    type: "ENRP_PRESENCE",
    sender: state.options.identifier,
    receiver: 0,
    replyRequired: false,
    checksum: checksumFor(state, dialect),
    serverInformation,
    ...ownTables(state),
  };
}
