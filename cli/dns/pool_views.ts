/**
 * What is known of pools: those that are asked for are kept fresh by a subscription, within
 * bounds, and what there is not is remembered for a moment.
 */

import type { PoolElementValue as PoolElement, PoolHandle, PoolUser, Resolution } from "../api.ts";
import type { DnsLimits } from "./limits.ts";
import { type OrderParts, PolicyOrder, type SrvPlace } from "./order.ts";
import { addressesOf, type KnownPool, type PoolView } from "./zone.ts";

/** Transport use of elements that take the bytes of the application and nothing else. */
const DATA_ONLY = 0;

/** What is asked of a pool user. */
export type AskedUser = Pick<PoolUser, "cached" | "resolve" | "keepFresh">;

/** What it is made of. */
export interface PoolViewsParts extends OrderParts {
  readonly user: AskedUser;
  readonly limits: DnsLimits;
  readonly now: () => number;
  /** Whether an error says that there is no such pool; any other is that nobody can say. */
  isUnknown(error: unknown): boolean;
  /** Whether an error is a registrar's refusal of this one pool: others may be asked for. */
  isRefused(error: unknown): boolean;
  /** Told of an error that nobody can do anything about but a person. */
  failed(error: unknown): void;
}

interface Kept {
  readonly subscription: Disposable;
  usedAt: number;
  pool: Pool;
}

interface Remembered {
  readonly until: number;
  readonly view: PoolView;
}

/** The pools that are asked for. */
export class PoolViews implements Disposable {
  private readonly parts: PoolViewsParts;
  /** Those asked for longest ago come first. */
  private readonly kept = new Map<PoolHandle, Kept>();
  /** Pools that are not known, and until when that holds; the oldest comes first. */
  private readonly unknown = new Map<PoolHandle, Remembered>();
  private readonly asking = new Map<PoolHandle, Promise<PoolView>>();
  private failedUntil = -Infinity;

  constructor(parts: PoolViewsParts) {
    this.parts = parts;
  }

  /** How many pools are kept fresh. */
  get size(): number {
    return this.kept.size;
  }

  /** Questions that wait for a registrar. */
  get outstanding(): number {
    return this.asking.size;
  }

  /** Whether the last question to a registrar was in vain, and none is asked for a moment. */
  get isFailing(): boolean {
    return this.failedUntil > this.parts.now();
  }

  /** The pools that are kept fresh, and how long ago somebody has asked for each. */
  present(): { resolution: Resolution; askedAgoMs: number }[] {
    const now = this.parts.now();
    return [...this.kept.values()].map(({ pool, usedAt }) => {
      return { resolution: pool.resolution, askedAgoMs: now - usedAt };
    });
  }

  /** How many pools are remembered as unknown. */
  get unknownSize(): number {
    return this.unknown.size;
  }

  /** What there is to say of a pool, at once if it is known. */
  view(poolHandle: PoolHandle): PoolView | Promise<PoolView> {
    const { user, limits, now } = this.parts;
    const resolution = user.cached(poolHandle);
    if (resolution !== undefined) return this.known(resolution);
    const remembered = this.unknown.get(poolHandle);
    if (remembered !== undefined && remembered.until > now()) return remembered.view;
    const asked = this.asking.get(poolHandle);
    if (asked !== undefined) return asked;
    if (this.failedUntil > now()) return { kind: "unavailable" };
    if (this.asking.size >= limits.maxOutstanding) return { kind: "unavailable" };
    const answer = this.ask(poolHandle).finally(() => this.asking.delete(poolHandle));
    this.asking.set(poolHandle, answer);
    return answer;
  }

  /** Lets go of pools that nobody has asked for lately; to be called now and then. */
  sweep(): void {
    const { limits: { poolIdleMs }, now } = this.parts;
    for (const [poolHandle, { usedAt }] of this.kept) {
      if (now() - usedAt < poolIdleMs) break;
      this.forget(poolHandle);
    }
  }

  [Symbol.dispose](): void {
    for (const poolHandle of [...this.kept.keys()]) this.forget(poolHandle);
  }

  private async ask(poolHandle: PoolHandle): Promise<PoolView> {
    const { user, limits, now } = this.parts;
    try {
      return this.known(await user.resolve(poolHandle, { timeoutMs: limits.waitMs }));
    } catch (error) {
      const until = now() + limits.negativeMs;
      if (this.parts.isUnknown(error)) {
        this.forget(poolHandle);
        return this.remember(poolHandle, until, { kind: "unknown" });
      }
      this.parts.failed(error);
      const view = { kind: "unavailable" } as const;
      // One name that is refused, asked for every second, would make all others fail.
      if (this.parts.isRefused(error)) return this.remember(poolHandle, until, view);
      this.failedUntil = until;
      return view;
    }
  }

  private known(resolution: Resolution): Pool {
    const { now } = this.parts;
    const { poolHandle } = resolution;
    const kept = this.kept.get(poolHandle);
    if (kept === undefined) return this.keep(resolution);
    this.kept.delete(poolHandle);
    this.kept.set(poolHandle, kept);
    kept.usedAt = now();
    if (kept.pool.resolution !== resolution) {
      kept.pool = new Pool(resolution, this.parts, kept.pool);
    }
    return kept.pool;
  }

  private keep(resolution: Resolution): Pool {
    const { user, limits, now } = this.parts;
    const { poolHandle } = resolution;
    const pool = new Pool(resolution, this.parts);
    const oldest = this.kept.keys().next();
    if (this.kept.size >= limits.maxPools && !oldest.done) this.forget(oldest.value);
    this.unknown.delete(poolHandle);
    this.kept.set(poolHandle, { subscription: user.keepFresh(poolHandle), usedAt: now(), pool });
    return pool;
  }

  private forget(poolHandle: PoolHandle): void {
    this.kept.get(poolHandle)?.subscription[Symbol.dispose]();
    this.kept.delete(poolHandle);
  }

  private remember(poolHandle: PoolHandle, until: number, view: PoolView): PoolView {
    this.unknown.delete(poolHandle);
    this.unknown.set(poolHandle, { until, view });
    const oldest = this.unknown.keys().next();
    if (this.unknown.size > this.parts.limits.maxUnknown && !oldest.done) {
      this.unknown.delete(oldest.value);
    }
    return view;
  }
}

/** A pool as one answer of a registrar tells of it, and whose turn it is for each question. */
class Pool implements KnownPool {
  readonly kind = "known";
  readonly resolution: Resolution;
  private readonly parts: PoolViewsParts;
  private readonly orders = new Map<string, PolicyOrder>();
  private before: Pool | undefined;

  constructor(resolution: Resolution, parts: PoolViewsParts, before?: Pool) {
    this.resolution = resolution;
    this.parts = parts;
    this.before = before;
    // What comes before the one before is of no use any more.
    if (before !== undefined) before.before = undefined;
  }

  order(version: 4 | 6): readonly PoolElement[] {
    // A and AAAA are asked for in pairs: with one turn for both, every other element had none.
    const order = this.orderOf(
      `${version}`,
      (each) => addressesOf(each).some((address) => address.includes(":") === (version === 6)),
    );
    return order.next(this.parts.limits.maxElements);
  }

  places(protocol: string): readonly SrvPlace[] {
    const order = this.orderOf(protocol, ({ transport }) => transport.protocol === protocol);
    return order.nextPlaces(this.parts.limits.maxElements);
  }

  find(identifier: number): PoolElement | undefined {
    return this.resolution.poolElements.find((each) =>
      each.identifier === identifier && isDataOnly(each)
    );
  }

  private orderOf(kind: string, fits: (element: PoolElement) => boolean): PolicyOrder {
    const known = this.orders.get(kind);
    if (known !== undefined) return known;
    const { policy, poolElements } = this.resolution;
    const elements = poolElements.filter((each) => isDataOnly(each) && fits(each));
    const order = new PolicyOrder(this.parts, policy, elements, this.before?.orders.get(kind));
    this.orders.set(kind, order);
    return order;
  }
}

/** Clients that know nothing speak no control channel. */
function isDataOnly({ transport }: PoolElement): boolean {
  return transport.protocol !== "opaque" && transport.use === DATA_ONLY;
}
