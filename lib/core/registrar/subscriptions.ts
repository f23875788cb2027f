/**
 * Pool users that are told of every change of a pool. RFC 5352 §2.2.5 and §2.2.6; protocol
 * decision 22.
 */

import type { PoolHandle } from "../../wire/mod.ts";
import type { Limits } from "../limits.ts";
import type { Instant } from "../machine.ts";
import { Timers } from "../timers.ts";
import type { OpenAssociation } from "./child.ts";
import { wholePool } from "./handle_resolution.ts";
import type { RegistrarState } from "./state.ts";

/** A pool with subscribers. */
interface WatchedPool {
  readonly subscribers: Set<OpenAssociation>;
  /** When they were told of a change last. */
  toldAt: Instant;
}

/** Who has subscribed to what, and which changes are still to be told. */
export class Subscriptions {
  /** Pools that changed soon after a change was told: when the next may be told. */
  readonly held = new Timers<PoolHandle>();
  private readonly limits: Limits;
  private readonly pools = new Map<PoolHandle, WatchedPool>();
  private readonly byAssociation = new Map<OpenAssociation, Set<PoolHandle>>();
  /** Pools that changed during the present input. */
  private readonly changed = new Set<PoolHandle>();
  private count = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /** Number of subscriptions, of all associations. */
  get size(): number {
    return this.count;
  }

  /** RFC 5352 §2.2.5: "for the lifetime of the SCTP association". `false` at a limit. */
  begin(open: OpenAssociation, poolHandle: PoolHandle): boolean {
    const { maxSubscriptions, maxSubscriptionsPerAssociation } = this.limits;
    const own = this.byAssociation.get(open) ?? new Set();
    if (own.has(poolHandle)) return true;
    if (this.count >= maxSubscriptions || own.size >= maxSubscriptionsPerAssociation) return false;
    const pool = this.pools.get(poolHandle) ?? { subscribers: new Set(), toldAt: -Infinity };
    this.byAssociation.set(open, own.add(poolHandle));
    this.pools.set(poolHandle, pool);
    pool.subscribers.add(open);
    this.count++;
    return true;
  }

  /** A request without S ends it, and so does a negative answer. */
  end(open: OpenAssociation, poolHandle: PoolHandle): void {
    const own = this.byAssociation.get(open);
    if (own === undefined || !own.delete(poolHandle)) return;
    this.count--;
    if (own.size === 0) this.byAssociation.delete(open);
    const { subscribers } = this.pools.get(poolHandle)!;
    subscribers.delete(open);
    if (subscribers.size > 0) return;
    this.pools.delete(poolHandle);
    this.changed.delete(poolHandle);
    this.held.delete(poolHandle);
  }

  /** An association is open no longer. */
  endAll(open: OpenAssociation): void {
    for (const poolHandle of this.poolsOf(open)) this.end(open, poolHandle);
  }

  /** The pools that an association has subscribed to. */
  poolsOf(open: OpenAssociation): PoolHandle[] {
    return [...this.byAssociation.get(open) ?? []];
  }

  /** Something changed that pool users can see. */
  note(poolHandle: PoolHandle): void {
    if (this.pools.has(poolHandle)) this.changed.add(poolHandle);
  }

  /** The pools that changed since the last call. */
  takeChanged(): PoolHandle[] {
    if (this.changed.size === 0) return [];
    const taken = [...this.changed];
    this.changed.clear();
    return taken;
  }

  /** A pool, if anybody has subscribed to it. */
  watched(poolHandle: PoolHandle): WatchedPool | undefined {
    return this.pools.get(poolHandle);
  }
}

/**
 * After an input: what it changed is told at once, or when the last change has been told for long
 * enough, so that a pool in which everybody re-registers costs no update for each.
 */
export function tellChanges(state: RegistrarState, now: Instant): void {
  const { subscriptions, options } = state;
  for (const poolHandle of subscriptions.takeChanged()) {
    const due = subscriptions.watched(poolHandle)!.toldAt + options.timing.updateIntervalMs;
    if (due <= now) tellSubscribers(state, poolHandle, now);
    else subscriptions.held.set(poolHandle, due);
  }
}

/** One message, however many subscribers: its host encodes it once. */
export function tellSubscribers(
  state: RegistrarState,
  poolHandle: PoolHandle,
  now: Instant,
): void {
  const { subscriptions } = state;
  const pool = subscriptions.watched(poolHandle)!;
  const message = wholePool(state, poolHandle);
  pool.toldAt = now;
  for (const open of [...pool.subscribers]) {
    state.send(open, message);
    // RFC 5352 §2.2.5: "will only cause Dynamic update of a Pool when the Pool exists".
    if (!message.automaticUpdates) subscriptions.end(open, poolHandle);
  }
}
