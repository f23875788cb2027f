/** The pool element's side of ASAP for programs. RFC 5352 §3.1, §3.2, §3.4 and §3.6. */

import {
  type Attempt,
  DEFAULT_LIMITS,
  POOL_ELEMENT_PROFILES,
  type PoolElementCommand,
  type PoolElementEvent as MachineEvent,
  PoolElementMachine,
  type PoolElementState,
} from "../core/mod.ts";
import { type Connection, tcpTransport } from "../net/mod.ts";
import {
  asap,
  comparableAddress,
  type IpAddress,
  type Policy,
  type PoolElement as PoolElementValue,
  type PoolHandle,
  type Transport as UserTransport,
  USE_DATA_PLUS_CONTROL,
} from "../wire/mod.ts";
import type { SessionHandler } from "./session/contract.ts";
import {
  hostsToListen,
  requirePort,
  requireServable,
  withAddress,
  withPort,
} from "./session/served_element.ts";
import { ServedSessions, type ServeOptions, type Service } from "./session/served_service.ts";
import { ClientHints } from "./client_hints.ts";
import { PoolElementCounter, type PoolElementTraffic } from "./client_traffic.ts";
import { now } from "./clock.ts";
import { Driver } from "./driver.ts";
import { withGuardedEvents } from "./event_listener.ts";
import { DeregistrationRejected, RegistrarUnreachable, RegistrationRejected } from "./errors.ts";
import { type PoolElementSettings, userTransport } from "./pool_element_settings.ts";
import { randomIdentifier, systemRandom } from "./random.ts";
import { Refusals } from "./refusals.ts";
import { Requests, type Wait } from "./requests.ts";
import { clientTransports } from "./transports.ts";

const DEFAULT_LIFE_S = 300;

/**
 * One pool element. While registered it answers keep-alives, re-registers before its life ends, and
 * finds another registrar when its home fails (RFC 5352 §3.6).
 *
 * @example
 * ```ts
 * import { PoolElement, Registrar } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const anyPort = [{ host: "127.0.0.1", port: 0 }];
 * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
 * const element = new PoolElement({ registrars: registrar.asap, poolHandle: "web", port: 8081 });
 * await element.register();
 * assert.equal(element.state, "registered");
 * await element.deregister();
 * await element.close();
 * ```
 */
export class PoolElement implements AsyncDisposable {
  /** The pool's handle. */
  readonly poolHandle: PoolHandle;
  /** PE Identifier; the same as long as this object lives. */
  readonly identifier: number;

  private readonly machine: PoolElementMachine;
  private readonly driver: Driver<PoolElementCommand, MachineEvent>;
  private readonly settings: PoolElementSettings;
  private readonly registrationLife: number;
  private userTransport: UserTransport;
  private policy: Policy;
  private readonly services = new Set<Service>();
  private readonly hints: ClientHints | undefined;
  private readonly registrations = new Requests<void>();
  private readonly deregistrations = new Requests<void>();
  private readonly endpoints = new Map<IpAddress, Promise<void>>();
  private readonly endpointPorts = new Map<IpAddress, number>();
  private readonly counter = new PoolElementCounter();

  /** @throws {RangeError | SyntaxError} if a value is out of range or malformed. */
  /** Makes an element that is not registered yet; nothing is dialled. */
  constructor(given: PoolElementSettings) {
    const settings = withGuardedEvents(given);
    this.settings = settings;
    this.poolHandle = settings.poolHandle;
    const random = settings.random ?? systemRandom();
    this.identifier = settings.identifier ?? randomIdentifier(random);
    const { registrationLife = DEFAULT_LIFE_S, policy = { name: "round-robin" } } = settings;
    const { identifier } = this;
    const transport = userTransport(settings);
    this.registrationLife = registrationLife;
    this.userTransport = transport;
    this.policy = policy;
    this.requireEncodable(policy);
    const limits = { ...DEFAULT_LIMITS, ...settings.limits };
    this.machine = new PoolElementMachine({
      poolHandle: settings.poolHandle,
      element: { identifier, registrationLife, transport, policy },
      registrars: settings.registrars,
      discovers: settings.discover !== undefined,
      timing: { ...POOL_ELEMENT_PROFILES[settings.timingProfile ?? "rfc"], ...settings.timing },
      limits,
      random,
      order: settings.order ?? "random",
      staggerMs: settings.staggerMs,
      tellsAttempts: settings.onEvent !== undefined,
      endpointPort: (local) => this.endpointPorts.get(local),
    });
    const refusals = new Refusals();
    this.driver = new Driver({
      machine: this.machine,
      limits,
      transports: clientTransports(settings.transport ?? tcpTransport()),
      onEvent: (event) => this.handle(event),
      onRefused: (remote, why) => {
        const refusal = refusals.handshake(remote, why, now());
        if (refusal !== undefined) settings.onEvent?.(refusal);
      },
      beforeConnected: (connection) => this.openEndpoint(connection),
    });
    const command = (command: PoolElementCommand) => this.driver.command(command);
    this.hints = settings.discover &&
      new ClientHints("ASAP", settings.discover, { random, limits, command });
  }

  /** Where the element is with its registration. */
  get state(): PoolElementState {
    return this.machine.state;
  }

  /** Server identifier of the home registrar, where it is known. */
  get home(): number | undefined {
    return this.machine.home;
  }

  /** What became of each registrar since the last grant: why none has it, if none has it. */
  get attempts(): readonly Attempt[] {
    return this.machine.attempts;
  }

  /** What it has done since it was made, for monitoring: a copy. See `Registrar.traffic`. */
  traffic(): PoolElementTraffic {
    return this.counter.view(this.driver.traffic());
  }

  /**
   * Registers, and keeps the element registered from then on. It hunts for a registrar for ever,
   * unless a limit is given.
   *
   * @returns resolved with the first grant.
   * @throws {RegistrationRejected} if a registrar rejects it; it is not tried again.
   * @throws {RegistrarUnreachable} if there was no grant within `timeoutMs`; it is not tried
   * further.
   * @throws {ListenFailed} if the ASAP endpoint's address, when given, cannot be listened on, or
   * if it is to discover registrars and no multicast group can be joined.
   * @throws {DOMException} `AbortError` if it is de-registered or closed before the grant.
   */
  async register(wait: Wait = {}): Promise<void> {
    if (this.state === "stopped") throw closed();
    await this.openGivenEndpoint();
    await this.hints?.ready();
    if (this.state === "registered") return;
    requirePort(this.userTransport);
    const { timeoutMs, signal } = wait;
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.giveUp(), timeoutMs);
    try {
      await this.registrations.ask(
        () => this.driver.command({ type: "register" }),
        () => this.giveUp(),
        signal,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Serves users' sessions on the element's port: runs the handler for each. A session ends in
   * order when its handler is done; when that throws, its user fails over. With Transport Use 1
   * there is a control channel, for cookies and business cards (RFC 5352 §3.8, §3.9); with 0 the
   * stream has the bytes of the application and nothing else.
   *
   * De-registered, it serves on; {@linkcode Service.drain} ends that (RFC 3237 §2.7).
   *
   * @returns resolved when it listens. With port 0 in the settings, register only then.
   * @throws {ListenFailed} if the address cannot be listened on.
   * @throws {RangeError} if the transport is not of TCP, or an option is out of range.
   * @throws {DOMException} `AbortError` if it is closed meanwhile.
   *
   * @example
   * ```ts
   * import { PoolElement, PoolUser, Registrar } from "@rserpool/rserpool";
   * import assert from "node:assert/strict";
   *
   * const anyPort = [{ host: "127.0.0.1", port: 0 }];
   * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
   * const registrars = registrar.asap;
   * const settings = { registrars, poolHandle: "echo", port: 0, addresses: ["127.0.0.1"] };
   * await using element = new PoolElement({ ...settings, use: "data+control" });
   * await element.serve(async (session) => {
   *   for (let bytes = await session.receive(); bytes; bytes = await session.receive()) {
   *     await session.send(bytes);
   *   }
   * });
   * await element.register();
   *
   * using user = new PoolUser({ registrars });
   * await using session = await user.connect("echo");
   * await session.send(Uint8Array.of(1, 2, 3));
   * assert.deepEqual((await session.receive())?.bytes, Uint8Array.of(1, 2, 3));
   * ```
   */
  async serve(handler: SessionHandler, options: ServeOptions = {}): Promise<Service> {
    const transport = requireServable(this.userTransport);
    const service = new ServedSessions(
      {
        poolHandle: this.poolHandle,
        hasControl: transport.use === USE_DATA_PLUS_CONTROL,
        element: (local) => this.elementAt(local.host),
        update: (policy) => this.update({ policy }),
      },
      handler,
      options,
    );
    await service.listen(hostsToListen(transport, options.host), transport.port);
    this.services.add(service);
    if (this.state === "stopped") {
      await service.close();
      throw closed();
    }
    if (transport.port === 0) {
      this.userTransport = withPort(transport, service.address.port);
      this.driver.command({ type: "transport", transport: this.userTransport });
    }
    return service;
  }

  /**
   * Changes the policy or its values (a load): the element re-registers at once. RFC 5352 §3.1.
   *
   * @throws {RangeError} if a value of the policy is out of range; nothing is changed then.
   */
  update(change: { readonly policy: Policy }): void {
    this.requireEncodable(change.policy);
    this.policy = change.policy;
    this.driver.command({ type: "update", policy: change.policy });
  }

  /**
   * De-registers. RFC 5352 §3.2.
   *
   * @returns resolved when a registrar has granted it: from then on nobody is sent here any more.
   * @throws {RegistrarUnreachable} if there was no answer within `timeoutMs`, or, without a limit,
   * before the registration's life was over. The element may then stay listed until its life ends.
   * @throws {DeregistrationRejected} if a registrar rejects it.
   */
  deregister(wait: Wait = {}): Promise<void> {
    const { timeoutMs, signal } = wait;
    const deadline = timeoutMs === undefined ? undefined : now() + timeoutMs;
    return this.deregistrations.ask(
      () => {
        const reason = new DOMException("The pool element was de-registered", "AbortError");
        this.registrations.rejectAll(reason);
        this.driver.command({ type: "deregister", deadline });
      },
      () => this.driver.command({ type: "deregister", deadline: now() }),
      signal,
    );
  }

  /**
   * Ends all connections, sessions and the ASAP endpoint, without a word to the registrar. Users of
   * sessions fail over.
   */
  async close(): Promise<void> {
    this.driver.command({ type: "stop" });
    this.registrations.close(closed());
    this.deregistrations.close(closed());
    const services = [...this.services].map((each) => each.close());
    await Promise.all([this.hints?.close(), this.driver.close(), ...services]);
  }

  /** De-registers within a second if it is registered, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.state === "registered") await this.deregister({ timeoutMs: 1_000 });
    } catch { // nobody is there to take the word; the registrar notices the closed connection
    } finally {
      await this.close();
    }
  }

  /** What cannot be encoded is the caller's mistake, to be told before any registrar is sought. */
  private requireEncodable(policy: Policy): void {
    const { identifier, registrationLife, userTransport: transport } = this;
    if (identifier === 0) throw new RangeError("Cannot register PE identifier 0");
    const isBare = transport.protocol !== "opaque" && transport.addresses.length === 0;
    asap.encode({
      type: "ASAP_REGISTRATION",
      poolHandle: this.poolHandle,
      poolElement: {
        identifier,
        registrationLife,
        home: 0,
        transport: isBare ? { ...transport, addresses: ["127.0.0.1"] } : transport,
        policy,
      },
    });
  }

  /** The element as a user sees it that has found it at an address. */
  private elementAt(host: string): PoolElementValue {
    const { identifier, home = 0, registrationLife, policy, userTransport } = this;
    const transport = withAddress(userTransport, comparableAddress(host));
    return { identifier, home, registrationLife, policy, transport };
  }

  /** Whoever waits for a registration does not any more. */
  private giveUp(): void {
    this.registrations.rejectAll(
      new RegistrarUnreachable(this.machine.attempts, this.hints?.remark),
    );
    this.driver.command({ type: "deregister", deadline: now() });
  }

  /** Listens where the settings say, before a registrar is dialled. */
  private async openGivenEndpoint(): Promise<void> {
    const { asap } = this.settings;
    if (asap === false || asap?.host === undefined || this.endpointPorts.has(asap.host)) return;
    await this.listen(asap.host, asap.port ?? 0);
    const port = this.endpointPorts.get(asap.host)!;
    this.driver.command({ type: "endpoint", endpoint: { host: asap.host, port } });
  }

  /** Without a given address, the endpoint is where this connection comes from. */
  private async openEndpoint(connection: Connection): Promise<void> {
    const { asap } = this.settings;
    const host = comparableAddress(connection.local.host);
    if (asap === false || asap?.host !== undefined) return;
    try {
      await this.listen(host, asap?.port ?? 0);
    } catch (error) {
      // A port in use stays so: a registration that waits must say it, instead of hunting on.
      this.registrations.rejectAll(error);
      throw error;
    }
  }

  /** Listens at an address, once: several registrars may be reached from it at the same time. */
  private listen(host: IpAddress, port: number): Promise<void> {
    let opening = this.endpoints.get(host);
    if (opening === undefined) {
      opening = this.open(host, port);
      this.endpoints.set(host, opening);
      opening.catch(() => this.endpoints.delete(host));
    }
    return opening;
  }

  /** Listens at an address. */
  private async open(host: IpAddress, port: number): Promise<void> {
    const address = await this.driver.listen("ASAP", { host, port });
    this.endpointPorts.set(host, address.port);
  }

  /** Settles the promises that an event is about. */
  private handle(event: MachineEvent): void {
    this.counter.note(event);
    if (event.type === "registered") this.registrations.resolveAll(undefined);
    else if (event.type === "rejected") {
      const { poolHandle, identifier } = this;
      this.registrations.rejectAll(new RegistrationRejected(poolHandle, identifier, event.causes));
    } else if (event.type === "deregistered") this.settleDeregistration(event);
    this.settings.onEvent?.(event);
  }

  /** Settles the promises of a de-registration. */
  private settleDeregistration(event: MachineEvent & { type: "deregistered" }): void {
    if (event.outcome === "granted") this.deregistrations.resolveAll(undefined);
    else if (event.outcome === "gave-up") {
      this.deregistrations.rejectAll(new RegistrarUnreachable(event.attempts));
    } else {
      const { poolHandle, identifier } = this;
      const rejected = new DeregistrationRejected(poolHandle, identifier, event.causes);
      this.deregistrations.rejectAll(rejected);
    }
  }
}

function closed(): DOMException {
  return new DOMException("The pool element was closed", "AbortError");
}
