/** A proxy from its start to its end: its pools, its listeners, and what stops it. */

import { formatAddress } from "../address.ts";
import type { PoolHandle } from "../api.ts";
import type { Context } from "../command.ts";
import { closeDebugger } from "../debugger.ts";
import { discoverSettings } from "../discovery_options.ts";
import { formatDuration } from "../duration.ts";
import { CommandShown } from "../http/command_shown.ts";
import { type LastingUser, lastingUser } from "../lasting_user.ts";
import { PROXY_EVENT_NAMES, proxyMetrics } from "../metrics/proxy_metrics.ts";
import type { SharedValues } from "../options.ts";
import { aborted } from "../pause.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { ReadyFile } from "../ready_file.ts";
import { asapAddresses } from "../registrars.ts";
import { Buffers } from "./buffers.ts";
import type { ListenOption } from "./listen_option.ts";
import type { ProxyListener, ShownListener } from "./listener.ts";
import { ListenerCounts } from "./listener_counts.ts";
import type { ProxyValues } from "./options.ts";
import { type Forwarded, proxyReadiness, shownProxy } from "./shown_proxy.ts";
import { Slots } from "./slots.ts";
import { TcpProxy } from "./tcp_proxy.ts";
import { WatchedPool } from "./watched_pool.ts";

type Options = ProxyValues & SharedValues;

/** Runs until it is stopped, which is its orderly end. */
export async function runProxy(context: Context, options: Options): Promise<void> {
  const { log, signal, world } = context;
  const api = await context.api();
  const handles = options.listen.map(({ pool }) =>
    parsePoolArgument(pool, api, options.maxHandleBytes)
  );
  const readyFile = new ReadyFile(options.readyFile);
  await readyFile.clear();
  const stopListening = world.onSignal("SIGUSR1", () => void closeDebugger());
  await using lasting = await lastingUser(context, options, {
    registrars: asapAddresses(context, options),
    ...discoverSettings(context, options),
    isService: true,
  });
  await using http = await CommandShown.open(context, options, lasting.secured);
  const forwarding = new Forwarding(context, options, lasting);
  try {
    await forwarding.open(handles);
    await http.show({
      command: "proxy",
      itself: () => shownProxy(api, forwarding.forwarded()),
      readiness: () => proxyReadiness(forwarding.forwarded(), signal.aborted),
      measures: [proxyMetrics({
        traffic: () => lasting.user.traffic(),
        listeners: () => forwarding.shown(),
      })],
      eventNames: PROXY_EVENT_NAMES,
    });
    const following = forwarding.follow();
    const stopped = aborted(signal);
    await Promise.race([forwarding.known, following, stopped]);
    if (!signal.aborted) {
      const listeners = forwarding.listeners();
      await readyFile.write({ pid: Deno.pid, listeners, ...http.ready });
      log.event("notice", "started", { listeners }, `forwards ${forwarding.words()}`);
      await Promise.race([following, stopped]);
    }
    log.event("notice", "stopping", { signal: signal.reason });
    await forwarding.drain(options.drain);
  } finally {
    forwarding.end();
    stopListening();
    await readyFile.remove();
  }
  log.event("notice", "ended", {}, "stopped");
}

/** A listener, and what it is for. */
interface Opened {
  readonly written: ListenOption;
  readonly listener: ProxyListener;
  readonly pool: WatchedPool;
}

/** All listeners and pools of one proxy. */
class Forwarding {
  /** Resolved when a registrar has told what is in each pool. */
  readonly known: Promise<void>;
  private readonly context: Context;
  private readonly options: Options;
  private readonly lasting: LastingUser;
  private readonly over = new AbortController();
  private readonly pools = new Map<PoolHandle, WatchedPool>();
  private readonly opened: Opened[] = [];
  private readonly isKnown = Promise.withResolvers<void>();

  constructor(context: Context, options: Options, lasting: LastingUser) {
    this.context = context;
    this.options = options;
    this.lasting = lasting;
    this.known = this.isKnown.promise;
  }

  /**
   * Opens a listener for each pool handle.
   *
   * @throws {ExitError} if an address cannot be listened on.
   */
  async open(handles: readonly PoolHandle[]): Promise<void> {
    const { listen, maxConnections, bufferBytes, maxBufferedBytes } = this.options;
    const buffers = new Buffers({ maxBytes: bufferBytes, maxGrownBytes: maxBufferedBytes });
    const slots = new Slots(maxConnections);
    for (const [i, written] of listen.entries()) {
      const pool = this.pool(handles[i]!);
      const listener = await this.listener(written, pool, buffers, slots);
      this.opened.push({ written, listener, pool });
    }
  }

  /** Follows all pools, until the end; fails if a registrar's first answer is a rejection. */
  async follow(): Promise<void> {
    let unknown = this.pools.size;
    const onAnswer = () => {
      if (--unknown === 0) this.isKnown.resolve();
    };
    const { signal } = this.over;
    await Promise.all([...this.pools.values()].map((pool) => pool.follow(signal, onAnswer)));
  }

  /** For whoever looks at it over HTTP. */
  forwarded(): readonly Forwarded[] {
    return this.opened.map(({ written: { protocol }, ...opened }) => ({ protocol, ...opened }));
  }

  /** For the ready file. */
  listeners(): readonly Record<string, string>[] {
    return this.opened.map(({ written: { protocol }, listener, pool }) => ({
      listen: formatAddress(listener.address),
      protocol,
      pool: pool.poolHandle,
    }));
  }

  /** As they are now. */
  shown(): readonly ShownListener[] {
    return this.opened.map(({ written: { protocol }, listener, pool }) => ({
      listen: formatAddress(listener.address),
      protocol,
      poolHandle: pool.poolHandle,
      poolElements: pool.use(protocol).size,
      clients: listener.flows ?? listener.size,
      counts: listener.counts,
    }));
  }

  /** For people. */
  words(): string {
    const all = this.opened.map(({ written: { protocol }, listener, pool }) => {
      const where = formatAddress(listener.address);
      const count = pool.use(protocol).size;
      const elements = count === 0
        ? "no element yet"
        : count === 1
        ? "1 element"
        : `${count} elements`;
      return `${
        protocol === "udp" ? "udp:" : ""
      }${where} to pool "${pool.poolHandle}" (${elements})`;
    });
    return all.join(", ");
  }

  /** Accepts no more, and waits for what is open; a second signal ends the waiting. */
  async drain(drainMs: number): Promise<void> {
    const { log, world } = this.context;
    await Promise.all(this.opened.map(({ listener }) => listener.stopAccepting()));
    const count = this.opened.reduce((sum, { listener }) => sum + listener.size, 0);
    if (count > 0) {
      const message = `waits for ${connections(count)}, ${formatDuration(drainMs)} at most`;
      log.event("notice", "draining", { connections: count }, message);
    }
    const enough = Promise.withResolvers<void>();
    const timer = setTimeout(enough.resolve, drainMs);
    const removals = (["SIGTERM", "SIGINT"] as const).map((name) =>
      world.onSignal(name, () => enough.resolve())
    );
    const drained = Promise.all(this.opened.map(({ listener }) => listener.drained()));
    await Promise.race([drained, enough.promise]);
    clearTimeout(timer);
    removals.forEach((remove) => remove());
    const left = this.opened.reduce((sum, { listener }) => sum + listener.size, 0);
    if (left === 0) return;
    log.event("warning", "connections-cut", { connections: left }, `ends ${connections(left)}`);
  }

  /** Ends all of it at once. */
  end(): void {
    this.over.abort();
    for (const { listener } of this.opened) listener.end();
  }

  private pool(poolHandle: PoolHandle): WatchedPool {
    const known = this.pools.get(poolHandle);
    if (known !== undefined) return known;
    const { log, world } = this.context;
    const pool = new WatchedPool({
      poolHandle,
      lasting: this.lasting,
      log,
      connectTimeoutMs: this.options.connectTimeout,
      now: () => world.now(),
    });
    this.pools.set(poolHandle, pool);
    return pool;
  }

  private async listener(
    { protocol, address }: ListenOption,
    pool: WatchedPool,
    buffers: Buffers,
    slots: Slots,
  ): Promise<ProxyListener> {
    const { log, world } = this.context;
    const { options } = this;
    const counts = new ListenerCounts(this.lasting.api);
    const basis = { address, pool: pool.use(protocol), log, now: () => world.now(), counts };
    if (protocol === "udp") {
      const { openUdpProxy } = await import("./udp_proxy.ts");
      const { maxUdpFlows: maxFlows, udpIdle: idleMs } = options;
      return await openUdpProxy({ ...basis, maxFlows, idleMs });
    }
    const perListener = options.maxConnectionsPerListener ?? options.maxConnections;
    return new TcpProxy({
      ...basis,
      buffers,
      slots: [new Slots(perListener), slots],
      connectTimeoutMs: options.connectTimeout,
      maxAttempts: options.maxAttempts,
      waitMs: options.wait,
      hasProxyHeader: options.proxyProtocol,
    });
  }
}

function connections(count: number): string {
  return count === 1 ? "1 open connection" : `${count} open connections`;
}
