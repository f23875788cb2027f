/** A pool user of a cluster. */

import {
  ClientDiscovery,
  type Discovery,
  DISCOVERY_TIMING,
  POOL_USER_TIMING,
  type PoolUserCommand,
  type PoolUserEvent,
  PoolUserMachine,
  type PoolUserTiming,
  type SocketAddress,
} from "../core/mod.ts";
import type { Random } from "../handlespace/mod.ts";
import type { PoolElement, PoolHandle } from "../wire/mod.ts";
import type { Credentials } from "./credentials.ts";
import { type Commons, Member } from "./member.ts";
import type { Program } from "./process.ts";

/** What a pool user of a cluster is. */
export interface ClusterUserOptions {
  /** ASAP addresses of registrars. */
  readonly registrars: readonly SocketAddress[];
  readonly order: "given" | "random";
  readonly timing: Partial<PoolUserTiming>;
  /** Whether it finds registrars that announce themselves, too. */
  readonly discovers?: boolean | undefined;
  /** By what it proves who it is, and verifies registrars. */
  readonly credentials?: readonly Credentials[] | undefined;
}

/** How a resolution ended. */
export type Answer = Extract<PoolUserEvent, { readonly type: "resolved" | "failed" }>;

/** A pool user, with what can happen to it. */
export class ClusterUser extends Member<PoolUserCommand, PoolUserEvent> {
  /** Told of each answer. */
  onAnswer: (answer: Answer) => void = () => {};
  private readonly options: ClusterUserOptions;
  private readonly open = new Set<number>();
  /** The numbers of its subscriptions, which it has again whenever it is started. */
  private readonly subscriptions = new Map<PoolHandle, number>();
  private readonly updates = new Map<PoolHandle, readonly PoolElement[]>();
  private registrar: SocketAddress | undefined;
  private lastRequest = 0;

  constructor(commons: Commons, name: string, host: string, options: ClusterUserOptions) {
    super(commons, name, host, options.credentials);
    this.options = options;
  }

  /** Number of requests without an answer. */
  get openRequests(): number {
    return this.open.size;
  }

  /** The registrar that it asks, if it has one. */
  get home(): SocketAddress | undefined {
    return this.registrar;
  }

  /** The pools that it watches. */
  get watched(): readonly PoolHandle[] {
    return [...this.subscriptions.keys()];
  }

  /** What it was told last of a pool that it watches, in the order of identifiers. */
  told(poolHandle: PoolHandle): readonly PoolElement[] | undefined {
    return this.updates.get(poolHandle);
  }

  /** Starts it, anew or for the first time; it watches again what it watched. */
  override start(): void {
    this.open.clear();
    this.updates.clear();
    this.registrar = undefined;
    super.start();
    for (const poolHandle of this.watched) this.subscribe(poolHandle);
  }

  /** Watches a pool. */
  subscribe(poolHandle: PoolHandle): void {
    const request = ++this.lastRequest;
    this.subscriptions.set(poolHandle, request);
    this.process.command({ type: "subscribe", request, poolHandle });
  }

  /** Watches a pool no longer. */
  unsubscribe(poolHandle: PoolHandle): void {
    const request = this.subscriptions.get(poolHandle);
    if (request === undefined) return;
    this.subscriptions.delete(poolHandle);
    this.updates.delete(poolHandle);
    this.process.command({ type: "unsubscribe", request });
  }

  /** Resolves a pool handle. */
  resolve(poolHandle: PoolHandle, items?: number): void {
    const request = ++this.lastRequest;
    this.open.add(request);
    this.process.command({ type: "resolve", request, poolHandle, items });
  }

  /** Reports a pool element that it could not reach. */
  reportUnreachable(poolHandle: PoolHandle, peIdentifier: number): void {
    this.process.command({ type: "report-unreachable", poolHandle, peIdentifier });
  }

  /** Forgets all answers. */
  purge(): void {
    this.process.command({ type: "purge" });
  }

  /** Ends it. */
  stop(): void {
    if (!this.isRunning) return;
    this.process.command({ type: "stop" });
    this.end();
  }

  /** Keeps what it was told, and hands answers on. */
  protected override onEvent(event: PoolUserEvent): void {
    if (event.type === "home-adopted") this.registrar = event.registrar;
    if (event.type === "home-lost") this.registrar = undefined;
    if (event.type === "updated") this.note(event.poolHandle, event.poolElements);
    if (event.type !== "resolved" && event.type !== "failed") return;
    this.open.delete(event.request);
    this.onAnswer(event);
  }

  private note(poolHandle: PoolHandle, poolElements: readonly PoolElement[]): void {
    if (!this.subscriptions.has(poolHandle)) return;
    this.updates.set(poolHandle, poolElements.toSorted((a, b) => a.identifier - b.identifier));
  }

  /** How it finds registrars, if it does so by multicast. */
  protected override discovery(random: Random): Discovery<PoolUserCommand> | undefined {
    if (this.options.discovers !== true) return undefined;
    const { limits } = this.commons;
    return new ClientDiscovery("ASAP", { timing: DISCOVERY_TIMING, limits, random });
  }

  /** A machine for each life. */
  protected program(random: Random): Program<PoolUserCommand, PoolUserEvent> {
    const { registrars, order, timing, discovers } = this.options;
    const { limits } = this.commons;
    const right = new PoolUserMachine({
      registrars,
      discovers,
      timing: { ...POOL_USER_TIMING, ...timing },
      limits,
      random,
      order,
    });
    const machine = this.commons.sabotage.user?.(right) ?? right;
    return { machine, limits, listen: [] };
  }
}
