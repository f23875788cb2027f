/** The resolutions that a pool user has asked for. RFC 5352 §3.3. */

import type { Instant, PoolUserCommand, PoolUserEvent } from "../core/mod.ts";
import { asap, type PoolHandle } from "../wire/mod.ts";
import type { Resolution, ResolveOptions } from "./pool_user_settings.ts";
import { Requests } from "./requests.ts";

/** Questions about pools as promises. */
export class Resolutions {
  private readonly requests = new Requests<Resolution>();
  private readonly command: (command: PoolUserCommand) => void;

  constructor(command: (command: PoolUserCommand) => void) {
    this.command = command;
  }

  /** Asks, or has the cache answer unless it is to `refresh` that. The time runs `since` then. */
  ask(
    poolHandle: PoolHandle,
    { items, timeoutMs, signal }: ResolveOptions,
    refresh: boolean,
    since: Instant,
  ): Promise<Resolution> {
    const deadline = timeoutMs === undefined ? undefined : since + timeoutMs;
    return this.requests.ask(
      (request) => {
        // What cannot be encoded is the caller's mistake, to be told before anybody is asked.
        asap.encode({ type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: false, poolHandle, items });
        if (items === 0) throw new RangeError("Cannot resolve to 0 pool elements: at least 1");
        this.command({ type: "resolve", request, poolHandle, items, deadline, refresh });
      },
      (request) => this.command({ type: "cancel", request }),
      signal,
    );
  }

  /** A number for a question that has its answers elsewhere; throws after `close`. */
  number(): number {
    return this.requests.number();
  }

  /** An answer came. */
  put(event: PoolUserEvent & { type: "resolved" }): void {
    const { request, poolHandle, policy, poolElements } = event;
    this.requests.resolve(request, { poolHandle, policy, poolElements });
  }

  /** A question failed. */
  fail(request: number, reason: Error): void {
    this.requests.reject(request, reason);
  }

  /** Fails all that are open and all that come. */
  close(): void {
    this.requests.close(new DOMException("The pool user was closed", "AbortError"));
  }
}
