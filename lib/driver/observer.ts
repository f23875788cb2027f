/** Asking a registrar what it knows, without being one: `peers`, `dump` and `status`. */

import {
  type BindingQuestion,
  bindingRequest,
  DEFAULT_LIMITS,
  type HuntTiming,
  type Limits,
  type ObserverCommand,
  type ObserverEvent,
  ObserverMachine,
  POOL_USER_TIMING,
  type Random,
  type SocketAddress,
  type TablePool,
} from "../core/mod.ts";
import { tcpTransport, type Transport } from "../net/mod.ts";
import {
  type Binding,
  type BindingDigest,
  type BindingServer,
  CAUSE,
  enrp,
  type ErrorCause,
  type ListedServer,
  type PoolHandle,
} from "../wire/mod.ts";
import { ClientHints } from "./client_hints.ts";
import { now } from "./clock.ts";
import { Driver } from "./driver.ts";
import { guarded } from "./event_listener.ts";
import { RegistrarUnreachable, RequestRejected } from "./errors.ts";
import type { DiscoverSettings } from "./multicast_settings.ts";
import { systemRandom } from "./random.ts";
import { Requests, type Wait } from "./requests.ts";
import { clientTransports } from "./transports.ts";

/** What an {@linkcode Observer} is made of. */
export interface ObserverSettings {
  /** ENRP addresses of registrars, at least one unless it discovers; tried in this order. */
  readonly registrars: readonly SocketAddress[];
  /** Finds registrars that announce themselves by multicast, besides those given. */
  readonly discover?: DiscoverSettings | undefined;
  /** Timers that differ from the defaults. */
  readonly timing?: Partial<HuntTiming>;
  /** Limits that differ from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
  /**
   * The next registrar is tried this many milliseconds after the one before, even if that one is
   * connected and silent. Absent: three are tried at once.
   */
  readonly staggerMs?: number;
  /**
   * Told of everything that happens, in order. It should not throw: what it throws is written to
   * standard error, once, and all goes on.
   */
  readonly onEvent?: (event: ObserverEvent) => void;
  /** Where random numbers come from. Default: the system. */
  readonly random?: Random;
  /** How registrars are reached: `pskTransport`, `certificateTransport`; default plain TCP. */
  readonly transport?: Transport;
}

/** The registrar that answered. */
export interface AnsweringRegistrar {
  /** Server identifier. */
  readonly identifier: number;
  /** The address at which it was asked. */
  readonly address: SocketAddress;
}

/** The registrars of the operational scope, as one registrar knows them. */
export interface PeerList {
  /** Who has answered. */
  readonly registrar: AnsweringRegistrar;
  /** All but the one that answered, with what that one thinks of each, if it says so. */
  readonly peers: readonly ListedServer[];
}

/** The handle table as one registrar holds it. */
export interface HandleTable {
  /** Who has answered. */
  readonly registrar: AnsweringRegistrar;
  /** All pools. */
  readonly pools: readonly TablePool[];
}

/** Who a registrar is and whether it serves. */
export interface RegistrarStatus {
  /** Server identifier. */
  readonly identifier: number;
  /** Where it is. */
  readonly address: SocketAddress;
  /** `false` while it rejects requests, such as when it still downloads its handle table. */
  readonly serves: boolean;
}

/** What the tables of DHCP bindings come to that a registrar keeps. */
export interface BindingTables {
  /** Who has answered. */
  readonly registrar: AnsweringRegistrar;
  /** One for each DHCP pool: equal tables have equal digests. */
  readonly tables: readonly BindingDigest[];
}

/** The DHCP bindings of a pool, as a registrar or one of its DHCP servers has them. */
export interface PoolBindings {
  /** Who has answered. */
  readonly registrar: AnsweringRegistrar;
  /** The pool's DHCP servers. */
  readonly servers: readonly BindingServer[];
  /** In the order of their addresses. */
  readonly bindings: readonly Binding[];
  /** Of clients that had to give an address up, as another client has it. */
  readonly lost: readonly Binding[];
}

/** Whose bindings are wanted. */
export interface BindingsOptions extends Wait {
  /** The PE identifier of a DHCP server: what it has itself. Default: what the registrar has. */
  readonly server?: number | undefined;
}

/** How an operator's word is to be taken. */
export interface PartnerDownOptions extends Wait {
  /** Even if the DHCP server is heard. */
  readonly force?: boolean | undefined;
}

/** What came of an operator's word. */
export interface PartnerDown {
  /** Who has answered. */
  readonly registrar: AnsweringRegistrar;
  /** The DHCP server's record as it is now: `freeIn` says when its share is free. */
  readonly server: BindingServer;
}

const DEFAULT_TIMEOUT_MS = 5_000;

/**
 * Asks registrars on their ENRP side as an observer (docs/tcp-mapping.md §3): it is no peer and is
 * added to no list.
 *
 * @example
 * ```ts
 * import { Observer, Registrar } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * await using registrar = await Registrar.start({
 *   asap: [{ host: "127.0.0.1", port: 0 }],
 *   enrp: [{ host: "127.0.0.1", port: 0 }],
 * });
 * await using observer = new Observer({ registrars: registrar.enrp });
 * const status = await observer.status();
 * assert.equal(status.identifier, registrar.identifier);
 * assert.equal(status.serves, true);
 * ```
 */
export class Observer implements AsyncDisposable {
  private readonly driver: Driver<ObserverCommand, ObserverEvent>;
  private readonly requests = new Requests<Answer>();
  private readonly hints: ClientHints | undefined;
  private readonly onEvent: (event: ObserverEvent) => void;

  /** Dials nobody yet. */
  constructor(settings: ObserverSettings) {
    this.onEvent = guarded(settings.onEvent) ?? (() => {});
    const limits = { ...DEFAULT_LIMITS, ...settings.limits };
    const random = settings.random ?? systemRandom();
    const machine = new ObserverMachine({
      registrars: settings.registrars,
      discovers: settings.discover !== undefined,
      timing: { ...POOL_USER_TIMING, ...settings.timing },
      limits,
      random,
      staggerMs: settings.staggerMs,
      tellsAttempts: settings.onEvent !== undefined,
    });
    this.driver = new Driver({
      machine,
      limits,
      transports: clientTransports(settings.transport ?? tcpTransport()),
      onEvent: (event) => this.handle(event),
    });
    const command = (command: ObserverCommand) => this.driver.command(command);
    this.hints = settings.discover &&
      new ClientHints("ENRP", settings.discover, { random, limits, command });
  }

  /**
   * The registrars that the answering one knows. RFC 5353 §2.5.
   *
   * @throws {RequestRejected} if it refuses. @throws {RegistrarUnreachable} if none answered in
   * time.
   */
  async peers(wait: Wait = {}): Promise<PeerList> {
    const answer = await this.ask({ type: "list" }, wait) as Answer & { type: "listed" };
    const { identifier, registrar, servers } = answer;
    return { registrar: { identifier, address: registrar }, peers: servers };
  }

  /**
   * The whole handle table, in as many pages as it takes. RFC 5353 §2.2. A download that is cut is
   * an error, never a shorter table.
   *
   * @throws {RequestRejected} if it refuses. @throws {RegistrarUnreachable} if none answered in
   * time.
   */
  async handleTable(wait: Wait = {}): Promise<HandleTable> {
    const answer = await this.ask({ type: "handle-table" }, wait) as Answer & { type: "table" };
    const { identifier, registrar, pools } = answer;
    return { registrar: { identifier, address: registrar }, pools };
  }

  /**
   * Who the answering registrar is and whether it serves.
   *
   * @throws {RegistrarUnreachable} if none answered in time.
   * @throws {RequestRejected} if it is a secured one, and who asks may not see its list of peers.
   */
  async status(wait: Wait = {}): Promise<RegistrarStatus> {
    try {
      const { registrar } = await this.peers(wait);
      return { ...registrar, serves: true };
    } catch (error) {
      // Whoever may not ask has learned nothing of whether it serves.
      if (!(error instanceof RequestRejected) || error.causes.some(isSecurity)) throw error;
      return { identifier: error.registrar, address: error.address, serves: false };
    }
  }

  /**
   * The tables of DHCP bindings that a registrar keeps. docs/dhcp.md §5.3.
   *
   * @throws {RequestRejected} if it refuses. @throws {RegistrarUnreachable} if none answered in
   * time.
   */
  async bindingTables(wait: Wait = {}): Promise<BindingTables> {
    const answer = await this.ask({ type: "binding-tables" }, wait);
    const { identifier, registrar, tables } = answer as Answer & { type: "binding-tables" };
    return { registrar: { identifier, address: registrar }, tables };
  }

  /**
   * The DHCP bindings of a pool, in as many pages as it takes. docs/dhcp.md §5.3.
   *
   * @throws {RequestRejected} if all refuse, as the pool has none, or as that DHCP server is not
   * connected with any of them. @throws {RegistrarUnreachable} if none answered in time.
   */
  async bindings(poolHandle: PoolHandle, options: BindingsOptions = {}): Promise<PoolBindings> {
    const { server, ...wait } = options;
    const answer = await this.ask({ type: "bindings", poolHandle, server }, wait);
    const { identifier, registrar, ...told } = answer as Answer & { type: "bindings" };
    const { servers, bindings, lost } = told;
    return { registrar: { identifier, address: registrar }, servers, bindings, lost };
  }

  /**
   * Says as an operator that a DHCP server is down, so that its share is free one longest lease
   * later. docs/dhcp.md §3.5.
   *
   * @throws {RequestRejected} if a registrar refuses: that server is heard, or unknown, or who
   * asks may not. @throws {RegistrarUnreachable} if none answered in time: it may be done or not.
   * @throws {RangeError} if the name can be none.
   */
  async partnerDown(
    poolHandle: PoolHandle,
    name: string,
    options: PartnerDownOptions = {},
  ): Promise<PartnerDown> {
    const { force, ...wait } = options;
    const answer = await this.ask({ type: "partner-down", poolHandle, name, force }, wait);
    const { identifier, registrar, servers } = answer as Answer & { type: "partner-down" };
    const address = registrar;
    const [server] = servers;
    if (server === undefined) throw new RequestRejected(identifier, address, []);
    return { registrar: { identifier, address }, server };
  }

  /** Ends all connections; open questions fail. */
  async close(): Promise<void> {
    this.driver.command({ type: "stop" });
    this.requests.close(new DOMException("The observer was closed", "AbortError"));
    await Promise.all([this.hints?.close(), this.driver.close()]);
  }

  /** Ends it in order, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Asks, and waits for the answer. */
  private async ask(asked: Asked, wait: Wait): Promise<Answer> {
    const deadline = now() + (wait.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    // What cannot be encoded is the caller's mistake, to be told before anybody is dialled.
    if ("poolHandle" in asked) enrp.encode(bindingRequest({ ...asked, request: 0, deadline }));
    await this.hints?.ready();
    return await this.requests.ask(
      (request) => this.driver.command({ ...asked, request, deadline }),
      (request) => this.driver.command({ type: "cancel", request }),
      wait.signal,
    );
  }

  /** Settles the questions that an event answers. */
  private handle(event: ObserverEvent): void {
    if (event.type === "failed") {
      this.requests.reject(event.request, failure(event, this.hints?.remark));
    } else if ("identifier" in event) this.requests.resolve(event.request, event);
    this.onEvent(event);
  }
}

type Answer = Extract<ObserverEvent, { readonly identifier: number }>;
/** A question without its number and its time. */
type Asked =
  | { readonly type: "list" | "handle-table" | "binding-tables" }
  | Unnumbered<Extract<BindingQuestion, { type: "bindings" }>>
  | Unnumbered<Extract<BindingQuestion, { type: "partner-down" }>>;
type Unnumbered<Question> = Omit<Question, "request" | "deadline">;

function failure(event: ObserverEvent & { type: "failed" }, remark: string | undefined): Error {
  switch (event.why) {
    case "rejected":
      return new RequestRejected(event.identifier, event.registrar, event.causes);
    case "no-registrar":
      return new RegistrarUnreachable(event.attempts, remark);
    case "stopped":
      return new DOMException("The observer was closed", "AbortError");
  }
}

function isSecurity({ code }: ErrorCause): boolean {
  return code === CAUSE.rejectedDueToSecurityConsiderations;
}
