/** A registrar for programs: the RFCs' ENRP server. RFC 5352 §3, RFC 5353. */

import {
  DEFAULT_LIMITS,
  type Limits,
  type Random,
  REGISTRAR_TIMING,
  type RegistrarCommand,
  type RegistrarEvent,
  RegistrarMachine,
  type RegistrarTiming,
  type SocketAddress,
} from "../core/mod.ts";
import { tcpTransport, type Transport } from "../net/mod.ts";
import { isLoopback, parseIpAddress } from "../wire/mod.ts";
import { Driver } from "./driver.ts";
import { randomIdentifier, systemRandom } from "./random.ts";

/** What a {@linkcode Registrar} is made of. */
export interface RegistrarSettings {
  /** Where it serves ASAP. Default `127.0.0.1:3863`; port 0 for any. */
  readonly asap?: readonly SocketAddress[];
  /** Where it serves ENRP. Default `127.0.0.1:9901`; port 0 for any. */
  readonly enrp?: readonly SocketAddress[];
  /** Server identifier, 1 to 0xffffffff. Default: random, RFC 5353 §2.1. */
  readonly identifier?: number;
  /**
   * `observed` (default): an element registers the address that its connection comes from
   * (docs/tcp-mapping.md §5). `any`: no check.
   */
  readonly addressCheck?: "observed" | "any";
  readonly timing?: Partial<RegistrarTiming>;
  readonly limits?: Partial<Limits>;
  /** Told of everything that happens, in order. */
  readonly onEvent?: (event: RegistrarEvent) => void;
  readonly random?: Random;
  readonly transport?: Transport;
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

  private readonly driver: Driver<RegistrarCommand, RegistrarEvent>;
  private readonly finish: () => void;
  private stopping: Promise<void> | undefined;

  private constructor(parts: RegistrarParts) {
    this.identifier = parts.identifier;
    this.driver = parts.driver;
    this.asap = parts.asap;
    this.enrp = parts.enrp;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.finish = resolve;
  }

  /**
   * Starts a registrar; it serves when the promise is resolved.
   *
   * @throws {ListenFailed} if an address cannot be listened on. Nothing is left open.
   */
  static async start(settings: RegistrarSettings = {}): Promise<Registrar> {
    const random = settings.random ?? systemRandom();
    const identifier = settings.identifier ?? randomIdentifier(random);
    const asap = settings.asap ?? DEFAULT_ASAP;
    const limits = { ...DEFAULT_LIMITS, ...settings.limits };
    const machine = new RegistrarMachine({
      identifier,
      random,
      limits,
      timing: { ...REGISTRAR_TIMING, ...settings.timing },
      addressCheck: settings.addressCheck ?? "observed",
      interfaceAddresses,
      loopbackOnly: asap.every((address) => isLoopbackHost(address.host)),
    });
    const driver = new Driver({
      machine,
      limits,
      transport: settings.transport ?? tcpTransport(),
      onEvent: settings.onEvent ?? (() => {}),
    });
    try {
      return new Registrar({
        identifier,
        driver,
        asap: await listenAll(driver, "ASAP", asap),
        enrp: await listenAll(driver, "ENRP", settings.enrp ?? DEFAULT_ENRP),
      });
    } catch (error) {
      await driver.close();
      throw error;
    }
  }

  /** Stops in order: nothing more is accepted, all associations are closed. */
  stop(): Promise<void> {
    return this.stopping ??= this.stopInOrder();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async stopInOrder(): Promise<void> {
    this.driver.stopListening();
    this.driver.command({ type: "stop" });
    await this.driver.close();
    this.finish();
  }
}

interface RegistrarParts {
  readonly identifier: number;
  readonly driver: Driver<RegistrarCommand, RegistrarEvent>;
  readonly asap: readonly SocketAddress[];
  readonly enrp: readonly SocketAddress[];
}

async function listenAll(
  driver: Driver<RegistrarCommand, RegistrarEvent>,
  protocol: "ASAP" | "ENRP",
  addresses: readonly SocketAddress[],
): Promise<SocketAddress[]> {
  const listening: SocketAddress[] = [];
  for (const address of addresses) listening.push(await driver.listen(protocol, address));
  return listening;
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
