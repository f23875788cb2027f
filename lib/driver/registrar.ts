/** A registrar for programs: the RFCs' ENRP server. RFC 5352 §3, RFC 5353. */

import {
  type Arbitration,
  DEFAULT_LIMITS,
  type Limits,
  type Random,
  REGISTRAR_PROFILES,
  type RegistrarCommand,
  type RegistrarEvent,
  RegistrarMachine,
  type RegistrarTiming,
  type RsplibPeers,
  type SocketAddress,
  type TimingProfile,
} from "../core/mod.ts";
import { tcpTransport, type Transport } from "../net/mod.ts";
import { isLoopback, parseIpAddress } from "../wire/mod.ts";
import { Driver } from "./driver.ts";
import type { Discovering } from "./discovery.ts";
import type { AnnounceSettings } from "./multicast_settings.ts";
import { randomIdentifier, systemRandom } from "./random.ts";

/** What a {@linkcode Registrar} is made of. */
export interface RegistrarSettings {
  /** Where it serves ASAP. Default `127.0.0.1:3863`; port 0 for any. */
  readonly asap?: readonly SocketAddress[];
  /** Where it serves ENRP. Default `127.0.0.1:9901`; port 0 for any. */
  readonly enrp?: readonly SocketAddress[];
  /**
   * ENRP addresses of registrars to be peers of; hosts may be names. One of them is asked for the
   * handlespace before this one serves (RFC 5353 §3.2); those that cannot be reached are dialled
   * again for ever. Its own address may be among them. Default: none.
   */
  readonly mentors?: readonly SocketAddress[];
  /**
   * Which peers are rsplib registrars behind a relay (docs/tcp-mapping.md): those at these ENRP
   * addresses, or all. It implies `smaller-wins` and the timing profile `fast`. Default: none.
   */
  readonly rsplibPeers?: RsplibPeers | undefined;
  /**
   * Which identifier wins where two registrars want to take over a third, the same in the whole
   * cluster. Default: `larger-wins`, RFC 5353 §3.5.1.
   */
  readonly arbitration?: Arbitration | undefined;
  /** What peers are told instead of `enrp`: behind address translation, in a container. */
  readonly advertiseEnrp?: SocketAddress;
  /** What announcements tell instead of `asap`: an IP address and a port. */
  readonly advertiseAsap?: SocketAddress;
  /** Announces itself by multicast and finds peers so. RFC 5352 §3.6. Default: it does not. */
  readonly announce?: AnnounceSettings | undefined;
  /** Server identifier, 1 to 0xffffffff. Default: random, RFC 5353 §2.1. */
  readonly identifier?: number;
  /**
   * `observed` (default): an element registers the address that its connection comes from
   * (docs/tcp-mapping.md §5). `any`: no check.
   */
  readonly addressCheck?: "observed" | "any";
  /** The defaults of `timing`. Default `rfc`; with `rsplibPeers` `fast`. */
  readonly timingProfile?: TimingProfile;
  /** Timers and thresholds that differ from those of the profile. */
  readonly timing?: Partial<RegistrarTiming>;
  readonly limits?: Partial<Limits>;
  /** Told of everything that happens, in order. */
  readonly onEvent?: (event: RegistrarEvent) => void;
  readonly random?: Random;
  readonly transport?: Transport;
  /** Gives up a start that waits for its mentors; a registrar that serves does not look at it. */
  readonly signal?: AbortSignal;
}

const DEFAULT_ASAP: readonly SocketAddress[] = [{ host: "127.0.0.1", port: 3863 }];
const DEFAULT_ENRP: readonly SocketAddress[] = [{ host: "127.0.0.1", port: 9901 }];

/**
 * A running registrar. It forgets everything when it ends; its elements then find another one, or
 * the next that serves at the same address.
 *
 * @example
 * ```ts
 * import { Registrar } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * await using registrar = await Registrar.start({
 *   asap: [{ host: "127.0.0.1", port: 0 }],
 *   enrp: [{ host: "127.0.0.1", port: 0 }],
 * });
 * assert(registrar.asap[0]!.port > 0);
 * ```
 */
export class Registrar implements AsyncDisposable {
  /** Server identifier. */
  readonly identifier: number;
  /** Where it serves ASAP, with the ports as they turned out. */
  readonly asap: readonly SocketAddress[];
  /** Where it serves ENRP, with the ports as they turned out. */
  readonly enrp: readonly SocketAddress[];
  /** Resolved when it has stopped. */
  readonly finished: Promise<void>;

  private readonly process: Process;
  private readonly finish: () => void;
  private stopping: Promise<void> | undefined;

  private constructor(identifier: number, process: Process, { asap, enrp }: Listening) {
    this.identifier = identifier;
    this.process = process;
    this.asap = asap;
    this.enrp = enrp;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.finish = resolve;
  }

  /**
   * Starts a registrar; it serves when the promise is resolved: with mentors once it has the
   * handlespace of one of them, or alone once none can be reached.
   *
   * @throws {RangeError} if `rsplibPeers` and the arbitration `larger-wins` are both asked for.
   * @throws {ListenFailed} if an address cannot be listened on, or a multicast group not be joined.
   * Nothing is left open.
   * @throws the reason of `signal`, if that aborts before. Nothing is left open.
   */
  static async start(settings: RegistrarSettings = {}): Promise<Registrar> {
    const { signal, mentors = [], advertiseEnrp } = settings;
    signal?.throwIfAborted();
    const random = settings.random ?? systemRandom();
    const identifier = settings.identifier ?? randomIdentifier(random);
    const process = new Process(identifier, random, settings);
    try {
      const listening = await process.listen(settings);
      const served = { enrp: listening.enrp, advertisedEnrp: advertiseEnrp };
      process.driver.command({ type: "start", served });
      // Without mentors it serves from its first moment.
      if (mentors.length > 0) await unlessAborted(process.serving, signal);
      await process.announce(identifier, listening, settings);
      return new Registrar(identifier, process, listening);
    } catch (error) {
      await process.end();
      throw error;
    }
  }

  /**
   * Stops in order: nothing more is accepted, its elements are handed over to its peers, for
   * `handoverMs` at most, and all associations are closed.
   */
  stop(): Promise<void> {
    return this.stopping ??= this.process.end().then(this.finish);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Where a registrar turned out to listen. */
interface Listening {
  readonly asap: readonly SocketAddress[];
  readonly enrp: readonly SocketAddress[];
}

/** A registrar's machine at work, whether it serves already or not. */
class Process {
  readonly driver: Driver<RegistrarCommand, RegistrarEvent>;
  /** Resolved when initialization is over. RFC 5353 §3.2. */
  readonly serving: Promise<void>;
  private readonly stopped: Promise<void>;
  private readonly random: Random;
  private announcing: Discovering | undefined;

  constructor(identifier: number, random: Random, settings: RegistrarSettings) {
    this.random = random;
    const limits = { ...DEFAULT_LIMITS, ...settings.limits };
    const asap = settings.asap ?? DEFAULT_ASAP;
    const machine = new RegistrarMachine({
      identifier,
      random,
      limits,
      timing: { ...REGISTRAR_PROFILES[profileOf(settings)], ...settings.timing },
      addressCheck: settings.addressCheck ?? "observed",
      interfaceAddresses,
      loopbackOnly: asap.every((address) => isLoopbackHost(address.host)),
      mentors: settings.mentors,
      rsplibPeers: settings.rsplibPeers,
      arbitration: settings.arbitration,
    });
    const [serving, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.serving = serving.promise;
    this.stopped = stopped.promise;
    this.driver = new Driver({
      machine,
      limits,
      transport: settings.transport ?? tcpTransport(),
      onEvent: (event) => {
        settings.onEvent?.(event);
        const { type }: { type: string } = event;
        if (type === "serving") serving.resolve();
        else if (type === "stopped") stopped.resolve();
      },
    });
  }

  async listen(
    { asap = DEFAULT_ASAP, enrp = DEFAULT_ENRP }: RegistrarSettings,
  ): Promise<Listening> {
    return { asap: await this.listenAll("ASAP", asap), enrp: await this.listenAll("ENRP", enrp) };
  }

  /** Announces it, if so asked: once it serves, as those who hear of it come at once. */
  async announce(
    identifier: number,
    { asap, enrp }: Listening,
    { announce: settings, advertiseAsap, advertiseEnrp, limits }: RegistrarSettings,
  ): Promise<void> {
    if (settings === undefined) return;
    const { announce } = await import("./discovery.ts");
    const registrar = {
      identifier,
      asap: { listening: asap, advertised: advertiseAsap },
      enrp: { listening: enrp, advertised: advertiseEnrp },
    };
    const command = (command: RegistrarCommand) => this.driver.command(command);
    this.announcing = await announce(registrar, settings, { random: this.random, limits, command });
  }

  /** Protocol decision 7: peers have a moment to take the elements over. */
  async end(): Promise<void> {
    await this.announcing?.close();
    this.driver.stopListening();
    this.driver.command({ type: "stop" });
    await this.stopped;
    await this.driver.close();
  }

  private async listenAll(
    protocol: "ASAP" | "ENRP",
    addresses: readonly SocketAddress[],
  ): Promise<SocketAddress[]> {
    const listening: SocketAddress[] = [];
    for (const address of addresses) listening.push(await this.driver.listen(protocol, address));
    return listening;
  }
}

/** Waits for a promise, or throws the reason of the signal if that aborts before. */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined) {
  if (signal === undefined) return await promise;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    if (signal.aborted) abort();
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** rsplib takes a peer for dead that it has not heard for five seconds. */
function profileOf({ timingProfile, rsplibPeers }: RegistrarSettings): TimingProfile {
  return timingProfile ?? ((rsplibPeers?.length ?? 0) > 0 ? "fast" : "rfc");
}

function interfaceAddresses(): string[] {
  return Deno.networkInterfaces().map((each) => each.address);
}

/** Whether a listener's host is reachable from this host only. Names but `localhost` may be any. */
function isLoopbackHost(host: string): boolean {
  if (host === "localhost") return true;
  try {
    parseIpAddress(host);
  } catch {
    return false;
  }
  return isLoopback(host);
}
