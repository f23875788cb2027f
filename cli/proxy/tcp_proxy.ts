/** Accepts connections, finds an element for each, and relays. RFC 3237 §2.6. */

import { type Address, formatAddress } from "../address.ts";
import { EXIT, ExitError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import type { Buffers } from "./buffers.ts";
import { dialElement, ElementUnreachable, prepare } from "./dial.ts";
import type { ProxyListener } from "./listener.ts";
import type { ListenerCounts } from "./listener_counts.ts";
import { encodeProxyHeader, type ProxiedConnection } from "./proxy_header.ts";
import { close, relay, type RelayedStream, writeAll } from "./relay.ts";
import type { Slots } from "./slots.ts";
import type { PoolUse } from "./watched_pool.ts";

/** The pause after a failed accept: without descriptors it would fail again at once, for ever. */
const ACCEPT_PAUSE_MS = 100;

/** A client that has tried all elements tries them again after this, at the latest. */
const LONGEST_PAUSE_MS = 1_000;

/** What connections of one listener may take. */
export interface TcpProxySettings {
  readonly address: Address;
  readonly pool: PoolUse;
  readonly log: Log;
  readonly buffers: Buffers;
  /** Connections of this listener, and of all. */
  readonly slots: readonly Slots[];
  readonly connectTimeoutMs: number;
  /** Elements that are tried for one connection. */
  readonly maxAttempts: number;
  /** How long a connection waits for an element. */
  readonly waitMs: number;
  /** Whether elements are told who the client is. */
  readonly hasProxyHeader: boolean;
  readonly now: () => number;
  readonly counts: ListenerCounts;
}

/** A connection to an element. */
interface Connected {
  readonly stream: RelayedStream;
  readonly identifier: number;
}

/** One listener for connections. */
export class TcpProxy implements ProxyListener {
  readonly address: Address;
  private readonly settings: TcpProxySettings;
  private readonly listener: Deno.TcpListener;
  private readonly open = new Set<RelayedStream>();
  private readonly serving = new Set<Promise<void>>();
  /** Connections by the identifier of their element. */
  private readonly relayed = new Map<number, number>();
  private accepting: Promise<unknown> = Promise.resolve();
  /** A client that was accepted and waits for its slots. */
  private holding: Promise<void> = Promise.resolve();
  private isHolding = false;
  private isEnding = false;
  private isFullTold = false;
  private isAcceptTold = false;

  /** @throws {ExitError} if the address cannot be listened on. */
  constructor(settings: TcpProxySettings) {
    const { host: hostname, port } = settings.address;
    this.settings = settings;
    try {
      this.listener = Deno.listen({ hostname, port });
    } catch (error) {
      const where = formatAddress(settings.address);
      throw new ExitError(EXIT.world, `cannot listen on ${where}: ${reasonOf(error)}`);
    }
    this.address = { host: this.listener.addr.hostname, port: this.listener.addr.port };
    void this.acceptAll();
  }

  get size(): number {
    return this.serving.size;
  }

  get counts(): ListenerCounts {
    return this.settings.counts;
  }

  byElement(): ReadonlyMap<number, number> {
    return this.relayed;
  }

  async stopAccepting(): Promise<void> {
    close(this.listener);
    // Only then is the port closed, and are clients refused.
    await this.accepting.catch(() => {});
  }

  async drained(): Promise<void> {
    while (this.serving.size > 0 || this.isHolding) {
      await Promise.all(this.serving);
      await this.holding;
    }
  }

  end(): void {
    this.isEnding = true;
    void this.stopAccepting();
    for (const stream of this.open) close(stream);
  }

  private async acceptAll(): Promise<void> {
    for (;;) {
      let client: Deno.TcpConn;
      try {
        client = await (this.accepting = this.listener.accept());
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        if (error instanceof Deno.errors.Interrupted) return;
        await this.pauseAfter(error);
        continue;
      }
      if (this.settings.slots.some((each) => each.isFull)) this.tellFull();
      this.isHolding = true;
      await (this.holding = this.takeSlots());
      this.isHolding = false;
      this.begin(client);
    }
  }

  /** Further clients wait in the system's queue meanwhile. */
  private async takeSlots(): Promise<void> {
    for (const each of this.settings.slots) await each.take();
  }

  private begin(client: Deno.TcpConn): void {
    const serving = this.serve(client).finally(() => {
      this.serving.delete(serving);
      for (const each of this.settings.slots) each.giveBack();
    });
    this.serving.add(serving);
  }

  private async serve(client: Deno.TcpConn): Promise<void> {
    const { log, buffers, pool, counts, now } = this.settings;
    if (this.isEnding) return close(client);
    prepare(client);
    this.open.add(client);
    counts.clients++;
    const since = now();
    const connected = await this.connect(client);
    if (connected === undefined) {
      this.open.delete(client);
      if (!this.isEnding) counts.deserted++;
      // An end: Deno cannot reset a connection, not even by closing it over unread bytes.
      return close(client);
    }
    counts.forwarded(now() - since);
    const { stream, identifier } = connected;
    this.open.add(stream);
    if (this.isEnding) close(stream);
    this.count(identifier, 1);
    const end = await relay(client, stream, buffers, counts.bytes);
    this.count(identifier, -1);
    counts.ends[end]++;
    this.open.delete(client);
    this.open.delete(stream);
    if (end === "ended" || !log.isHeard("debug")) return;
    const message = `a connection with pool "${pool.name}": ${end}`;
    log.event("debug", "connection-failed", { poolHandle: pool.name }, message);
  }

  private count(identifier: number, change: 1 | -1): void {
    const count = (this.relayed.get(identifier) ?? 0) + change;
    if (count === 0) this.relayed.delete(identifier);
    else this.relayed.set(identifier, count);
  }

  /** A connection to an element, which has got the header if it shall; or none in time. */
  private async connect(client: Deno.TcpConn): Promise<Connected | undefined> {
    const { pool, connectTimeoutMs, maxAttempts, waitMs, now, counts } = this.settings;
    const header = this.settings.hasProxyHeader ? headerOf(client) : undefined;
    const tried = new Set<number>();
    const end = now() + waitMs;
    let attempts = 0;
    let why = "";
    while (!this.isEnding) {
      const element = pool.next(tried);
      if (element === undefined) {
        const left = end - now();
        if (left <= 0) {
          pool.deserted(pool.size === 0 ? "the pool has none" : `none can be reached; ${why}`);
          return undefined;
        }
        await pool.waitForChange(Math.min(left, LONGEST_PAUSE_MS));
        tried.clear();
        continue;
      }
      let stream: RelayedStream | undefined;
      try {
        stream = await dialElement(element, connectTimeoutMs);
        if (header !== undefined) await writeAll(stream, header);
        pool.reached(element);
        return { stream, identifier: element.identifier };
      } catch (error) {
        if (stream !== undefined) close(stream);
        why = reasonOf(error);
        const isOwnFault = error instanceof ElementUnreachable && error.isOwnFault;
        if (!isOwnFault) pool.failed(element, why);
        counts.addFailure(isOwnFault);
        tried.add(element.identifier);
        if (++attempts < maxAttempts) continue;
        pool.deserted(`${attempts} attempts have failed, the last one with ${why}`);
        return undefined;
      }
    }
  }

  private tellFull(): void {
    if (this.isFullTold) return;
    this.isFullTold = true;
    const where = formatAddress(this.address);
    const limits = "--max-connections, --max-connections-per-listener";
    const message = `${where} has as many connections as it may; others wait (${limits})`;
    this.settings.log.event("warning", "connections-full", { address: where }, message);
  }

  private async pauseAfter(error: unknown): Promise<void> {
    const where = formatAddress(this.address);
    if (!this.isAcceptTold) {
      const message = `cannot accept connections on ${where}: ${reasonOf(error)}`;
      this.settings.log.event("warning", "accept-failed", { address: where }, message);
    }
    this.isAcceptTold = true;
    await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
  }
}

/** Who the client is; of one that has gone already, nothing is known. */
function headerOf(client: Deno.TcpConn): Uint8Array<ArrayBuffer> {
  return encodeProxyHeader(proxied(client));
}

function proxied(client: Deno.TcpConn): ProxiedConnection {
  try {
    const [source, destination] = [client.remoteAddr, client.localAddr].map((
      { hostname: host, port },
    ) => ({ host, port })) as [Address, Address];
    return { command: "proxy", source, destination };
  } catch {
    return { command: "local" };
  }
}
