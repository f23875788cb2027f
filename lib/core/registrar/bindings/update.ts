/** docs/dhcp.md §5.1 and §5.2: what a DHCP server has done comes in, and goes on to all others. */

import type { Merged, StoredServer } from "../../../bindings/mod.ts";
import { isSensible, storedServer, told, toldServer } from "../../../bindings/mod.ts";
import {
  type AsapMessage,
  type BindingServer,
  CAUSE,
  type EnrpMessage,
  MAX_REFUSED_BINDINGS,
  type PoolHandle,
} from "../../../wire/mod.ts";
import type { Instant } from "../../machine.ts";
import type { OpenAssociation } from "../child.ts";
import type { Peer } from "../peer.ts";
import { announcePresence } from "../presence.ts";
import { type Rejection, rejection } from "../rejection.ts";
import type { RegistrarState } from "../state.ts";
import { firstThatFit, inMessages } from "./pages.ts";
import type { BindingPool } from "./pools.ts";
import { notReady, refusalOfElement } from "./rights.ts";

type AsapUpdate = Extract<AsapMessage, { type: "ASAP_BINDING_UPDATE" }>;
type EnrpUpdate = Extract<EnrpMessage, { type: "ENRP_BINDING_UPDATE" }>;

/** How often it is looked what of a table may be forgotten. docs/dhcp.md §7. */
export const PRUNE_MS = 30_000;

/** A DHCP server says what it has done. */
export function onBindingUpdate(
  state: RegistrarState,
  open: OpenAssociation,
  message: AsapUpdate,
  now: Instant,
): void {
  const refusal = refusalOf(state, open, message, now);
  if (refusal !== undefined) return reject(state, open, message, refusal);
  const { poolHandle, servers, bindings } = message;
  const isNew = state.bindings.get(poolHandle) === undefined;
  const pool = state.bindings.obtain(poolHandle, state.options.limits)!;
  const taken = servers.filter((each) =>
    each.identifier === message.peIdentifier || isPassedOn(each, pool, now)
  );
  const merged = pool.table.merge(taken, bindings, now);
  const { association, remote } = open;
  if (isNew) onCreated(state, pool, now);
  if (merged.refused.length > 0) {
    const addresses = merged.refused.slice(0, MAX_REFUSED_BINDINGS);
    const event = { association, remote, poolHandle, identifier: message.peIdentifier };
    state.tell({ type: "bindings-refused", ...event, addresses });
  }
  reply(state, open, message, merged, now);
  spread(state, pool, merged, open, now);
}

/** A peer passes on what is new there: it goes to the DHCP servers here, and no further. */
export function onPeerBindingUpdate(
  state: RegistrarState,
  peer: Peer,
  { poolHandle, servers, bindings }: EnrpUpdate,
  now: Instant,
): void {
  peer.speaksBindings = true;
  mergeFromPeer(state, poolHandle, servers, bindings, now);
}

/** What a peer knows, by an update or a page of its table. */
export function mergeFromPeer(
  state: RegistrarState,
  poolHandle: PoolHandle,
  servers: readonly BindingServer[],
  bindings: Parameters<BindingPool["table"]["merge"]>[1],
  now: Instant,
): void {
  const isNew = state.bindings.get(poolHandle) === undefined;
  if (isNew && servers.length === 0) return;
  const pool = state.bindings.obtain(poolHandle, state.options.limits);
  if (pool === undefined) return state.tell({ type: "binding-pool-refused", poolHandle });
  const merged = pool.table.merge(servers, bindings, now);
  if (isNew) onCreated(state, pool, now);
  tellMerged(state, pool, merged);
  tellSubscribers(state, pool, merged, undefined, now);
}

/** A registrar that has its first table says so, so that peers ask for it and tell theirs. */
function onCreated(state: RegistrarState, pool: BindingPool, now: Instant): void {
  const { poolHandle } = pool;
  state.bindings.prunes.set(pool, now + PRUNE_MS);
  state.tell({ type: "binding-table-created", poolHandle });
  announcePresence(state);
}

/** Forgets what all hold and nobody needs to know any more. docs/dhcp.md §2.3. */
export function onPruneDue(state: RegistrarState, pool: BindingPool, now: Instant): void {
  state.bindings.prunes.set(pool, now + PRUNE_MS);
  pool.table.prune(now);
}

/** What is new goes to the peers that speak of bindings, and to the other DHCP servers. */
export function spread(
  state: RegistrarState,
  pool: BindingPool,
  merged: Merged,
  from: OpenAssociation | undefined,
  now: Instant,
): void {
  tellMerged(state, pool, merged);
  tellPeers(state, pool, merged, now);
  tellSubscribers(state, pool, merged, from, now);
}

/** Tells what somebody must know of: a lease that is lost, a server that is down or back. */
function tellMerged(state: RegistrarState, { poolHandle, table }: BindingPool, merged: Merged) {
  for (const lost of merged.lost) {
    const { address: ipAddress, hardware = "", server } = lost;
    const winner = table.bindings.get(ipAddress)!;
    state.tell({
      type: "binding-lost",
      poolHandle,
      ipAddress,
      hardware,
      server,
      winner: winner.hardware ?? "",
      winnerServer: winner.server,
    });
  }
  for (const { identifier, name, flags } of merged.servers) {
    state.tell({ type: "dhcp-server-changed", poolHandle, identifier, name, flags });
  }
}

function tellPeers(state: RegistrarState, pool: BindingPool, merged: Merged, now: Instant): void {
  const { poolHandle } = pool;
  const sender = state.options.identifier;
  const between = { type: "ENRP_BINDING_UPDATE", force: false, sender, receiver: 0 } as const;
  const messages = [...batches(merged, now)].map((batch) => ({
    ...between,
    request: 0,
    poolHandle,
    ...batch,
  }));
  for (const peer of state.peers.connected()) {
    if (!peer.speaksBindings || peer.open!.dialect !== undefined) continue;
    for (const message of messages) state.send(peer.open!, message);
  }
}

function tellSubscribers(
  state: RegistrarState,
  { poolHandle }: BindingPool,
  merged: Merged,
  from: OpenAssociation | undefined,
  now: Instant,
): void {
  const all = [...batches(merged, now)];
  for (const [open, peIdentifier] of state.bindings.subscribersOf(poolHandle)) {
    if (open === from) continue;
    for (const batch of all) {
      const of = { request: 0, poolHandle, peIdentifier };
      state.send(open, { type: "ASAP_BINDING_UPDATE", ...of, ...batch });
    }
  }
}

/** What is new, in as many messages as it takes; servers first, as they say what the range is. */
function* batches({ servers, bindings }: Merged, now: Instant) {
  let records: readonly BindingServer[] = servers.map((each) => toldServer(each, now));
  for (const page of inMessages(bindings)) {
    yield { servers: records, bindings: page.map((each) => told(each, now)) };
    records = [];
  }
  if (records.length > 0) yield { servers: records, bindings: [] };
}

/** Why an update is refused whole. */
function refusalOf(
  state: RegistrarState,
  open: OpenAssociation,
  { poolHandle, peIdentifier, servers }: AsapUpdate,
  now: Instant,
): Rejection | undefined {
  const refusal = refusalOfElement(state, open, poolHandle, peIdentifier) ??
    notReady(state, poolHandle);
  if (refusal !== undefined) return refusal;
  const [server, ...more] = servers.filter(({ identifier }) => identifier === peIdentifier);
  const pool = state.bindings.get(poolHandle);
  if (more.length > 0) return misfit("a DHCP server has one record");
  if (server !== undefined) {
    const why = misfitOf(storedServer(server, now)) ?? pool?.table.misfit(server);
    if (why !== undefined) return misfit(why);
  } else if (pool === undefined) {
    return rejection(CAUSE.unknownPoolHandle, "no DHCP server has said what the range is");
  }
  if (pool !== undefined || state.bindings.pools.size < state.options.limits.maxBindingPools) {
    return undefined;
  }
  return rejection(CAUSE.lackOfResources, "there are too many DHCP pools");
}

/** What is told of another server to a registrar that has forgotten: it may be down. */
function isPassedOn(server: BindingServer, { table }: BindingPool, now: Instant): boolean {
  if (!isSensible(storedServer(server, now))) return false;
  return server.flags.includes("down") || table.misfit(server) === undefined;
}

/** Only an operator says that a server is down. docs/dhcp.md §3.5. */
function misfitOf(server: StoredServer): string | undefined {
  if (!isSensible(server)) return "its range, share or lease is out of bounds";
  return server.flags.includes("down") ? "it says that it is down itself" : undefined;
}

/** The reason stands in the cause, for people. */
function misfit(why: string): Rejection {
  const text = Uint8Array.from(why, (character) => character.charCodeAt(0) & 0x7f);
  return rejection(CAUSE.invalidValues, why, text);
}

function reject(
  state: RegistrarState,
  open: OpenAssociation,
  { request, poolHandle, peIdentifier }: AsapUpdate,
  { cause, why }: Rejection,
): void {
  const { association, remote } = open;
  state.send(open, {
    type: "ASAP_BINDING_REPLY",
    reject: true,
    request,
    poolHandle,
    peIdentifier,
    causes: [cause],
    servers: [],
    bindings: [],
  });
  const event = { association, remote, poolHandle, identifier: peIdentifier };
  state.tell({ type: "binding-update-rejected", ...event, cause: cause.code, why });
}

/** What was taken, and what is known to be newer. */
function reply(
  state: RegistrarState,
  open: OpenAssociation,
  { request, poolHandle, peIdentifier }: AsapUpdate,
  merged: Merged,
  now: Instant,
): void {
  const isAllTaken = merged.refused.length === 0;
  state.send(open, {
    type: "ASAP_BINDING_REPLY",
    reject: false,
    request,
    poolHandle,
    peIdentifier,
    causes: isAllTaken ? undefined : [rejection(CAUSE.invalidValues, "").cause],
    refused: isAllTaken ? undefined : merged.refused.slice(0, MAX_REFUSED_BINDINGS),
    servers: merged.newerServers.map((each) => toldServer(each, now)),
    bindings: firstThatFit(merged.newer).map((each) => told(each, now)),
  });
}
