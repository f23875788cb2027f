/** A DHCP server's side of shared bindings for programs. docs/dhcp.md §5.6. */

import {
  type Attempt,
  BINDING_ELEMENT_PROFILES,
  type BindingElementCommand,
  type BindingElementEvent,
  BindingElementMachine,
  type BindingRecords,
  DEFAULT_LIMITS,
} from "../core/mod.ts";
import { tcpTransport } from "../net/mod.ts";
import {
  asap,
  type Binding,
  type BindingServer,
  MAX_BINDINGS_PER_MESSAGE,
  type PoolHandle,
} from "../wire/mod.ts";
import type { BindingElementSettings, BindingPage } from "./binding_element_settings.ts";
import { ClientHints } from "./client_hints.ts";
import { Driver } from "./driver.ts";
import type { Traffic } from "./driver_traffic.ts";
import { guarded } from "./event_listener.ts";
import { systemRandom } from "./random.ts";
import { clientTransports } from "./transports.ts";

/**
 * The bindings that one DHCP server shares with others through registrars: it is told what they
 * know and all that changes, and tells them what its DHCP server did. Its registration in the pool
 * is a `PoolElement` of the same identifier: only who is registered may read and write.
 *
 * @example
 * ```ts
 * import {
 *   BindingElement,
 *   type BindingServer,
 *   PoolElement,
 *   Registrar,
 * } from "@rserpool/rserpool";
 *
 * const anyPort = [{ host: "127.0.0.1", port: 0 }];
 * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
 * const who = { registrars: registrar.asap, poolHandle: "dhcp/lan1", identifier: 7 };
 * await using element = new PoolElement({ ...who, port: 67, protocol: "udp" });
 * await element.register();
 *
 * const server: BindingServer = {
 *   identifier: 7,
 *   name: "lan1-a",
 *   version: 1,
 *   claim: 1,
 *   first: "192.0.2.10",
 *   last: "192.0.2.19",
 *   share: 1,
 *   shares: 2,
 *   lease: 3600,
 *   freeIn: 0,
 *   flags: [],
 *   acknowledgements: [],
 * };
 * const { promise: isPublished, resolve } = Promise.withResolvers<void>();
 * await using bindings = new BindingElement({
 *   ...who,
 *   onEvent: (event) => event.type === "published" && resolve(),
 * });
 * bindings.publish({ servers: [server], bindings: [] });
 * await bindings.start();
 * await isPublished;
 * ```
 */
export class BindingElement implements AsyncDisposable {
  /** The pool of the DHCP servers. */
  readonly poolHandle: PoolHandle;
  /** PE identifier of this DHCP server. */
  readonly identifier: number;

  private readonly machine: BindingElementMachine;
  private readonly driver: Driver<BindingElementCommand, BindingElementEvent>;
  private readonly hints: ClientHints | undefined;
  private readonly onEvent: (event: BindingElementEvent) => void;
  /** Commands that came while an event is being told. */
  private readonly waiting: BindingElementCommand[] = [];
  private isTelling = false;

  /**
   * Dials nobody yet.
   *
   * @throws {RangeError} if a value is out of range, or there is no registrar.
   */
  constructor(settings: BindingElementSettings) {
    this.poolHandle = settings.poolHandle;
    this.identifier = settings.identifier;
    this.onEvent = guarded((event: BindingElementEvent) => {
      settings.onEvent?.(event);
      if (event.type !== "dump-asked" || settings.ownTable === undefined) return;
      this.tellOwnTable(event.request, settings.ownTable(event.after));
    })!;
    this.requireEncodable([], []);
    const limits = { ...DEFAULT_LIMITS, ...settings.limits };
    const random = settings.random ?? systemRandom();
    this.machine = new BindingElementMachine({
      poolHandle: settings.poolHandle,
      peIdentifier: settings.identifier,
      registrars: settings.registrars,
      discovers: settings.discover !== undefined,
      timing: { ...BINDING_ELEMENT_PROFILES[settings.timingProfile ?? "rfc"], ...settings.timing },
      limits,
      random,
      order: settings.order,
      staggerMs: settings.staggerMs,
      tellsAttempts: settings.onEvent !== undefined,
    });
    this.driver = new Driver({
      machine: this.machine,
      limits,
      transports: clientTransports(settings.transport ?? tcpTransport()),
      onEvent: (event) => this.tell(event),
    });
    const command = (command: BindingElementCommand) => this.command(command);
    this.hints = settings.discover &&
      new ClientHints("ASAP", settings.discover, { random, limits, command });
  }

  /** Whether registrars have taken all that was published. */
  get isPublished(): boolean {
    return this.machine.isPublished;
  }

  /** What became of each registrar since one has answered: why none does, if none does. */
  get attempts(): readonly Attempt[] {
    return this.machine.attempts;
  }

  /** What has gone over its connections, for monitoring: a copy. */
  traffic(): Traffic {
    return this.driver.traffic();
  }

  /**
   * Looks for a registrar, and goes on until it is closed.
   *
   * @throws {ListenFailed} if it is to discover registrars and no multicast group can be joined.
   */
  async start(): Promise<void> {
    await this.hints?.ready();
    this.command({ type: "start" });
  }

  /**
   * Tells registrars, as soon as one is there, until one has taken it. What is newer of an address
   * takes the place of what waits.
   *
   * @throws {RangeError} if a value cannot be encoded; nothing of it is published then.
   */
  publish({ servers, bindings }: BindingRecords): void {
    this.requireEncodable(servers, bindings);
    this.command({ type: "publish", servers, bindings });
  }

  /** Asks at once what a pause after a rejection would put off: the element is registered now. */
  retry(): void {
    this.command({ type: "retry" });
  }

  /** Ends its connection. What no registrar has taken is forgotten. */
  async close(): Promise<void> {
    this.command({ type: "stop" });
    await Promise.all([this.hints?.close(), this.driver.close()]);
  }

  /** Ends it in order, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Answers who asks for the own table. */
  private tellOwnTable(request: number, page: BindingPage): void {
    this.requireEncodable(page.servers, page.bindings);
    const { servers, bindings, moreToSend } = page;
    this.command({ type: "table-page", request, servers, bindings, moreToSend });
  }

  /** What cannot be encoded is the caller's mistake, to be told before it is in the machine. */
  private requireEncodable(servers: readonly BindingServer[], bindings: readonly Binding[]): void {
    const { poolHandle, identifier: peIdentifier } = this;
    const type = "ASAP_BINDING_UPDATE";
    const about = { request: 0, poolHandle, peIdentifier };
    for (const each of servers) asap.encode({ type, ...about, servers: [each], bindings: [] });
    for (let at = 0; at === 0 || at < bindings.length; at += ENCODED_AT_ONCE) {
      const some = bindings.slice(at, at + ENCODED_AT_ONCE);
      asap.encode({ type, ...about, servers: [], bindings: some });
    }
  }

  /** Whoever is told something hears it to its end before more happens. */
  private command(command: BindingElementCommand): void {
    if (this.isTelling) this.waiting.push(command);
    else this.driver.command(command);
  }

  /** Tells an event, and then does what was asked for meanwhile. */
  private tell(event: BindingElementEvent): void {
    this.isTelling = true;
    this.onEvent(event);
    this.isTelling = false;
    for (;;) {
      const command = this.waiting.shift();
      if (command === undefined) return;
      this.driver.command(command);
    }
  }
}

/** Bindings of the longest kind that fit into one message in any case. */
const ENCODED_AT_ONCE = MAX_BINDINGS_PER_MESSAGE / 4;
