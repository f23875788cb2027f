/** The pool user's side of ASAP for programs. RFC 5352 §3.3, §3.5 and §3.6. */

import {
  DEFAULT_LIMITS,
  POOL_USER_TIMING,
  type PoolUserCommand,
  type PoolUserEvent,
  PoolUserMachine,
} from "../core/mod.ts";
import { tcpTransport } from "../net/mod.ts";
import { asap, type PoolElement, type PoolHandle } from "../wire/mod.ts";
import { ClientHints } from "./client_hints.ts";
import { now } from "./clock.ts";
import { Driver } from "./driver.ts";
import type {
  PoolUserSettings,
  ReportOptions,
  Resolution,
  ResolveOptions,
} from "./pool_user_settings.ts";
import { systemRandom } from "./random.ts";
import { Requests } from "./requests.ts";
import { resolutionFailure } from "./resolution_failure.ts";
import { Selections } from "./selections.ts";
import { clientTransports } from "./transports.ts";
import { type PoolUpdate, Watch, type WatchOptions } from "./watch.ts";

/**
 * Resolves pool handles to pool elements. It finds a registrar by itself, keeps the connection, and
 * hunts for another when that one fails (RFC 5352 §3.6).
 *
 * @example
 * ```ts
 * import { PoolElement, PoolUser, Registrar } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const anyPort = [{ host: "127.0.0.1", port: 0 }];
 * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
 * const registrars = registrar.asap;
 * await using element = new PoolElement({ registrars, poolHandle: "web", port: 8081 });
 * await element.register();
 *
 * using user = new PoolUser({ registrars });
 * const { poolElements } = await user.resolve("web");
 * assert.equal(poolElements[0]?.identifier, element.identifier);
 * ```
 */
export class PoolUser implements Disposable {
  private readonly driver: Driver<PoolUserCommand, PoolUserEvent>;
  private readonly requests = new Requests<Resolution>();
  private readonly watches = new Map<number, Watch>();
  private readonly hints: ClientHints | undefined;
  private readonly selections: Selections;
  private readonly onEvent: (event: PoolUserEvent) => void;

  constructor(settings: PoolUserSettings) {
    const random = settings.random ?? systemRandom();
    const limits = { ...DEFAULT_LIMITS, ...settings.limits };
    this.onEvent = settings.onEvent ?? (() => {});
    this.selections = new Selections(limits.maxCacheEntries, random);
    const machine = new PoolUserMachine({
      registrars: settings.registrars,
      discovers: settings.discover !== undefined,
      timing: { ...POOL_USER_TIMING, ...settings.timing },
      limits,
      random,
      staggerMs: settings.staggerMs,
      once: settings.once ?? false,
      tellsAttempts: settings.onEvent !== undefined,
    });
    this.driver = new Driver({
      machine,
      limits,
      transports: clientTransports(settings.transport ?? tcpTransport()),
      onEvent: (event) => this.handle(event),
    });
    const command = (command: PoolUserCommand) => this.driver.command(command);
    this.hints = settings.discover &&
      new ClientHints("ASAP", settings.discover, { random, limits, command });
  }

  /**
   * Resolves a pool handle, from the cache while its answer is not stale (`staleCacheValueMs`).
   *
   * @throws {UnknownPoolHandle} if no registrar's handlespace has the pool, or it has no element.
   * @throws {ResolutionRejected} if the registrar rejects the request.
   * @throws {RegistrarUnreachable} if none answered rightly in time.
   * @throws {ListenFailed} if it is to discover registrars, and no multicast group can be joined.
   * @throws {RangeError} if `items` is not from 1 to 4294967295.
   */
  resolve(poolHandle: PoolHandle, options: ResolveOptions = {}): Promise<Resolution> {
    const { items, timeoutMs, signal } = options;
    const deadline = timeoutMs === undefined ? undefined : now() + timeoutMs;
    const ask = () =>
      this.requests.ask(
        (request) => {
          // What cannot be encoded is the caller's mistake, to be told before anybody is asked.
          asap.encode({ type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: false, poolHandle, items });
          if (items === 0) throw new RangeError("Cannot resolve to 0 pool elements: at least 1");
          this.driver.command({ type: "resolve", request, poolHandle, items, deadline });
        },
        (request) => this.driver.command({ type: "cancel", request }),
        signal,
      );
    return this.hints === undefined ? ask() : this.hints.ready().then(ask);
  }

  /**
   * One element of a pool, chosen by the rules that RFC 5356 gives to pool users: each call goes on
   * where the last one was, until the answer is stale.
   *
   * @throws as {@linkcode PoolUser.resolve}.
   */
  async select(poolHandle: PoolHandle, options: ResolveOptions = {}): Promise<PoolElement> {
    return this.selections.next(await this.resolve(poolHandle, options));
  }

  /**
   * Reports an element that could not be reached to the registrar, once for each call. RFC 5352
   * §3.5. There is no answer; what became of it is an event.
   *
   * @throws {RangeError} if the identifier is out of range.
   */
  reportUnreachable(
    poolHandle: PoolHandle,
    identifier: number,
    { isForced = false }: ReportOptions = {},
  ): void {
    const about = { poolHandle, peIdentifier: identifier };
    asap.encode({ type: "ASAP_ENDPOINT_UNREACHABLE", ...about });
    this.driver.command({ type: "report-unreachable", ...about, isForced });
  }

  /**
   * Tells what is in a pool: now, at every change, and after each change of the registrar that is
   * asked. A registrar that supports it sends the changes by itself (RFC 5352 §2.2.5, the S bit);
   * another one is asked every few seconds. An unknown pool has no elements and is waited for, and
   * registrars that are away are hunted for.
   *
   * It begins with the first `next()` and ends with the loop. Whoever is slow misses what was true
   * between two looks, never what is true now.
   *
   * @throws {ResolutionRejected} if a registrar rejects the request.
   * @throws {RegistrarUnreachable} if the first answer does not come in time.
   * @throws the reason of `signal`, once it aborts.
   *
   * @example
   * ```ts
   * import { PoolElement, PoolUser, Registrar } from "@rserpool/rserpool";
   * import assert from "node:assert/strict";
   *
   * const anyPort = [{ host: "127.0.0.1", port: 0 }];
   * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
   * const registrars = registrar.asap;
   * await using element = new PoolElement({ registrars, poolHandle: "web", port: 8081 });
   * using user = new PoolUser({ registrars });
   *
   * const sizes: number[] = [];
   * for await (const { poolElements } of user.watch("web")) {
   *   sizes.push(poolElements.length);
   *   if (sizes.length === 1) await element.register();
   *   else if (sizes.length === 2) await element.deregister();
   *   else break;
   * }
   * assert.deepEqual(sizes, [0, 1, 0]);
   * ```
   */
  async *watch(
    poolHandle: PoolHandle,
    { timeoutMs, signal }: WatchOptions = {},
  ): AsyncGenerator<PoolUpdate, void, undefined> {
    signal?.throwIfAborted();
    asap.encode({ type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: true, poolHandle });
    const request = this.requests.number();
    const watch = new Watch();
    this.watches.set(request, watch);
    const onAbort = () => watch.fail(signal!.reason);
    signal?.addEventListener("abort", onAbort);
    try {
      const deadline = timeoutMs === undefined ? undefined : now() + timeoutMs;
      this.driver.command({ type: "subscribe", request, poolHandle, deadline });
      for (;;) yield await watch.take();
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.watches.delete(request);
      this.driver.command({ type: "unsubscribe", request });
    }
  }

  /** Forgets the cached answer for one pool handle, or for all. RFC 5352 §6.4. */
  purge(poolHandle?: PoolHandle): void {
    this.driver.command({ type: "purge", poolHandle });
  }

  /** Ends all connections; open resolutions fail. */
  async close(): Promise<void> {
    this.driver.command({ type: "stop" });
    this.requests.close(new DOMException("The pool user was closed", "AbortError"));
    await Promise.all([this.hints?.close(), this.driver.close()]);
  }

  [Symbol.dispose](): void {
    void this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private handle(event: PoolUserEvent): void {
    if (event.type === "resolved") {
      const { request, poolHandle, policy, poolElements } = event;
      this.requests.resolve(request, { poolHandle, policy, poolElements });
    } else if (event.type === "updated") {
      const { request, poolHandle, policy, poolElements } = event;
      this.watches.get(request)?.put({ poolHandle, policy, poolElements });
    } else if (event.type === "failed") {
      this.watches.get(event.request)?.fail(resolutionFailure(event, this.hints?.remark));
      this.requests.reject(event.request, resolutionFailure(event, this.hints?.remark));
    }
    this.onEvent(event);
  }
}
