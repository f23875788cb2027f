/** A pool that a program watches: the latest of what it has not taken yet. */

import type { Policy, PoolElement, PoolHandle } from "../wire/mod.ts";
import type { Wait } from "./requests.ts";

/** What is in a pool that is watched, at one moment. RFC 5352 §2.2.5. */
export interface PoolUpdate {
  /** The pool. */
  readonly poolHandle: PoolHandle;
  /** The overall policy of the pool, of which only the name means something; of none if unknown. */
  readonly policy?: Policy | undefined;
  /** In the order of the pool's policy, as the registrar gave them; none if the pool is unknown. */
  readonly poolElements: readonly PoolElement[];
}

/** How a pool is to be watched. */
export interface WatchOptions extends Wait {
  /** How long to wait for the first answer, in milliseconds; absent: for ever. */
  readonly timeoutMs?: number | undefined;
  /** Ends the watching: what waits for an update then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Holds one update. As each tells all, a newer one takes the place of one that nobody took. */
export class Watch {
  private update: PoolUpdate | undefined;
  private failure: { readonly reason: unknown } | undefined;
  private wake: () => void = () => {};

  put(update: PoolUpdate): void {
    this.update = update;
    this.wake();
  }

  /** It is over: nothing that was put and not taken counts any more. */
  fail(reason: unknown): void {
    this.failure ??= { reason };
    this.wake();
  }

  /** Throws why it is over, if it is. */
  throwIfOver(): void {
    if (this.failure !== undefined) throw this.failure.reason;
  }

  /** The update that was not taken yet, or the next. */
  async take(): Promise<PoolUpdate> {
    for (;;) {
      this.throwIfOver();
      const { update } = this;
      this.update = undefined;
      if (update !== undefined) return update;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.wake = resolve;
      await promise;
    }
  }
}
