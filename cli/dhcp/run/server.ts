/**
 * dnsmasq beside its agent: started with the agent's leases, changed while it runs or by a restart,
 * started again when it dies. One of these at a time.
 */

import type { BindingChange } from "../../api.ts";
import { reasonOf } from "../../failure.ts";
import type { Dnsmasq, LeaseChange } from "../dnsmasq/process.ts";
import { Backoff } from "./backoff.ts";
import { BusWatch } from "./bus_watch.ts";
import type { LocalLeases } from "./local_leases.ts";
import { RestartTimer } from "./restart_timer.ts";

/** Why dnsmasq is started; each is counted from the beginning. */
export const START_REASONS = ["first", "changes", "died", "clock", "bus"] as const;
type StartReason = typeof START_REASONS[number];
/** Why dnsmasq is started anew. */
export type RestartReason = Exclude<StartReason, "first">;

/** What runs a dnsmasq. */
export interface ServerParts {
  readonly dnsmasq: Pick<
    Dnsmasq,
    "start" | "stop" | "apply" | "isLive" | "pid" | "lacksBus" | "findsBus"
  >;
  readonly leases: LocalLeases;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Does something after so many of them, unless the result is called before. */
  after?(milliseconds: number, work: () => void): () => void;
  /** Resolves once all events that dnsmasq has spooled are known. */
  drain(): Promise<void>;
  /** What dnsmasq is to start with; from then on the agent wants nothing else until `started`. */
  table(): readonly LeaseChange[];
  convert(changes: readonly BindingChange[]): readonly LeaseChange[];
  /** It serves. */
  started(why: StartReason): void;
  /** It does not run, and all of its events are known. */
  stopped(): void;
  /** It has died, or does not start; in so many milliseconds it is tried again, if at all. */
  died(reason: string, againMs: number | undefined): void;
  /** Leases could not be changed while it runs. */
  liveFailed(problem: string): void;
}

/** What a timer of the system can hold: too early a restart does no harm. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The dnsmasq of one agent. */
export class DhcpServer {
  private readonly parts: ServerParts;
  private readonly timer: RestartTimer;
  private readonly backoff = new Backoff();
  private readonly bus: BusWatch;
  private turn: Promise<unknown> = Promise.resolve();
  private disarm: (() => void) | undefined;
  private live: { changes: BindingChange[]; urgent: boolean } | undefined;
  private isWanted = false;
  private isRunning = false;
  private why: RestartReason = "changes";
  private startsAgainAt: number | undefined;

  constructor(parts: ServerParts) {
    this.parts = parts;
    this.timer = new RestartTimer(parts.leases);
    const { dnsmasq, after = afterSome } = parts;
    this.bus = new BusWatch({
      now: () => parts.now(),
      after,
      lacksBus: () => dnsmasq.lacksBus,
      findsBus: () => dnsmasq.findsBus(),
      found: () => this.restartSoon("bus"),
    });
  }

  /** Whether it serves clients, or is about to. */
  get isOn(): boolean {
    return this.isWanted;
  }

  /** Whether it serves clients. */
  get isServing(): boolean {
    return this.isRunning;
  }

  /**
   * Starts it for the first time.
   *
   * @throws {ExitError} exit 1 if it does not start.
   */
  start(): Promise<void> {
    this.isWanted = true;
    return this.inTurn(() => this.isWanted ? this.begin("first") : undefined);
  }

  /** Stops it; when this resolves, all of its events are known. */
  stop(): Promise<void> {
    this.isWanted = false;
    this.startsAgainAt = undefined;
    this.timer.clear();
    this.bus.stop();
    this.arm();
    return this.inTurn(() => this.end());
  }

  /** Starts it anew with what the agent wants then, once for many who ask. */
  restartSoon(why: RestartReason): void {
    if (!this.isRunning) return;
    this.why = why;
    this.wait([], true);
  }

  /** Starts it anew with what the agent wants now. */
  private restart(why: RestartReason): Promise<void> {
    return this.inTurn(async () => {
      if (!this.isWanted) return;
      try {
        await this.end();
        await this.begin(why);
      } catch (error) {
        this.dead(reasonOf(error));
      }
    });
  }

  /** It has ended, and nobody has stopped it. */
  onEnd(reason: string): void {
    void this.inTurn(async () => {
      if (!this.isRunning) return;
      this.isRunning = false;
      // What cannot be read now is asked for again before the next start.
      await this.parts.drain().catch(() => {});
      this.parts.stopped();
      if (this.isWanted) this.dead(reason);
    });
  }

  /** The agent wants something else at some addresses. */
  apply(changes: readonly BindingChange[], urgent: boolean): void {
    // Whatever it is started with next has all of this.
    if (!this.isRunning) return;
    if (this.parts.dnsmasq.isLive && changes.length > 0) return this.applyLive(changes, urgent);
    if (this.parts.dnsmasq.isLive && this.timer.dueAt === undefined) return;
    this.wait(changes, urgent);
  }

  private applyLive(changes: readonly BindingChange[], urgent: boolean): void {
    if (this.live !== undefined) {
      this.live.changes.push(...changes);
      this.live.urgent ||= urgent;
      return;
    }
    this.live = { changes: [...changes], urgent };
    void this.inTurn(async () => {
      const { changes, urgent } = this.live!;
      this.live = undefined;
      if (!this.isRunning) return;
      const problem = await this.parts.dnsmasq.apply(this.parts.convert(changes));
      if (problem === undefined || !this.isRunning) return;
      this.parts.liveFailed(problem);
      this.wait(changes, urgent);
    });
  }

  private wait(changes: readonly BindingChange[], urgent: boolean): void {
    this.timer.add(changes, urgent, this.parts.now());
    this.arm();
  }

  private arm(): void {
    this.disarm?.();
    this.disarm = undefined;
    const { after = afterSome } = this.parts;
    const { startsAgainAt, timer: { dueAt } } = this;
    const at = startsAgainAt ?? dueAt;
    if (at === undefined) return;
    const why = startsAgainAt === undefined ? this.why : "died";
    const wait = Math.max(0, Math.ceil(at - this.parts.now()));
    this.disarm = after(wait, () => {
      this.startsAgainAt = undefined;
      this.why = "changes";
      this.timer.clear();
      void this.restart(why);
    });
  }

  private async begin(why: RestartReason | "first"): Promise<void> {
    await this.parts.dnsmasq.start(async () => {
      await this.parts.drain();
      this.timer.clear();
      this.arm();
      this.live &&= { changes: [], urgent: false };
      return this.parts.table().flatMap(({ lease }) => lease === undefined ? [] : [lease]);
    });
    this.isRunning = true;
    this.backoff.started(this.parts.now());
    this.bus.started();
    this.parts.started(why);
  }

  private async end(): Promise<void> {
    await this.parts.dnsmasq.stop();
    this.isRunning = false;
    await this.parts.drain();
    this.parts.stopped();
  }

  private dead(reason: string): void {
    const now = this.parts.now();
    const again = this.backoff.died(now);
    this.startsAgainAt = again === undefined ? undefined : now + again;
    this.parts.died(reason, again);
    this.arm();
  }

  private inTurn(work: () => Promise<void> | void): Promise<void> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }
}

function afterSome(milliseconds: number, work: () => void): () => void {
  const timer = setTimeout(work, Math.min(milliseconds, LONGEST_TIMER_MS));
  return () => clearTimeout(timer);
}
