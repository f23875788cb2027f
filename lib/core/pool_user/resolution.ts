/** Handle resolution. RFC 5352 §3.3 and §3.7. */

import {
  ALL_ITEMS,
  type AsapMessage,
  CAUSE,
  type ErrorCause,
  type PoolHandle,
} from "../../wire/mod.ts";
import type { Association, Instant } from "../machine.ts";
import type { Answer } from "./cache.ts";
import type { PoolUserCommand, ResolutionFailure } from "./contract.ts";
import { doubtHome } from "./freshness.ts";
import type { Query } from "./queries.ts";
import type { Session } from "./session.ts";
import { onPoolRefused, onPoolTold, onSubscribeDeadline } from "./subscriptions.ts";

type ResolutionResponse = Extract<AsapMessage, { type: "ASAP_HANDLE_RESOLUTION_RESPONSE" }>;
type Resolve = Extract<PoolUserCommand, { type: "resolve" }>;

/** NR1 to NR4, after a look into the cache (C1, C4). */
export function resolve(session: Session, command: Resolve, now: Instant): void {
  const { request, poolHandle, items, deadline, refresh } = command;
  const { queries, options } = session;
  if (session.isStopped) return session.fail(request, poolHandle, { why: "stopped" });
  const cached = refresh === true ? undefined : session.cache.get(poolHandle, items, now);
  if (cached !== undefined) {
    const event = { type: "resolved", request, ...cached, cached: true } as const;
    return session.outputs.event(event);
  }
  if (queries.requests >= options.limits.maxOutstandingResolutions) {
    return session.fail(request, poolHandle, { why: "too-many-requests" });
  }
  if (deadline !== undefined) session.deadlines.set(request, deadline);
  const open = queries.find(poolHandle, items);
  if (open !== undefined) return queries.join(open, request);
  const query = session.openQuery(poolHandle, items, now);
  queries.join(query, request);
  ask(session, query, now);
}

/** NR2 and NR3: puts a question to the home, or hunts for one. */
export function ask(session: Session, query: Query, now: Instant): void {
  const { home, hunt, options } = session;
  if (home === undefined) {
    for (const association of hunt.connected()) put(session, association, query, now);
    return session.seek(now);
  }
  put(session, home.association, query, now);
  if (options.staggerMs !== undefined) session.patience.set(query, now + options.staggerMs);
}

/** Asks a registrar that was just reached all that is open. */
export function askAll(session: Session, association: Association, now: Instant): void {
  for (const query of session.queries) put(session, association, query, now);
}

/** Sends a question, unless an answer about the pool is owed (protocol decision 22). */
function put(session: Session, association: Association, query: Query, now: Instant): void {
  if (!session.queries.put(association, query)) return;
  send(session, association, query);
  const { t1EnrpRequestMs } = session.options.timing;
  session.t1.set(query, Math.min(now + t1EnrpRequestMs, query.end));
}

function send(session: Session, association: Association, query: Query): void {
  const { poolHandle, items } = query;
  session.outputs.send(association, {
    type: "ASAP_HANDLE_RESOLUTION",
    // Without S it would end a subscription to the pool.
    dynamicUpdates: session.subscriptions.about(poolHandle) !== undefined,
    poolHandle,
    ...(items !== undefined && { items }),
  });
}

/**
 * RFC 5352 §2.2.5: updates of a pool that nobody watches any more are ended by a request without S,
 * unless an answer about it is owed: then by the next update.
 */
export function decline(
  session: Session,
  association: Association,
  poolHandle: PoolHandle,
  now: Instant,
): void {
  const query = { poolHandle, items: 1, requests: new Set<number>(), begun: now, end: now };
  if (session.queries.put(association, query)) send(session, association, query);
}

/** An ASAP_HANDLE_RESOLUTION_RESPONSE: an answer or, if none is owed, a dynamic update. */
export function onResolutionResponse(
  session: Session,
  association: Association,
  message: ResolutionResponse,
  now: Instant,
): void {
  const { queries, cache } = session;
  const { type, poolHandle, policy, poolElements, causes } = message;
  const isHome = session.home?.association === association;
  const subscription = session.subscriptions.about(poolHandle);
  if (queries.owedFor(association, poolHandle) === undefined && !(isHome && subscription)) {
    if (isHome && message.automaticUpdates) decline(session, association, poolHandle, now);
    return session.discard(association, type, "it was not asked for");
  }
  // RFC 5352 §2.2.6: "At least one PE parameter MUST be present."
  if (causes === undefined && poolElements.length === 0) {
    return session.distrust(association, "a positive answer without a pool element", now);
  }
  const query = queries.settle(association, poolHandle);
  onAnswered(session, association, now);
  if (causes !== undefined) {
    const failure = negative(causes);
    cache.purge(poolHandle);
    if (query !== undefined) session.failQuery(query, failure);
    if (subscription !== undefined) {
      onPoolRefused(session, subscription, association, failure, now);
    }
  } else {
    const answer = { policy: policy ?? { name: "round-robin" } as const, poolElements };
    const isGranted = message.automaticUpdates;
    cache.set(poolHandle, isGranted ? ALL_ITEMS : query?.items, answer, now);
    if (query !== undefined) deliver(session, query, answer);
    if (subscription !== undefined) {
      onPoolTold(session, subscription, association, { ...answer, isGranted }, now);
    }
  }
  for (const waiting of queries.about(poolHandle)) put(session, association, waiting, now);
}

/** SH6, and §3.7.2: whoever answers is the home. */
function onAnswered(session: Session, association: Association, now: Instant): void {
  const { hunt } = session;
  const registrar = hunt.settle(association);
  if (registrar !== undefined) session.adopt({ association, registrar, heardAt: now });
  else hunt.stop();
  hunt.prove(now);
}

function deliver(session: Session, query: Query, { policy, poolElements }: Answer): void {
  const { poolHandle, items, requests } = query;
  // A registrar need not know the Handle Resolution option.
  const wanted = items === undefined ? poolElements : poolElements.slice(0, items);
  session.remove(query);
  for (const request of requests) {
    const answer = { poolHandle, policy, poolElements: wanted, cached: false };
    session.outputs.event({ type: "resolved", request, ...answer });
  }
}

function negative(causes: readonly ErrorCause[]): ResolutionFailure {
  const isUnknown = causes.some((cause) => cause.code === CAUSE.unknownPoolHandle);
  return { why: isUnknown ? "unknown-pool-handle" : "rejected", causes };
}

/** The command `cancel`. */
export function cancel(session: Session, request: number): void {
  session.deadlines.delete(request);
  leave(session, request);
}

/** A caller's deadline has passed. */
export function onRequestDeadline(session: Session, request: number, now: Instant): void {
  if (session.subscriptions.of(request)) return onSubscribeDeadline(session, request, now);
  const attempts = session.attempts();
  const query = leave(session, request);
  if (query !== undefined) {
    session.fail(request, query.poolHandle, { why: "no-registrar", attempts });
  }
}

/** A question that nobody waits for any more is dropped. */
function leave(session: Session, request: number): Query | undefined {
  const query = session.queries.leave(request);
  if (query?.requests.size === 0 && !query.isWatched) session.remove(query);
  return query;
}

/** T1-ENRPrequest expired. RFC 5352 §3.7.2. */
export function onT1EnrpRequest(session: Session, query: Query, now: Instant): void {
  const { home, hunt, queries, options } = session;
  if (now >= query.end) return onExhausted(session, query, now);
  session.t1.set(query, Math.min(now + options.timing.t1EnrpRequestMs, query.end));
  doubtHome(session, now);
  const asked = home === undefined ? [] : [home.association];
  for (const association of [...asked, ...hunt.connected()]) {
    if (queries.repeat(association, query)) send(session, association, query);
  }
  if (hunt.isHunting) hunt.widen(now);
  else session.seek(now);
}

/** MAX-REQUEST-RETRANSMIT is exhausted: the user is told, and the home is one no longer. */
function onExhausted(session: Session, query: Query, now: Instant): void {
  session.failQuery(query, { why: "no-registrar", attempts: session.attempts() });
  const { home } = session;
  if (home === undefined || home.heardAt >= query.begun) return;
  session.outputs.close(home.association);
  session.loseHome("silent", undefined, now);
}
