/** A registrar for programs: the RFCs' ENRP server. RFC 5352 §3, RFC 5353. */

import type { RegistrarView, SocketAddress } from "../core/mod.ts";
import type { RegistrarTraffic } from "./driver_traffic.ts";
import { randomIdentifier, systemRandom } from "./random.ts";
import { RegistrarProcess } from "./registrar_process.ts";
import type { Listening, RegistrarSettings } from "./registrar_settings.ts";
import type { RegistrarSecurity } from "./security.ts";

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
  /** Where it serves ASAP over plain TCP, with the ports as they turned out; so are all others. */
  readonly asap: readonly SocketAddress[];
  /** Where it serves ENRP over plain TCP. */
  readonly enrp: readonly SocketAddress[];
  /** Where it serves ASAP over TLS. */
  readonly asapTls: readonly SocketAddress[];
  /** Where it serves ENRP over TLS. */
  readonly enrpTls: readonly SocketAddress[];
  /** Where it serves ASAP over TLS with pre-shared keys. */
  readonly asapPsk: readonly SocketAddress[];
  /** Where it serves ENRP over TLS with pre-shared keys. */
  readonly enrpPsk: readonly SocketAddress[];
  /** Resolved when it has stopped. */
  readonly finished: Promise<void>;

  private readonly process: RegistrarProcess;
  private readonly finish: () => void;
  private stopping: Promise<void> | undefined;

  private constructor(identifier: number, process: RegistrarProcess, listening: Listening) {
    this.identifier = identifier;
    this.process = process;
    this.asap = listening.asap;
    this.enrp = listening.enrp;
    this.asapTls = listening.asapTls;
    this.enrpTls = listening.enrpTls;
    this.asapPsk = listening.asapPsk;
    this.enrpPsk = listening.enrpPsk;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.finish = resolve;
  }

  /**
   * Starts a registrar; it serves when the promise is resolved: with mentors once it has the
   * handlespace of one of them, or alone once none can be reached.
   *
   * @throws {RangeError} if `rsplibPeers` and the arbitration `larger-wins` are both asked for, or
   * an address over TLS without the credentials for it.
   * @throws {CredentialsInvalid} if certificates or keys cannot be used.
   * @throws {ListenFailed} if an address cannot be listened on, or a multicast group not be joined.
   * Nothing is left open.
   * @throws the reason of `signal`, if that aborts before. Nothing is left open.
   */
  static async start(settings: RegistrarSettings = {}): Promise<Registrar> {
    const { signal, mentors = [] } = settings;
    signal?.throwIfAborted();
    const random = settings.random ?? systemRandom();
    const identifier = settings.identifier ?? randomIdentifier(random);
    const process = await RegistrarProcess.create(identifier, random, settings);
    try {
      const listening = await process.listen();
      settings.onListening?.({
        reload: (security) => process.reload(security),
        view: () => process.view(),
        traffic: () => process.traffic(),
      });
      // Without mentors it serves from its first moment.
      if (mentors.length > 0) await unlessAborted(process.serving, signal);
      await process.announce(listening);
      return new Registrar(identifier, process, listening);
    } catch (error) {
      await process.end();
      throw error;
    }
  }

  /** What it knows now, for its own operator: pools, pool elements, peers and sizes of tables. */
  view(): RegistrarView {
    return this.process.view();
  }

  /**
   * What it has done since its start, in numbers that only grow, and what waits in its queues now:
   * what monitoring wants. It is a copy, which does not change any more.
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
   * await using user = new PoolUser({ registrars });
   * await user.resolve("web");
   *
   * const { registrations, resolutions, messagesReceived, workMs } = registrar.traffic();
   * assert.equal(registrations.granted, 1);
   * assert.equal(resolutions.answered, 1);
   * assert.equal(messagesReceived.get("ASAP_HANDLE_RESOLUTION"), 1);
   * const { bounds, counts } = workMs.get("ASAP_HANDLE_RESOLUTION")!;
   * assert.equal(counts.length, bounds.length + 1);
   * ```
   */
  traffic(): RegistrarTraffic {
    return this.process.traffic();
  }

  /**
   * Trusts and allows others from now on. Whoever is still entitled is not disturbed; whoever is
   * not loses its association (reason `security` or `unauthorized`), its elements or its
   * subscriptions. The rate of handshakes stays as it was at the start.
   *
   * @throws {CredentialsInvalid} if certificates or keys cannot be used; nothing is changed then.
   * @throws {RangeError} if it was started without security, or with other kinds of credentials.
   */
  async reload(security: RegistrarSecurity): Promise<void> {
    await this.process.reload(security);
  }

  /**
   * Stops in order: nothing more is accepted, its elements are handed over to its peers, for
   * `handoverMs` at most, and all associations are closed.
   */
  stop(): Promise<void> {
    return this.stopping ??= this.process.end().then(this.finish);
  }

  /** Ends it in order, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
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
