/** docs/dhcp.md §3.5: an operator's word that a DHCP server is dead, and remains so. */

import { hasFlag, type StoredServer, toldServer } from "../../../bindings/mod.ts";
import {
  CAUSE,
  comparableAddress,
  type EnrpMessage,
  INFINITE_LEASE,
  isLoopback,
} from "../../../wire/mod.ts";
import type { Instant } from "../../machine.ts";
import type { OpenAssociation } from "../child.ts";
import { type Rejection, rejection } from "../rejection.ts";
import type { RegistrarState } from "../state.ts";
import type { BindingPool } from "./pools.ts";
import { spread } from "./update.ts";

type Update = Extract<EnrpMessage, { type: "ENRP_BINDING_UPDATE" }>;

/** An operator says that a DHCP server is down. */
export function onPartnerDown(
  state: RegistrarState,
  open: OpenAssociation,
  message: Update,
  now: Instant,
): void {
  const pool = state.bindings.get(message.poolHandle);
  const server = pool && serverOf(pool, message);
  const refusal = refusalOf(state, open, message, server);
  if (refusal !== undefined) {
    const { association, remote } = open;
    const event = { association, remote, poolHandle: message.poolHandle, why: refusal.why };
    state.tell({ type: "partner-down-rejected", ...event });
    return reply(state, open, message, { refusal }, now);
  }
  if (!hasFlag(server!, "down")) declareDown(state, pool!, server!, now);
  reply(state, open, message, { server: pool!.table.servers.get(server!.identifier)! }, now);
}

/** One full lease time from now on its share is free. */
function declareDown(
  state: RegistrarState,
  pool: BindingPool,
  server: StoredServer,
  now: Instant,
): void {
  const { table } = pool;
  const longest = Math.max(...[...table.servers.values()].map(({ lease }) => lease));
  const down = { ...server, version: server.version + 1, flags: ["down"] as const };
  const merged = table.merge([{ ...toldServer(down, now), freeIn: longest }], [], now);
  spread(state, pool, merged, undefined, now);
}

/** By its identifier, or else by its name. */
function serverOf({ table }: BindingPool, { servers: [named] }: Update): StoredServer | undefined {
  if (named === undefined) return undefined;
  if (named.identifier !== 0) return table.servers.get(named.identifier);
  const all = [...table.servers.values()].filter(({ name }) => name === named.name);
  return all.find((each) => !hasFlag(each, "down")) ?? all[0];
}

function refusalOf(
  state: RegistrarState,
  open: OpenAssociation,
  { poolHandle, servers, bindings, force }: Update,
  server: StoredServer | undefined,
): Rejection | undefined {
  const isDown = servers.length === 1 && servers[0]!.flags.includes("down");
  if (!isDown || bindings.length > 0) return refuse("only that a server is down can be said");
  if (open.rights === undefined && !isLocal(state, open)) {
    const why = "only this host may say so where nothing is secured";
    return refuse(why, CAUSE.rejectedDueToSecurityConsiderations);
  }
  const pool = state.bindings.get(poolHandle);
  if (pool === undefined) return refuse("no bindings of this pool", CAUSE.unknownPoolHandle);
  if (server === undefined) return refuse(`no DHCP server ${servers[0]!.name}`);
  if (hasFlag(server, "down")) return undefined;
  if ([...pool.table.servers.values()].some(({ lease }) => lease === INFINITE_LEASE)) {
    return refuse("leases are for ever, so that its share cannot be free");
  }
  const isHeard = state.handlespace.get(poolHandle, server.identifier) !== undefined;
  if (!isHeard || force) return undefined;
  return refuse(`${server.name} is heard`, CAUSE.nonUniquePeIdentifier);
}

/** The reason stands in the cause, for people. */
function refuse(why: string, code: number = CAUSE.invalidValues): Rejection {
  const text = Uint8Array.from(why, (character) => character.charCodeAt(0) & 0x7f);
  return rejection(code, why, text);
}

function isLocal({ options }: RegistrarState, { address }: OpenAssociation): boolean {
  return isLoopback(address) ||
    options.interfaceAddresses().some((each) => comparableAddress(each) === address);
}

function reply(
  state: RegistrarState,
  open: OpenAssociation,
  { sender: receiver, request, poolHandle }: Update,
  { refusal, server }: { readonly refusal?: Rejection; readonly server?: StoredServer },
  now: Instant,
): void {
  state.send(open, {
    type: "ENRP_BINDING_REPLY",
    sender: state.options.identifier,
    receiver,
    request,
    poolHandle,
    reject: refusal !== undefined,
    causes: refusal && [refusal.cause],
    servers: server === undefined ? [] : [toldServer(server, now)],
  });
}
