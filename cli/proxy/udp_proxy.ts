/**
 * Datagrams: those of one client go to one element, by a socket of their own, on which the answers
 * come back. Nobody tells that an element is gone but the registrar.
 */

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { type Address, formatAddress } from "../address.ts";
import type { PoolElementValue as PoolElement } from "../api.ts";
import { EXIT, ExitError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import { isOwnFault } from "./dial.ts";
import { FlowTable } from "./flow_table.ts";
import type { ProxyListener } from "./listener.ts";
import type { ListenerCounts } from "./listener_counts.ts";
import type { PoolUse } from "./watched_pool.ts";

/** How long a stop waits for answers: whoever sends datagrams can do without one. */
const ANSWER_WAIT_MS = 1_000;
/** Elements whose answers a client still gets: the present one and the one before. */
const MAX_SOURCES = 2;

/** What a listener for datagrams is made of. */
export interface UdpProxySettings {
  readonly address: Address;
  readonly pool: PoolUse;
  readonly log: Log;
  readonly maxFlows: number;
  readonly idleMs: number;
  readonly now: () => number;
  readonly counts: ListenerCounts;
}

/**
 * Opens a listener.
 *
 * @throws {ExitError} if the address cannot be listened on.
 */
export async function openUdpProxy(settings: UdpProxySettings): Promise<ProxyListener> {
  const { address } = settings;
  const socket = createSocket({ type: familyOf(address.host), reuseAddr: false });
  const bound = Promise.withResolvers<void>();
  socket.once("error", bound.reject);
  socket.bind(address.port, address.host, () => bound.resolve());
  try {
    await bound.promise;
  } catch (error) {
    throw new ExitError(
      EXIT.world,
      `cannot listen on udp:${formatAddress(address)}: ${reasonOf(error)}`,
    );
  }
  return new UdpProxy(settings, socket);
}

/** The datagrams of one client. */
interface Flow {
  readonly client: Address;
  element: PoolElement;
  to: Address;
  socket: Socket;
  /** Where answers come from. */
  sources: readonly string[];
  /** Whether the last datagram came from the client. */
  isAwaiting: boolean;
}

class UdpProxy implements ProxyListener {
  readonly address: Address;
  /** A stop does not count what has no end. */
  readonly size = 0;
  private readonly settings: UdpProxySettings;
  private readonly socket: Socket;
  private readonly clients: FlowTable<Flow>;
  private readonly drain = Promise.withResolvers<void>();
  private expiry: ReturnType<typeof setTimeout> | undefined;
  private isStopping = false;
  private isFullTold = false;
  private isFailureTold = false;

  constructor(settings: UdpProxySettings, socket: Socket) {
    const { address: host, port } = socket.address();
    this.settings = settings;
    this.socket = socket;
    this.address = { host, port };
    this.clients = new FlowTable(settings);
    socket.on(
      "message",
      (bytes, { address: host, port }) => this.fromClient(bytes, { host, port }),
    );
    socket.on("error", (error) => this.tellFailure(error));
  }

  get counts(): ListenerCounts {
    return this.settings.counts;
  }

  get flows(): number {
    return this.clients.size;
  }

  byElement(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (const { element: { identifier } } of this.clients) {
      counts.set(identifier, (counts.get(identifier) ?? 0) + 1);
    }
    return counts;
  }

  stopAccepting(): Promise<void> {
    this.isStopping = true;
    this.checkDrained();
    return Promise.resolve();
  }

  async drained(): Promise<void> {
    const timer = setTimeout(this.drain.resolve, ANSWER_WAIT_MS);
    await this.drain.promise;
    clearTimeout(timer);
  }

  end(): void {
    clearTimeout(this.expiry);
    for (const flow of this.clients) closeSocket(flow.socket);
    closeSocket(this.socket);
  }

  private fromClient(bytes: Uint8Array, client: Address): void {
    const flow = this.flowOf(client);
    if (flow === undefined) return;
    flow.isAwaiting = true;
    this.counts.bytes.toElement += bytes.length;
    flow.socket.send(bytes, flow.to.port, flow.to.host, (error) => {
      if (error !== null && error !== undefined) this.fail(flow, error);
    });
  }

  /** The flow of a client; one whose element has left the pool goes on with another. */
  private flowOf(client: Address): Flow | undefined {
    const { pool, now } = this.settings;
    const key = formatAddress(client);
    const known = this.clients.use(key, now());
    if (known !== undefined && pool.has(known.element)) return known;
    const element = this.isStopping ? undefined : pool.next(new Set());
    if (element === undefined) {
      if (!this.isStopping && known === undefined) {
        this.counts.deserted++;
        pool.deserted("the pool has none");
      }
      return known;
    }
    const to = placeOf(element);
    if (known === undefined) return this.begin(client, element, to);
    this.move(known, element, to);
    return known;
  }

  private begin(client: Address, element: PoolElement, to: Address): Flow {
    const { now } = this.settings;
    const flow: Flow = {
      client,
      element,
      to,
      socket: createSocket(familyOf(to.host)),
      sources: [formatAddress(to)],
      isAwaiting: true,
    };
    this.listen(flow);
    this.counts.clients++;
    const replaced = this.clients.add(formatAddress(client), flow, now());
    if (replaced !== undefined) this.replace(replaced);
    this.expiry ??= this.expireLater();
    return flow;
  }

  private move(flow: Flow, element: PoolElement, to: Address): void {
    if (familyOf(to.host) !== familyOf(flow.to.host)) {
      closeSocket(flow.socket);
      flow.socket = createSocket(familyOf(to.host));
      this.listen(flow);
    }
    flow.element = element;
    flow.to = to;
    flow.sources = [formatAddress(to), ...flow.sources].slice(0, MAX_SOURCES);
  }

  private listen(flow: Flow): void {
    flow.socket.on("message", (bytes, from) => this.fromElement(flow, bytes, from));
    flow.socket.on("error", (error) => this.fail(flow, error));
  }

  private fromElement(flow: Flow, bytes: Uint8Array, from: RemoteInfo): void {
    // Anybody may send to this port; a client gets what its elements say.
    if (!flow.sources.includes(formatAddress({ host: from.address, port: from.port }))) return;
    const { host, port } = flow.client;
    this.clients.use(formatAddress(flow.client), this.settings.now());
    this.settings.pool.reached(flow.element);
    flow.isAwaiting = false;
    this.counts.bytes.toClient += bytes.length;
    this.socket.send(bytes, port, host, () => this.checkDrained());
  }

  private fail(flow: Flow, error: Error): void {
    this.counts.addFailure(isOwnFault(error));
    if (isOwnFault(error)) this.tellFailure(error);
    else this.settings.pool.failed(flow.element, reasonOf(error));
    closeSocket(flow.socket);
    this.clients.delete(formatAddress(flow.client));
    this.checkDrained();
  }

  private replace(flow: Flow): void {
    closeSocket(flow.socket);
    if (this.isFullTold) return;
    this.isFullTold = true;
    const address = formatAddress(this.address);
    const message = `udp:${address} has as many clients as it may; each further one ` +
      `replaces another (--max-udp-flows)`;
    this.settings.log.event("warning", "flows-full", { address }, message);
  }

  private expireLater(): ReturnType<typeof setTimeout> | undefined {
    const { now } = this.settings;
    const next = this.clients.nextExpiry();
    if (next === undefined) return undefined;
    return setTimeout(() => {
      for (const flow of this.clients.expire(now())) closeSocket(flow.socket);
      this.expiry = this.expireLater();
    }, Math.max(1, Math.ceil(next - now())));
  }

  private checkDrained(): void {
    if (!this.isStopping) return;
    if (![...this.clients].some(({ isAwaiting }) => isAwaiting)) this.drain.resolve();
  }

  private tellFailure(error: Error): void {
    if (this.isFailureTold) return;
    this.isFailureTold = true;
    const address = formatAddress(this.address);
    const message = `udp:${address}: ${reasonOf(error)}`;
    this.settings.log.event("warning", "udp-failed", { address }, message);
  }
}

function placeOf({ transport }: PoolElement): Address {
  if (transport.protocol === "opaque") throw new TypeError("Opaque transports do not fit");
  return { host: transport.addresses[0]!, port: transport.port };
}

function familyOf(host: string): "udp4" | "udp6" {
  return host.includes(":") ? "udp6" : "udp4";
}

function closeSocket(socket: Socket): void {
  try {
    socket.close();
  } catch { // Closed before.
  }
}
