/** The sessions that a pool element serves: accepts them, counts them, and ends them. */

import {
  DEFAULT_LIMITS,
  DEFAULT_RATES,
  type Limits,
  type Rates,
  SESSION_TIMING,
  type SessionFault,
  type SessionTiming,
} from "../../core/mod.ts";
import {
  type Address,
  type Connection,
  type Listener,
  ListenFailed,
  type SecureTransport,
  tcpTransport,
  type Transport,
} from "../../net/mod.ts";
import { type ErrorCause, networkOf, type PoolElement, type PoolHandle } from "../../wire/mod.ts";
import { now } from "../clock.ts";
import { ConnectionGate } from "../connection_gate.ts";
import { withGuardedEvents } from "../event_listener.ts";
import type { PoolUser } from "../pool_user.ts";
import { Refusals } from "../refusals.ts";
import type { BusinessCard, ServedSession, SessionHandler } from "./contract.ts";
import { CookieKeys, type CookieSettings } from "./cookie_key.ts";
import type { ServeEvent } from "./serve_event.ts";
import { ServedLoad } from "./served_load.ts";
import { Served, type ServedParts } from "./served_session.ts";

/** Pools of users' cards that are being resolved at once; others are left to who connects there. */
export const MAX_CARD_RESOLUTIONS = 8;
/** How often one address may cause such a resolution: so many at once, then one a second. */
export const CARD_RATES = { connectionsPerSecond: 1, burstSeconds: MAX_CARD_RESOLUTIONS } as const;
/** How long the resolution of such a pool may take. */
const CARD_RESOLUTION_MS = 5_000;

/** How sessions are served. */
export interface ServeOptions {
  /**
   * The address to listen on. Default: the element's own, or all addresses of this host where none
   * was given.
   */
  readonly host?: string | undefined;
  /** How users reach it: `certificateTransport`, `pskTransport`; default plain TCP. */
  readonly transport?: Transport | undefined;
  /** The keys of cookies; without them none can be sent, and each that comes is refused. */
  readonly cookies?: CookieSettings | undefined;
  /**
   * So many sessions are a load of 1 in the element's policy, which must be an adaptive one; the
   * element is registered anew as they change, once a second at most. Default: the load is not
   * touched.
   */
  readonly capacity?: number | undefined;
  /**
   * Elements of the pool in the order in which users are to try them when this one fails. RFC 5352
   * §3.9. Asked at the beginning of each session; default none.
   */
  readonly failoverOrder?: (() => readonly PoolElement[]) | undefined;
  /**
   * Told of what comes of sessions. It should not throw: what it throws is written to standard
   * error, once, and all goes on.
   */
  readonly onEvent?: ((event: ServeEvent) => void) | undefined;
  /** Told of each card of a user, which is an element itself. RFC 5352 §3.9. */
  readonly onBusinessCard?:
    | ((card: BusinessCard, session: ServedSession) => void)
    | undefined;
  /**
   * Resolves the pools of those cards as they come, so that its cache knows them. RFC 5352 §3.9,
   * BC1. To open a session with such a pool see {@linkcode connectBack}.
   */
  readonly user?: Pick<PoolUser, "resolve"> | undefined;
  /** Whoever is too many is closed at once: `maxSessions`, `maxSessionsPerAddress` and others. */
  readonly limits?: Partial<Limits> | undefined;
  /** How often one address may connect: `connectionsPerSecond`, `burstSeconds`. */
  readonly rates?: Partial<Rates> | undefined;
  /** Timers that differ from their defaults. */
  readonly timing?: Partial<SessionTiming> | undefined;
}

/** The element whose sessions are served. */
export interface ServedElement {
  readonly poolHandle: PoolHandle;
  readonly hasControl: boolean;
  /** The element as it is registered, at an address where a user has found it. */
  element(local: Address): PoolElement;
  update(policy: PoolElement["policy"]): void;
}

/** Sessions that are being served. */
export interface Service extends AsyncDisposable {
  /** Where they are accepted. */
  readonly address: Address;
  /** How many there are. */
  readonly sessions: number;
  /**
   * Accepts no more and waits until all sessions have ended; those that have not within `timeoutMs`
   * are aborted, so that their users fail over. RFC 3237 §2.7: de-register first.
   */
  drain(options: { readonly timeoutMs: number }): Promise<void>;
  /**
   * Aborts the sessions of users that the transport would not let in any more, after its
   * credentials were replaced.
   *
   * @returns how many.
   */
  recheck(): number;
  /** Accepts no more and aborts all sessions, so that their users fail over. */
  close(): Promise<void>;
}

/** All that is served on one port. */
export class ServedSessions implements Service {
  private readonly options: ServeOptions;
  private readonly limits: Limits;
  private readonly timing: SessionTiming;
  private readonly cookies: CookieKeys | undefined;
  private readonly load: ServedLoad | undefined;
  private readonly gate: ConnectionGate;
  private readonly refusals = new Refusals();
  /** Sessions that are not over. */
  private readonly all = new Set<Served>();
  /** Those, and connections that are being closed. */
  private readonly running = new Set<Promise<void>>();
  private readonly perAddress = new Map<string, number>();
  private readonly resolving = new Set<PoolHandle>();
  private readonly cardGate = new ConnectionGate(CARD_RATES);
  private listener: Listener | undefined;
  private isClosed = false;

  /** @throws {RangeError} if a key, the capacity or the policy is unfit. */
  constructor(
    private readonly element: ServedElement,
    private readonly handler: SessionHandler,
    options: ServeOptions,
  ) {
    this.options = withGuardedEvents(options);
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.timing = { ...SESSION_TIMING, ...options.timing };
    this.cookies = options.cookies && new CookieKeys(options.cookies);
    this.gate = new ConnectionGate({ ...DEFAULT_RATES, ...options.rates });
    this.load = options.capacity === undefined ? undefined : new ServedLoad(options.capacity, {
      policy: () => element.element({ host: "127.0.0.1", port: 0 }).policy,
      update: (policy) => element.update(policy),
    });
  }

  get address(): Address {
    return this.listener!.address;
  }

  get sessions(): number {
    return this.all.size;
  }

  /** @throws {ListenFailed} if none of the addresses can be listened on. */
  async listen(hosts: readonly string[], port: number): Promise<void> {
    const transport = this.options.transport ?? tcpTransport();
    for (const [at, host] of hosts.entries()) {
      try {
        this.listener = await transport.listen({ host, port }, (each) => this.accept(each), {
          tls: { role: "server", protocol: "rserpool" },
          networkOf,
          onRefused: (remote, why) => this.refuse(remote, why),
        });
        return;
      } catch (error) {
        if (error instanceof ListenFailed && at < hosts.length - 1) continue;
        this.load?.close();
        throw error;
      }
    }
  }

  async drain({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    this.isClosed = true;
    const timer = setTimeout(() => this.abortAll(), timeoutMs);
    try {
      await Promise.all([this.listener?.close(), ...this.running]);
    } finally {
      clearTimeout(timer);
      this.load?.close();
    }
  }

  recheck(): number {
    const { transport } = this.options;
    if (transport === undefined || !("objection" in transport)) return 0;
    const objection = (connection: Connection) =>
      (transport as SecureTransport).objection(connection);
    const unwanted = [...this.all].filter((session) => session.isObjectedTo(objection));
    for (const session of unwanted) session.abort();
    return unwanted.length;
  }

  async close(): Promise<void> {
    this.abortAll();
    await this.drain({ timeoutMs: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private abortAll(): void {
    for (const session of [...this.all]) session.abort();
  }

  private accept(connection: Connection): void {
    const { remote } = connection;
    const why = this.isClosed ? "it serves no more" : this.objectionTo(remote);
    if (why !== undefined) {
      connection.abort();
      if (!this.isClosed) this.refuse(remote, why);
      return;
    }
    const session = new Served(connection, this.parts());
    this.all.add(session);
    const key = networkOf(remote.host);
    this.perAddress.set(key, (this.perAddress.get(key) ?? 0) + 1);
    this.load?.change(this.all.size);
    const running = session.run();
    this.running.add(running);
    void running.finally(() => this.running.delete(running));
  }

  private forget(session: Served): void {
    this.all.delete(session);
    const key = networkOf(session.remote.host);
    const left = this.perAddress.get(key)! - 1;
    if (left > 0) this.perAddress.set(key, left);
    else this.perAddress.delete(key);
    this.load?.change(this.all.size);
  }

  /** RFC 5355 §2.1: nobody keeps others out. */
  private objectionTo({ host }: Address): string | undefined {
    const { maxSessions, maxSessionsPerAddress } = this.limits;
    if (this.all.size >= maxSessions) return `there are ${maxSessions} sessions`;
    if ((this.perAddress.get(networkOf(host)) ?? 0) >= maxSessionsPerAddress) {
      return `its address has ${maxSessionsPerAddress} sessions`;
    }
    return this.gate.admits(host, now()) ? undefined : "its address connects too often";
  }

  private refuse(remote: Address, why: string): void {
    const refusal = this.refusals.handshake(remote, why, now());
    if (refusal !== undefined) this.options.onEvent?.({ ...refusal, type: "session-refused" });
  }

  private parts(): ServedParts {
    const { element: { poolHandle, hasControl }, limits, timing, cookies, options } = this;
    const { onEvent } = options;
    return {
      poolHandle,
      hasControl,
      limits,
      timing,
      cookies,
      onBegan: (session) => this.begin(session),
      onCard: (session, card) => this.hearCard(session, card),
      onDiscarded: ({ remote }, messageType, why) =>
        onEvent?.({ type: "discarded", remote, messageType, why }),
      onErrorReceived: ({ remote }, causes: readonly ErrorCause[]) =>
        onEvent?.({ type: "error-received", remote, causes }),
      onOver: (session, fault, hasBegun) => this.end(session, fault, hasBegun),
    };
  }

  private hearCard(session: Served, card: BusinessCard): void {
    const { user, onBusinessCard } = this.options;
    try {
      onBusinessCard?.(card, session);
    } catch (error) {
      return this.fail(session, error);
    }
    // A few pools at once: nobody's cards make this element flood a registrar.
    if (user === undefined || this.resolving.size >= MAX_CARD_RESOLUTIONS) return;
    if (this.resolving.has(card.poolHandle)) return;
    if (!this.cardGate.admits(session.remote.host, now())) return;
    this.resolving.add(card.poolHandle);
    // Without an answer the cache stays as it was; whoever connects to the pool asks again.
    Promise.resolve()
      .then(() => user.resolve(card.poolHandle, { timeoutMs: CARD_RESOLUTION_MS }))
      .catch(() => {})
      .finally(() => this.resolving.delete(card.poolHandle));
  }

  private begin(session: Served): void {
    const { remote, security, state } = session;
    const hasState = state !== undefined;
    this.options.onEvent?.({ type: "session-began", remote, security, hasState });
    void this.runHandler(session);
  }

  private async runHandler(session: Served): Promise<void> {
    try {
      if (this.element.hasControl) this.sendCard(session);
      // Who begins is not run within what has made it begin.
      await undefined;
      await this.handler(session);
      await session.close();
    } catch (error) {
      this.fail(session, error);
    }
  }

  /** RFC 5352 §3.9: "a PE should always send an ASAP_BUSINESS_CARD message to a PU". */
  private sendCard(session: Served): void {
    const { element, options: { failoverOrder }, limits: { maxFailoverOrder } } = this;
    const self = element.element(session.local);
    const others = failoverOrder?.() ?? [];
    const order = others.filter(({ identifier }) => identifier !== self.identifier);
    const poolElements = [self, ...order].slice(0, maxFailoverOrder);
    session.sendBusinessCard({ poolHandle: element.poolHandle, poolElements });
  }

  /** What the program throws ends its session so that the user fails over, and nothing else. */
  private fail(session: Served, error: unknown): void {
    const isOwn = error === session.failure;
    session.abort();
    if (isOwn) return;
    this.options.onEvent?.({ type: "handler-failed", remote: session.remote, error });
  }

  private end(session: Served, fault: SessionFault | undefined, hasBegun: boolean): void {
    const { remote } = session;
    this.forget(session);
    if (hasBegun) return this.options.onEvent?.({ type: "session-ended", remote, fault });
    // Whoever only looks whether the port is open, as checks do, comes and goes without a word.
    if (fault === undefined || fault.reason === "closed" || fault.reason === "reset") return;
    this.refuse(remote, fault.detail ?? fault.reason);
  }
}
