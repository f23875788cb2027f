/**
 * Pools that are watched: the registrar is asked for dynamic updates, and asked anew whenever it
 * may have forgotten. RFC 5352 §2.2.5 and §2.2.6; protocol decision 22.
 */

import type { Random } from "../../handlespace/random.ts";
import { ALL_ITEMS, type PoolHandle } from "../../wire/mod.ts";
import type { Association, Instant } from "../machine.ts";
import { Timers } from "../timers.ts";
import { type Answer, areSame } from "./cache.ts";
import type { PoolUserCommand, ResolutionFailure } from "./contract.ts";
import { keepFresh, letAge } from "./freshness.ts";
import { ask, decline } from "./resolution.ts";
import type { Session } from "./session.ts";

/** The first pause before a question about an unknown pool is repeated; each doubles it. */
const FIRST_PAUSE_MS = 100;
const MAX_DOUBLINGS = 16;

/** What is told of a pool; without elements it is unknown, and has no policy. */
export type Told = Answer | { readonly policy?: undefined; readonly poolElements: readonly [] };

const NOTHING: Told = { poolElements: [] };

/** A pool that is watched. */
export interface Subscription {
  readonly poolHandle: PoolHandle;
  /** The callers' numbers. */
  readonly requests: Set<number>;
  /** What was told last, if anything was, and by whom. */
  told: Told | undefined;
  by: Association | undefined;
  /** Who has granted it: A=1. */
  granted: Association | undefined;
  /** Questions in a row that found no pool. */
  vain: number;
}

/** All that is watched. */
export class Subscriptions {
  /** When a pool is asked about again, whatever was heard before. */
  readonly asks = new Timers<Subscription>();
  /** Whose question has ended without an answer. */
  readonly idle = new Set<Subscription>();
  private readonly byPool = new Map<PoolHandle, Subscription>();
  private readonly byRequest = new Map<number, Subscription>();

  /** Number of pools that are watched. */
  get size(): number {
    return this.byPool.size;
  }

  [Symbol.iterator](): IterableIterator<Subscription> {
    return this.byPool.values();
  }

  about(poolHandle: PoolHandle): Subscription | undefined {
    return this.byPool.get(poolHandle);
  }

  of(request: number): Subscription | undefined {
    return this.byRequest.get(request);
  }

  begin(poolHandle: PoolHandle): Subscription {
    const subscription = {
      poolHandle,
      requests: new Set<number>(),
      told: undefined,
      by: undefined,
      granted: undefined,
      vain: 0,
    };
    this.byPool.set(poolHandle, subscription);
    return subscription;
  }

  join(subscription: Subscription, request: number): void {
    subscription.requests.add(request);
    this.byRequest.set(request, subscription);
  }

  /** A caller watches no longer; `true` if nobody else does. */
  leave(subscription: Subscription, request: number): boolean {
    this.byRequest.delete(request);
    subscription.requests.delete(request);
    if (subscription.requests.size > 0) return false;
    this.byPool.delete(subscription.poolHandle);
    this.asks.delete(subscription);
    this.idle.delete(subscription);
    return true;
  }
}

/** The command `subscribe`. */
export function subscribe(
  session: Session,
  command: Extract<PoolUserCommand, { type: "subscribe" }>,
  now: Instant,
): void {
  const { request, poolHandle, deadline } = command;
  const { subscriptions, options: { limits } } = session;
  if (session.isStopped) return session.fail(request, poolHandle, { why: "stopped" });
  const known = subscriptions.about(poolHandle);
  if (known === undefined && subscriptions.size >= limits.maxSubscriptionsPerAssociation) {
    return session.fail(request, poolHandle, { why: "too-many-requests" });
  }
  const subscription = known ?? subscriptions.begin(poolHandle);
  subscriptions.join(subscription, request);
  if (subscription.told !== undefined) return tell(session, subscription, request);
  if (deadline !== undefined) session.deadlines.set(request, deadline);
  if (known === undefined) askFor(session, subscription, now);
}

/** The command `unsubscribe`: the registrar is told when nobody watches the pool any more. */
export function unsubscribe(session: Session, request: number, now: Instant): void {
  const { subscriptions, queries } = session;
  const subscription = subscriptions.of(request);
  session.deadlines.delete(request);
  if (subscription === undefined || !subscriptions.leave(subscription, request)) return;
  const { poolHandle, granted } = subscription;
  letAge(session, subscription);
  const query = queries.find(poolHandle, ALL_ITEMS);
  if (query !== undefined) {
    query.isWatched = false;
    if (query.requests.size === 0) session.remove(query);
  }
  if (session.isStopped || granted === undefined) return;
  if (granted === session.home?.association) {
    decline(session, granted, poolHandle, now);
  }
}

/** The first answer did not come in time. */
export function onSubscribeDeadline(session: Session, request: number, now: Instant): void {
  const { poolHandle } = session.subscriptions.of(request)!;
  const attempts = session.attempts();
  unsubscribe(session, request, now);
  session.fail(request, poolHandle, { why: "no-registrar", attempts });
}

/** A pool is asked about, with S=1. */
export function askFor(session: Session, subscription: Subscription, now: Instant): void {
  ask(session, open(session, subscription, now), now);
}

/** Without a home, all is asked of the next one: registrars "do NOT share state regarding" it. */
export function reopen(session: Session, now: Instant): void {
  for (const subscription of session.subscriptions) open(session, subscription, now);
}

/** Questions that ended without an answer are put again after a while: a watcher never gives up. */
export function resume({ subscriptions, options }: Session, now: Instant): void {
  const { random, timing } = options;
  for (const subscription of subscriptions.idle) {
    subscriptions.asks.set(subscription, now + varied(timing.subscriptionPollMs, random));
  }
  subscriptions.idle.clear();
}

/** A positive answer or an update came. */
export function onPoolTold(
  session: Session,
  subscription: Subscription,
  association: Association,
  answer: Answer & { readonly isGranted: boolean },
  now: Instant,
): void {
  const { isGranted, policy, poolElements } = answer;
  const { random, timing } = session.options;
  subscription.vain = 0;
  subscription.granted = isGranted ? association : undefined;
  keepFresh(session, subscription);
  const pauseMs = isGranted ? timing.subscriptionRefreshMs : timing.subscriptionPollMs;
  askAfter(session, subscription, now + varied(pauseMs, random));
  note(session, subscription, association, { policy, poolElements });
}

/** A negative answer came: an unknown pool is waited for, a rejection ends the subscription. */
export function onPoolRefused(
  session: Session,
  subscription: Subscription,
  association: Association,
  failure: ResolutionFailure,
  now: Instant,
): void {
  const { poolHandle, requests } = subscription;
  subscription.granted = undefined;
  if (failure.why !== "unknown-pool-handle") {
    for (const request of [...requests]) {
      unsubscribe(session, request, now);
      session.fail(request, poolHandle, failure);
    }
    return;
  }
  const { random, timing } = session.options;
  const longest = timing.subscriptionPollMs;
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** subscription.vain, longest);
  subscription.vain = Math.min(subscription.vain + 1, MAX_DOUBLINGS);
  askAfter(session, subscription, now + varied(pauseMs, random));
  note(session, subscription, association, NOTHING);
}

/** The machine ends. */
export function endSubscriptions(session: Session, now: Instant): void {
  for (const { poolHandle, requests } of [...session.subscriptions]) {
    for (const request of [...requests]) {
      unsubscribe(session, request, now);
      session.fail(request, poolHandle, { why: "stopped" });
    }
  }
}

function askAfter({ subscriptions }: Session, subscription: Subscription, at: Instant): void {
  subscriptions.idle.delete(subscription);
  subscriptions.asks.set(subscription, at);
}

function open(session: Session, subscription: Subscription, now: Instant) {
  session.subscriptions.asks.delete(subscription);
  session.subscriptions.idle.delete(subscription);
  const query = session.openQuery(subscription.poolHandle, ALL_ITEMS, now);
  query.isWatched = true;
  return query;
}

/** Tells what is new, and all of it after a change of the home or of the association with it. */
function note(
  session: Session,
  subscription: Subscription,
  association: Association,
  news: Told,
): void {
  const { told, by } = subscription;
  if (told !== undefined && by === association && areSame(told, news)) return;
  subscription.told = news;
  subscription.by = association;
  for (const request of [...subscription.requests]) {
    session.deadlines.delete(request);
    tell(session, subscription, request);
  }
}

function tell({ outputs }: Session, { poolHandle, told }: Subscription, request: number): void {
  const { policy, poolElements } = told!;
  outputs.event({ type: "updated", request, poolHandle, policy, poolElements });
}

/** So that the many who were told at once do not ask at once. */
function varied(meanMs: number, random: Random): number {
  return meanMs * (0.5 + random.fraction());
}
