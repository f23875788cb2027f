/** A pool user of a cluster. */

import {
  POOL_USER_TIMING,
  type PoolUserCommand,
  type PoolUserEvent,
  PoolUserMachine,
  type PoolUserTiming,
  type SocketAddress,
} from "../core/mod.ts";
import type { Random } from "../handlespace/mod.ts";
import type { PoolHandle } from "../wire/mod.ts";
import { type Commons, Member } from "./member.ts";
import type { Program } from "./process.ts";

/** What a pool user of a cluster is. */
export interface ClusterUserOptions {
  /** ASAP addresses of registrars. */
  readonly registrars: readonly SocketAddress[];
  readonly order: "given" | "random";
  readonly timing: Partial<PoolUserTiming>;
}

/** How a resolution ended. */
export type Answer = Extract<PoolUserEvent, { readonly type: "resolved" | "failed" }>;

/** A pool user, with what can happen to it. */
export class ClusterUser extends Member<PoolUserCommand, PoolUserEvent> {
  /** Told of each answer. */
  onAnswer: (answer: Answer) => void = () => {};
  private readonly options: ClusterUserOptions;
  private readonly open = new Set<number>();
  private lastRequest = 0;

  constructor(commons: Commons, name: string, host: string, options: ClusterUserOptions) {
    super(commons, name, host);
    this.options = options;
  }

  /** Number of requests without an answer. */
  get openRequests(): number {
    return this.open.size;
  }

  override start(): void {
    this.open.clear();
    super.start();
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

  protected override onEvent(event: PoolUserEvent): void {
    if (event.type !== "resolved" && event.type !== "failed") return;
    this.open.delete(event.request);
    this.onAnswer(event);
  }

  protected program(random: Random): Program<PoolUserCommand, PoolUserEvent> {
    const { registrars, order, timing } = this.options;
    const { limits } = this.commons;
    const right = new PoolUserMachine({
      registrars,
      timing: { ...POOL_USER_TIMING, ...timing },
      limits,
      random,
      order,
    });
    const machine = this.commons.sabotage.user?.(right) ?? right;
    return { machine, limits, listen: [] };
  }
}
