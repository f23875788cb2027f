/** docs/dhcp.md §5.3 and §5.4: a table page by page; who answers keeps nothing in mind. */

import { told, toldServer } from "../../../bindings/mod.ts";
import {
  type AsapMessage,
  type BindingDigest,
  CAUSE,
  type EnrpMessage,
  MAX_BINDINGS_PER_MESSAGE,
  type PoolHandle,
} from "../../../wire/mod.ts";
import { AFTER_ALL, BEFORE_ALL } from "../../binding_pages.ts";
import type { Instant } from "../../machine.ts";
import { mayRead } from "../../security/authorize.ts";
import type { OpenAssociation } from "../child.ts";
import { type Rejection, rejection } from "../rejection.ts";
import type { RegistrarState } from "../state.ts";
import { firstThatFit } from "./pages.ts";
import { type BindingPool, digestOf } from "./pools.ts";
import { relayDump } from "./relay.ts";
import { notReady, refusalOfElement } from "./rights.ts";

type AsapRequest = Extract<AsapMessage, { type: "ASAP_BINDING_DUMP_REQUEST" }>;
type EnrpRequest = Extract<EnrpMessage, { type: "ENRP_BINDING_DUMP_REQUEST" }>;

/** A DHCP server asks for the table, and to be told what changes from now on. */
export function onBindingDumpRequest(
  state: RegistrarState,
  open: OpenAssociation,
  message: AsapRequest,
  now: Instant,
): void {
  const { request, poolHandle, peIdentifier, after, dynamicUpdates } = message;
  const to = { type: "ASAP_BINDING_DUMP", request, poolHandle, peIdentifier } as const;
  const refusal = refusalOfElement(state, open, poolHandle, peIdentifier) ??
    notReady(state, poolHandle) ?? subscribe(state, open, message, dynamicUpdates);
  if (refusal !== undefined) {
    const causes = [refusal.cause];
    const none = { moreToSend: false, reject: true, servers: [], bindings: [] };
    return state.send(open, { ...to, ...none, causes });
  }
  const page = pageOf(state.bindings.get(poolHandle), after, now);
  state.send(open, { ...to, reject: false, ...page });
}

/** Whoever subscribes is told what is new from then on. */
function subscribe(
  state: RegistrarState,
  open: OpenAssociation,
  { poolHandle, peIdentifier }: AsapRequest,
  isWanted: boolean,
): Rejection | undefined {
  const { bindings, options: { limits } } = state;
  if (!isWanted) {
    bindings.unsubscribe(poolHandle, open);
    return undefined;
  }
  const isKnown = bindings.subscribersOf(poolHandle).has(open);
  if (!isKnown && bindings.subscriptions >= limits.maxBindingSubscriptions) {
    return rejection(CAUSE.lackOfResources, "too many DHCP servers are told of bindings");
  }
  bindings.subscribe(poolHandle, open, peIdentifier);
  return undefined;
}

/** A peer or an observer asks. */
export function onPeerBindingDumpRequest(
  state: RegistrarState,
  open: OpenAssociation,
  message: EnrpRequest,
  now: Instant,
): void {
  const { peer } = open;
  if (peer !== undefined) peer.speaksBindings = true;
  const { poolHandle, server } = message;
  if (poolHandle === undefined) {
    return answer(state, open, message, { tables: tables(state, open) });
  }
  const { rights } = open;
  if (rights !== undefined && !mayRead(rights, poolHandle)) {
    const why = rejection(CAUSE.rejectedDueToSecurityConsiderations, "");
    return answer(state, open, message, { refusal: why });
  }
  if (server !== 0) return relayDump(state, open, { ...message, poolHandle }, now);
  const pool = state.bindings.get(poolHandle);
  if (pool === undefined) {
    const refusal = rejection(CAUSE.unknownPoolHandle, "");
    return answer(state, open, message, { refusal });
  }
  answer(state, open, message, { page: pageOf(pool, message.after, now), pool, now });
}

/** Tables of the pools that somebody may read. */
function tables(state: RegistrarState, { rights }: OpenAssociation): BindingDigest[] {
  return [...state.bindings.pools.values()]
    .filter(({ poolHandle }) => rights === undefined || mayRead(rights, poolHandle))
    .map(digestOf);
}

/** What a page of a table is made of. */
export interface BindingPage {
  readonly moreToSend: boolean;
  readonly servers: Extract<AsapMessage, { type: "ASAP_BINDING_DUMP" }>["servers"];
  readonly bindings: Extract<AsapMessage, { type: "ASAP_BINDING_DUMP" }>["bindings"];
}

/** What an answer says. */
export interface DumpAnswer {
  readonly refusal?: Rejection | undefined;
  readonly tables?: readonly BindingDigest[] | undefined;
  readonly page?: BindingPage | undefined;
  readonly pool?: BindingPool | undefined;
  readonly now?: Instant | undefined;
}

/** Answers a request of a peer or an observer; observers are told at the end what was lost. */
export function answer(
  state: RegistrarState,
  open: OpenAssociation,
  { sender: receiver, request, poolHandle }: {
    readonly sender: number;
    readonly request: number;
    readonly poolHandle?: PoolHandle | undefined;
  },
  { refusal, tables = [], page, pool, now }: DumpAnswer,
): void {
  const isLast = page !== undefined && !page.moreToSend && open.peer === undefined;
  const lost = isLast && pool !== undefined
    ? firstThatFit(pool.table.lost(now!)).map((each) => told(each, now!))
    : undefined;
  state.send(open, {
    type: "ENRP_BINDING_DUMP",
    sender: state.options.identifier,
    receiver,
    request,
    poolHandle,
    reject: refusal !== undefined,
    causes: refusal && [refusal.cause],
    tables,
    moreToSend: false,
    servers: [],
    bindings: [],
    ...page,
    lost: lost === undefined || lost.length === 0 ? undefined : lost,
  });
}

/** The bindings behind an address; the servers come with the first of them. */
function pageOf(pool: BindingPool | undefined, after: string, now: Instant): BindingPage {
  const isFirst = after === BEFORE_ALL;
  if (pool === undefined || after === AFTER_ALL) {
    return { moreToSend: false, servers: [], bindings: [] };
  }
  const { table } = pool;
  const found = table.page(isFirst ? undefined : after, MAX_BINDINGS_PER_MESSAGE + 1);
  const page = firstThatFit(found);
  const servers = isFirst ? [...table.servers.values()] : [];
  return {
    moreToSend: page.length < found.length,
    servers: servers.map((each) => toldServer(each, now)),
    bindings: page.map((each) => told(each, now)),
  };
}
