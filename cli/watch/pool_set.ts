/** The pools that are watched: a subscription each, and what was told last. RFC 5352 §2.2.5. */

import type { PoolHandle, PoolUpdate, PoolUser } from "../api.ts";

/** Who is told. */
export interface PoolSetHandlers {
  /** An answer; `before` is the one before, if this is not the first one of the pool. */
  told(update: PoolUpdate, before: PoolUpdate | undefined): void;
  /** A pool cannot be watched. */
  failed(poolHandle: PoolHandle, error: unknown): void;
}

interface Watched {
  readonly stop: AbortController;
  readonly known: PromiseWithResolvers<void>;
  latest: PoolUpdate | undefined;
}

/** Pools by their handles. */
export class PoolSet {
  private readonly user: Pick<PoolUser, "watch">;
  private readonly handlers: PoolSetHandlers;
  private readonly pools = new Map<PoolHandle, Watched>();

  constructor(user: Pick<PoolUser, "watch">, handlers: PoolSetHandlers) {
    this.user = user;
    this.handlers = handlers;
  }

  /** Number of pools. */
  get size(): number {
    return this.pools.size;
  }

  has(poolHandle: PoolHandle): boolean {
    return this.pools.has(poolHandle);
  }

  /** What is known, in the order in which pools were added. */
  present(): PoolUpdate[] {
    return [...this.pools.values()].flatMap(({ latest }) => latest === undefined ? [] : [latest]);
  }

  /**
   * Watches a pool. The result is resolved with its first answer, or once it is watched no longer.
   *
   * @param timeoutMs How long the first answer may take.
   */
  add(poolHandle: PoolHandle, timeoutMs?: number): Promise<void> {
    const known = Promise.withResolvers<void>();
    const watched = { stop: new AbortController(), known, latest: undefined };
    this.pools.set(poolHandle, watched);
    void this.follow(poolHandle, watched, timeoutMs);
    return known.promise;
  }

  /** Watches a pool no longer. */
  drop(poolHandle: PoolHandle): void {
    const watched = this.pools.get(poolHandle);
    this.pools.delete(poolHandle);
    watched?.stop.abort();
    watched?.known.resolve();
  }

  /** Drops those that are not listed any more, if their subscription says the same. */
  dropVanished(listed: ReadonlySet<PoolHandle>): void {
    for (const [poolHandle, { latest }] of [...this.pools]) {
      if (!listed.has(poolHandle) && latest?.poolElements.length === 0) this.drop(poolHandle);
    }
  }

  /** Watches nothing any more. */
  close(): void {
    for (const poolHandle of [...this.pools.keys()]) this.drop(poolHandle);
  }

  private async follow(poolHandle: PoolHandle, watched: Watched, timeoutMs?: number) {
    const { signal } = watched.stop;
    try {
      for await (const update of this.user.watch(poolHandle, { timeoutMs, signal })) {
        const before = watched.latest;
        watched.latest = update;
        this.handlers.told(update, before);
        watched.known.resolve();
      }
    } catch (error) {
      if (!signal.aborted) this.handlers.failed(poolHandle, error);
    }
  }
}
