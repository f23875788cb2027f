/** The pools that a program watches or keeps fresh. RFC 5352 §2.2.5. */

import type { PoolUserCommand, PoolUserEvent } from "../core/mod.ts";
import { asap, type PoolHandle } from "../wire/mod.ts";
import { now } from "./clock.ts";
import { type PoolUpdate, Watch, type WatchOptions } from "./watch.ts";

/** What watches need of a pool user. */
export interface WatchesParts {
  readonly command: (command: PoolUserCommand) => void;
  /** A number that no open request has; throws if nobody is there to answer any more. */
  readonly number: () => number;
}

/** Watches that are open, by request. */
export class Watches {
  private readonly open = new Map<number, Watch>();
  private readonly parts: WatchesParts;

  constructor(parts: WatchesParts) {
    this.parts = parts;
  }

  /** What is in a pool, now and at every change, until the loop ends. */
  async *watch(
    poolHandle: PoolHandle,
    { timeoutMs, signal }: WatchOptions,
  ): AsyncGenerator<PoolUpdate, void, undefined> {
    signal?.throwIfAborted();
    check(poolHandle);
    const request = this.parts.number();
    const watch = new Watch();
    const onAbort = () => watch.fail(signal!.reason);
    signal?.addEventListener("abort", onAbort);
    try {
      const deadline = timeoutMs === undefined ? undefined : now() + timeoutMs;
      this.begin(request, watch, poolHandle, deadline);
      for (;;) yield await watch.take();
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.end(request);
    }
  }

  /** Watches a pool for the sake of the cache alone. Throws if it cannot be begun. */
  keepFresh(poolHandle: PoolHandle): Disposable {
    check(poolHandle);
    const request = this.parts.number();
    const watch = new Watch();
    this.begin(request, watch, poolHandle, undefined);
    try {
      watch.throwIfOver();
    } catch (error) {
      this.end(request);
      throw error;
    }
    return { [Symbol.dispose]: () => this.end(request) };
  }

  /** A pool was told of. */
  put({ request, poolHandle, policy, poolElements }: PoolUserEvent & { type: "updated" }): void {
    this.open.get(request)?.put({ poolHandle, policy, poolElements });
  }

  /** A watch is over. */
  fail(request: number, reason: Error): void {
    this.open.get(request)?.fail(reason);
  }

  private begin(
    request: number,
    watch: Watch,
    poolHandle: PoolHandle,
    deadline: number | undefined,
  ): void {
    this.open.set(request, watch);
    this.parts.command({ type: "subscribe", request, poolHandle, deadline });
  }

  private end(request: number): void {
    if (this.open.delete(request)) this.parts.command({ type: "unsubscribe", request });
  }
}

/** What cannot be encoded is the caller's mistake, to be told before anybody is asked. */
function check(poolHandle: PoolHandle): void {
  asap.encode({ type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: true, poolHandle });
}
