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
import { PoolUserCounter, type PoolUserTraffic } from "./client_traffic.ts";
import { now } from "./clock.ts";
import { Driver } from "./driver.ts";
import { guarded } from "./event_listener.ts";
import {
  machineOptions,
  type PoolElementHandle,
  type PoolUserSettings,
  type ReportOptions,
  type Resolution,
  type ResolveOptions,
} from "./pool_user_settings.ts";
import { systemRandom } from "./random.ts";
import type { Wait } from "./requests.ts";
import { resolutionFailure } from "./resolution_failure.ts";
import { Resolutions } from "./resolutions.ts";
import { Selections } from "./selections.ts";
import { Servers } from "./servers.ts";
import type { ConnectOptions, Session } from "./session/contract.ts";
import { LoadedSessions } from "./session/loaded_sessions.ts";
import type { PoolKnowledge } from "./session/user_parts.ts";
import type { AllSessions, ConnectAllOptions } from "./session/user_sessions.ts";
import { clientTransports } from "./transports.ts";
import type { PoolUpdate, WatchOptions } from "./watch.ts";
import { Watches } from "./watches.ts";

/** One object for all calls that say nothing: the cache answers a million a second. */
const NOTHING_SAID: ResolveOptions = {};

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
  private readonly resolutions: Resolutions;
  private readonly watches: Watches;
  private readonly hints: ClientHints | undefined;
  private readonly machine: PoolUserMachine;
  private readonly selections: Selections;
  private readonly servers: Servers;
  private readonly sessions: LoadedSessions;
  private readonly onEvent: ((event: PoolUserEvent) => void) | undefined;
  private readonly hasCache: boolean;
  private readonly counter = new PoolUserCounter();

  /** Makes a user that has asked nobody yet. */
  constructor(settings: PoolUserSettings) {
    const random = settings.random ?? systemRandom();
    const limits = { ...DEFAULT_LIMITS, ...settings.limits };
    const timing = { ...POOL_USER_TIMING, ...settings.timing };
    this.onEvent = guarded(settings.onEvent);
    this.hasCache = timing.staleCacheValueMs > 0;
    this.selections = new Selections(limits.maxCacheEntries, random);
    const knowledge: PoolKnowledge = {
      cached: (poolHandle) => this.cached(poolHandle),
      resolve: (poolHandle, options) => this.resolve(poolHandle, options),
      refresh: (poolHandle, options) => this.ask(poolHandle, options, true),
      choose: (resolution) => this.selections.next(resolution),
      report: (poolHandle, identifier) => this.reportUnreachable(poolHandle, identifier),
    };
    this.servers = new Servers({ maxPools: limits.maxCacheEntries, now, ...knowledge });
    const keepFresh = (poolHandle: PoolHandle) => this.keepFresh(poolHandle);
    const { sessionTiming } = settings;
    const sessions = { ...knowledge, limits, random, timing: sessionTiming, keepFresh };
    this.sessions = new LoadedSessions(sessions);
    this.machine = new PoolUserMachine(machineOptions(settings, { timing, limits, random }));
    this.driver = new Driver({
      machine: this.machine,
      limits,
      transports: clientTransports(settings.transport ?? tcpTransport()),
      onEvent: (event) => this.handle(event),
    });
    const command = (command: PoolUserCommand) => this.driver.command(command);
    this.resolutions = new Resolutions(command);
    this.watches = new Watches({ command, number: () => this.resolutions.number() });
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
  resolve(
    poolHandle: PoolHandle,
    options: ResolveOptions = NOTHING_SAID,
  ): Promise<Resolution> {
    const cached = this.look(poolHandle, options);
    return cached === undefined ? this.ask(poolHandle, options) : Promise.resolve(cached);
  }

  /**
   * What is in the cache about a pool, if it is not stale: what {@linkcode PoolUser.resolve} would
   * answer without asking anybody. Nobody is asked and nothing is told. RFC 5352 §6.9.1.
   */
  cached(poolHandle: PoolHandle): Resolution | undefined {
    return this.machine.cached(poolHandle, undefined, now());
  }

  /**
   * Asks about a pool, whatever the cache says, and renews the cache by the answer: so that it is
   * there before it is needed. RFC 5352 §6.3. Without a cache (`staleCacheValueMs: 0`) it does
   * nothing.
   *
   * @param about a pool handle, or a pool element handle, of which the pool handle counts.
   * @throws as {@linkcode PoolUser.resolve}.
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
   * using user = new PoolUser({ registrars });
   *
   * assert.equal(user.cached("web"), undefined);
   * await user.populate("web");
   * assert.equal(user.cached("web")?.poolElements.length, 1);
   * user.purge("web");
   * assert.equal(user.cached("web"), undefined);
   *
   * using _fresh = user.keepFresh("web"); // From now on the registrar tells of changes.
   * await user.populate("web");
   * assert.equal((await user.select("web")).identifier, element.identifier);
   * ```
   */
  async populate(about: PoolHandle | PoolElementHandle, options: Wait = {}): Promise<void> {
    const poolHandle = typeof about === "string" ? about : about.poolHandle;
    const { timeoutMs, signal } = options;
    if (this.hasCache) await this.ask(poolHandle, { timeoutMs, signal }, true);
  }

  /** Forgets the cached answer for one pool, or for all. RFC 5352 §6.4. */
  purge(about?: PoolHandle | PoolElementHandle): void {
    const poolHandle = typeof about === "object" ? about.poolHandle : about;
    this.driver.command({ type: "purge", poolHandle });
  }

  /**
   * Keeps the cached answer about a pool fresh by a subscription, until it is disposed of: it does
   * not become stale while the registrar that has granted the subscription answers, and
   * `resolve`, `select` and `cached` have it without a round trip. When that registrar is lost, the
   * answer ages from when it was heard last, and is stale after `staleCacheValueMs` unless another
   * one has granted the subscription. One that dies without a word is missed after
   * `subscriptionRefreshMs` × 1.5 and T1-ENRPrequest at most, sooner if something is asked.
   *
   * It says nothing of the first answer: `populate` (see its example) or `resolve` wait for it. A
   * registrar that rejects the question ends it, and the next `resolve` tells so. Without a cache
   * (`staleCacheValueMs: 0`) it does nothing.
   *
   * @throws {RangeError} if more pools are watched than `maxSubscriptionsPerAssociation`.
   */
  keepFresh(poolHandle: PoolHandle): Disposable {
    return this.hasCache ? this.watches.keepFresh(poolHandle) : { [Symbol.dispose]() {} };
  }

  /**
   * One element of a pool, chosen by the rules that RFC 5356 gives to pool users: each call goes on
   * where the last one was, until the answer is stale.
   *
   * @throws as {@linkcode PoolUser.resolve}.
   */
  async select(
    poolHandle: PoolHandle,
    options: ResolveOptions = NOTHING_SAID,
  ): Promise<PoolElement> {
    const resolution = this.look(poolHandle, options) ?? await this.resolve(poolHandle, options);
    return this.selections.next(resolution);
  }

  /**
   * GETPRIMARYSERVER of RFC 5351 §4.1, for programs that connect by themselves: the server of a
   * pool to begin with, by the pool's policy.
   *
   * @throws as {@linkcode PoolUser.resolve}.
   *
   * @example
   * ```ts
   * import { PoolElement, PoolUser, Registrar } from "@rserpool/rserpool";
   * import assert from "node:assert/strict";
   *
   * const anyPort = [{ host: "127.0.0.1", port: 0 }];
   * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
   * const registrars = registrar.asap;
   * await using first = new PoolElement({ registrars, poolHandle: "web", port: 8081 });
   * await using second = new PoolElement({ registrars, poolHandle: "web", port: 8082 });
   * await Promise.all([first.register(), second.register()]);
   * using user = new PoolUser({ registrars });
   *
   * const primary = await user.primaryServer("web");
   * // It cannot be connected to, so:
   * const next = await user.nextServer("web");
   * assert.notEqual(next.identifier, primary.identifier);
   * // Later, the same again if it is still there:
   * const again = await user.serverOf({ poolHandle: "web", identifier: next.identifier });
   * assert.deepEqual(again?.transport, next.transport);
   * ```
   */
  primaryServer(poolHandle: PoolHandle, options: Wait = NOTHING_SAID): Promise<PoolElement> {
    return this.servers.primary(poolHandle, options);
  }

  /**
   * GETNEXTSERVER of RFC 5351 §4.1: says that the server has failed that `primaryServer`,
   * `nextServer` or `serverOf` returned last for this pool, which is reported once, and gives the
   * next one by what is known now. Servers that have failed are passed over for 30 s. When all
   * that are known have failed, the registrar is asked again. There is one server before for each
   * pool: programs that are connected to several at once use `select` and `reportUnreachable`.
   *
   * @throws {UnknownPoolHandle} if none is left; the call after that begins anew.
   * @throws as {@linkcode PoolUser.resolve}; the call after that does not report again.
   */
  nextServer(poolHandle: PoolHandle, options: Wait = NOTHING_SAID): Promise<PoolElement> {
    return this.servers.next(poolHandle, options);
  }

  /**
   * The same server again while it lives (RFC 3237 §2.10), by its pool element handle.
   *
   * @returns `undefined` once it is no element of the pool any more.
   * @throws {ResolutionRejected} if the registrar rejects the request.
   * @throws {RegistrarUnreachable} if none answered rightly in time.
   */
  serverOf(
    handle: PoolElementHandle,
    options: Wait = NOTHING_SAID,
  ): Promise<PoolElement | undefined> {
    return this.servers.same(handle, options);
  }

  /**
   * Reports an element that could not be reached to the registrar, once for each call. RFC 5352
   * §3.5 and §6.9.2 (Transport.Failure). There is no answer; what became of it is an event.
   *
   * It "MUST NOT" be sent "unless the user has made a previous request to send data" to the
   * element: as programs send without asking the pool user, the call itself says that they have
   * tried; `isForced` says that they have not. Sessions and `nextServer` report by themselves.
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
  watch(
    poolHandle: PoolHandle,
    options: WatchOptions = NOTHING_SAID,
  ): AsyncGenerator<PoolUpdate, void, undefined> {
    return this.watches.watch(poolHandle, options);
  }

  /**
   * A session with a pool: a stream of bytes that survives its elements. See {@linkcode Session}.
   *
   * @throws {SessionFailed} if no element could be connected to in time.
   * @throws the reason of `signal`, once it aborts; or as {@linkcode PoolUser.resolve}.
   */
  connect(poolHandle: PoolHandle, options: ConnectOptions = {}): Promise<Session> {
    return this.sessions.connect(poolHandle, options);
  }

  /** A session with each element, without failover: ASAP_SEND_TO_ALL. RFC 5352 §6.5.5. */
  connectAll(poolHandle: PoolHandle, options: ConnectAllOptions = {}): Promise<AllSessions> {
    return this.sessions.connectAll(poolHandle, options);
  }

  /** What it has done since its start, for monitoring: a copy. See `Registrar.traffic`. */
  traffic(): PoolUserTraffic {
    return this.counter.view(this.driver.traffic());
  }

  /** Ends all connections and sessions; open resolutions fail. */
  async close(): Promise<void> {
    this.sessions.close();
    this.driver.command({ type: "stop" });
    this.resolutions.close();
    await Promise.all([this.hints?.close(), this.driver.close()]);
  }

  /** Ends it in order, without waiting for that. */
  [Symbol.dispose](): void {
    void this.close();
  }

  /** Ends it in order, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The answer from the cache, with nobody the wiser: whoever hears events is told of it. */
  private look(poolHandle: PoolHandle, options: ResolveOptions): Resolution | undefined {
    if (this.onEvent !== undefined) return undefined;
    const { items, signal } = options;
    if (items !== undefined && !(Number.isInteger(items) && items > 0)) return undefined;
    if (signal?.aborted === true) return undefined;
    return this.counter.asked(this.machine.cached(poolHandle, items, now()));
  }

  /** Asks a registrar, once one is known. */
  private ask(
    poolHandle: PoolHandle,
    options: ResolveOptions,
    refresh = false,
  ): Promise<Resolution> {
    const since = now();
    const ask = () => this.resolutions.ask(poolHandle, options, refresh, since);
    return this.hints === undefined ? ask() : this.hints.ready().then(ask);
  }

  /** Hands an event to those whom it concerns. */
  private handle(event: PoolUserEvent): void {
    this.counter.note(event);
    if (event.type === "resolved") this.resolutions.put(event);
    else if (event.type === "updated") this.watches.put(event);
    else if (event.type === "failed") {
      const failure = resolutionFailure(event, this.hints?.remark);
      this.watches.fail(event.request, failure);
      this.resolutions.fail(event.request, failure);
    }
    this.onEvent?.(event);
  }
}
