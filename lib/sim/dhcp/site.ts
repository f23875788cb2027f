/**
 * A DHCP server with its agent, its disk and its hook, as `rserpool dhcp run` puts them together:
 * either can be killed, and what was on the disk is there at the next start.
 */

import {
  type AgentEvent,
  type AgentOptions,
  BindingAgent,
  type Change,
  type SavedAgent,
  secondsUntil,
} from "../../bindings/mod.ts";
import type { Instant } from "../../core/mod.ts";
import type { Random } from "../../handlespace/mod.ts";
import { type Binding, type BindingServer, INFINITE_LEASE } from "../../wire/mod.ts";
import { HostClock } from "../host_clock.ts";
import type { Scheduler, Task } from "../scheduler.ts";
import { Dnsmasq, type HookEvent, type ImportedLease } from "./dnsmasq.ts";

/** How long a start waits for a registrar's table before it goes on with what is on the disk. */
const TABLE_WAIT_MS = 3000;
/** How long dnsmasq takes to start. */
const START_MS = 20;
/** How soon a restart follows a change that is urgent, and one that is not. */
const URGENT_RESTART_MS = 300;
const RESTART_MS = 5000;

/** How a DHCP server's host behaves. */
export interface SiteOptions {
  readonly agent: Omit<AgentOptions, "saved">;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Longest time that the hook takes for an event. */
  readonly hookMs: number;
  /** Longest time until D-Bus has done a change; absent: there is none, dnsmasq is restarted. */
  readonly busMs?: number | undefined;
  /** Events that dnsmasq's pipe holds. */
  readonly pipeEvents: number;
  /** How many times as fast as it should its clock runs. */
  readonly clockRate: number;
  readonly pings?: ((address: string) => boolean) | undefined;
  /** Puts another agent in the place of a right one. */
  readonly sabotage?: ((agent: BindingAgent) => BindingAgent) | undefined;
  readonly onEvent: (site: DhcpSite, event: AgentEvent) => void;
  /** What dnsmasq is told, and what it tells. */
  readonly say?: ((text: string) => void) | undefined;
  /** A registrar is to be told. */
  readonly publish: (
    site: DhcpSite,
    servers: readonly BindingServer[],
    bindings: readonly Binding[],
  ) => void;
}

interface Disk {
  readonly saved: SavedAgent;
  readonly savedAt: Instant;
}

/** One DHCP server and what belongs to it. */
export class DhcpSite {
  readonly name: string;
  readonly dnsmasq: Dnsmasq;
  agent: BindingAgent | undefined;
  private readonly clock: HostClock;
  private disk: Disk | undefined;
  /** Events that are on the disk and that no agent has read. */
  private spool: HookEvent[] = [];
  private isHookBusy = false;
  private busAt: Instant = 0;
  /** Counts lives of dnsmasq, so that what was meant for one does not reach the next. */
  private life = 0;
  private starting: Task | undefined;
  private restarting: Task | undefined;
  private timer: Task | undefined;
  private ending: Task | undefined;

  constructor(readonly options: SiteOptions) {
    const { agent, scheduler, random, clockRate, pipeEvents, pings } = options;
    this.name = agent.name;
    this.clock = new HostClock(scheduler, 1_000_000_000 + random.below(1_000_000));
    this.clock.setRate(clockRate);
    const { first, last, lease, authoritative } = agent;
    const now = () => this.clock.now();
    const settings = { name: agent.name, first, last, lease, authoritative, pipeEvents, now };
    this.dnsmasq = new Dnsmasq({ ...settings, pings });
  }

  /** What its host's clock shows. */
  get now(): Instant {
    return this.clock.now();
  }

  /** Whether clients are answered. */
  get isServing(): boolean {
    return this.dnsmasq.isRunning;
  }

  /** Whether anything of it runs. */
  get isDead(): boolean {
    return this.agent === undefined && !this.isServing;
  }

  /** The agent starts; dnsmasq does when a registrar's table has come, or none does. */
  start(): void {
    if (this.agent !== undefined) return;
    const { options, disk, now } = this;
    const saved = disk && { ...disk.saved, savedAgoMs: now - disk.savedAt };
    const agent = new BindingAgent({ ...options.agent, saved }, now);
    this.agent = options.sabotage?.(agent) ?? agent;
    this.starting = options.scheduler.after(TABLE_WAIT_MS, () => this.startServer());
    this.readSpool();
  }

  /** The agent's process is killed; dnsmasq goes on until its hook notices. */
  killAgent(): void {
    const { now } = this;
    // Nothing leaves the host before it is on the disk, so that all is there that it knew.
    if (this.agent !== undefined) this.disk = { saved: this.agent.snapshot(now), savedAt: now };
    this.agent = undefined;
    for (const task of [this.starting, this.restarting, this.timer]) task?.cancel();
    this.starting = this.restarting = undefined;
    // What it has asked for over D-Bus was asked by it.
    this.busAt = 0;
  }

  /** dnsmasq is killed; an agent that lives starts it again. */
  killServer(): void {
    this.stopServer();
    if (this.agent === undefined || this.starting !== undefined) return;
    this.agent.onStopped();
    this.settle();
    this.starting = this.options.scheduler.after(START_MS, () => this.startServer());
  }

  /** Both are killed. */
  kill(): void {
    this.killAgent();
    this.stopServer();
  }

  /** Its disk is another one from now on. */
  loseDisk(): void {
    this.disk = undefined;
    this.spool = [];
  }

  /** A registrar begins to show its table. */
  onTableBegan(): void {
    this.tell((agent) => agent.onTableBegan());
  }

  /** A registrar has told something. */
  onRecords(servers: readonly BindingServer[], bindings: readonly Binding[]): void {
    this.tell((agent) => agent.onRecords(servers, bindings, this.now));
  }

  /** A registrar has shown all of its table. */
  onSynchronized(): void {
    this.tell((agent) => agent.onSynchronized(this.now));
    if (this.starting === undefined || this.isServing) return;
    this.starting.cancel();
    this.starting = this.options.scheduler.after(START_MS, () => this.startServer());
  }

  /** A registrar has answered something. */
  onContact(): void {
    this.tell((agent) => agent.onContact(this.now));
  }

  /** dnsmasq has got something to do, or has done it. */
  onServer(): void {
    this.runHook();
    this.awaitExpiry();
  }

  private tell(say: (agent: BindingAgent) => void): void {
    if (this.agent === undefined) return;
    say(this.agent);
    this.settle();
  }

  private stopServer(): void {
    this.life++;
    this.ending?.cancel();
    this.dnsmasq.stop();
    this.runHook();
  }

  private startServer(): void {
    const { agent, now } = this;
    this.restarting?.cancel();
    this.restarting = undefined;
    if (agent === undefined) return;
    this.stopServer();
    // Its helper has done all that it had to do before the next one starts.
    for (let event = this.dnsmasq.takeEvent(); event !== undefined;) {
      this.spool.push(event);
      event = this.dnsmasq.takeEvent();
    }
    this.readSpool();
    const { life } = this;
    const changes = agent.leases(now);
    this.options.say?.(
      `${this.name} starts with ${
        changes.map((each) => `${each.address}: ${holdingText(each)}`).join(", ")
      }`,
    );
    const table = changes.flatMap((change) => this.imported(change) ?? []);
    this.starting?.cancel();
    this.starting = this.options.scheduler.after(START_MS, () => {
      this.starting = undefined;
      if (life !== this.life || this.agent !== agent) return;
      if (!agent.mayServe) return this.settle();
      this.busAt = 0;
      this.dnsmasq.start(table);
      agent.onRestarted(this.now);
      this.settle();
      this.onServer();
    });
  }

  /** One event at a time: it is written to the disk, then an agent that lives reads it. */
  private runHook(): void {
    if (this.isHookBusy || !this.dnsmasq.hasEvent) return;
    this.isHookBusy = true;
    const { scheduler, random, hookMs } = this.options;
    scheduler.after(1 + random.below(hookMs), () => {
      this.isHookBusy = false;
      const event = this.dnsmasq.takeEvent();
      if (event !== undefined) this.spool.push(event);
      // Without an agent, what ends here would be free at once: the hook ends dnsmasq.
      if (this.agent === undefined && this.isServing) return this.stopServer();
      this.readSpool();
      this.runHook();
    });
  }

  private readSpool(): void {
    const { agent } = this;
    if (agent === undefined) return;
    for (const { action, address, client, expires } of this.spool.splice(0)) {
      const remaining = expires === Infinity
        ? INFINITE_LEASE
        : Math.max(0, Math.round(expires - this.now / 1000));
      this.options.say?.(`${this.name} hook: ${action} ${address} ${client.hardware} ${remaining}`);
      agent.onLeaseEvent({ action, address, client, remaining }, this.now);
    }
    this.settle();
  }

  /** Does what the agent wants. */
  private settle(): void {
    const { agent, options } = this;
    if (agent === undefined) return;
    for (let output = agent.poll(this.now); output !== undefined; output = agent.poll(this.now)) {
      if (output.type === "event") options.onEvent(this, output.event);
      else if (output.type === "apply") this.apply(output.changes, output.urgent);
      else options.publish(this, output.servers, output.bindings);
    }
    this.arm();
    this.obey(agent);
  }

  /** Who was down by an operator's word does not serve before all others know that it is back. */
  private obey(agent: BindingAgent): void {
    if (this.starting !== undefined || this.isServing === agent.mayServe) return;
    if (agent.mayServe) {
      this.starting = this.options.scheduler.after(START_MS, () => this.startServer());
      return;
    }
    this.restarting?.cancel();
    this.restarting = undefined;
    this.stopServer();
    agent.onStopped();
    this.settle();
  }

  private apply(changes: readonly Change[], urgent: boolean): void {
    const { options, options: { scheduler, busMs, random } } = this;
    if (busMs === undefined) return this.restartSoon(urgent);
    const { life, agent } = this;
    this.busAt = Math.max(this.busAt, scheduler.now);
    for (const change of changes) {
      this.busAt += random.below(busMs + 1);
      scheduler.at(this.busAt, () => {
        if (life !== this.life || this.agent !== agent || !this.isServing) return;
        this.dnsmasq.deleteLease(change.address);
        const lease = this.imported(change);
        options.say?.(`${this.name} = ${change.address}: ${holdingText(change)}`);
        if (lease !== undefined) this.dnsmasq.addLease(lease);
        this.onServer();
      });
    }
  }

  private restartSoon(urgent: boolean): void {
    if (this.starting !== undefined) return;
    const { scheduler } = this.options;
    if (this.restarting !== undefined && !urgent) return;
    this.restarting?.cancel();
    const waitMs = urgent ? URGENT_RESTART_MS : RESTART_MS;
    this.restarting = scheduler.after(waitMs, () => this.startServer());
  }

  private imported({ address, holding }: Change): ImportedLease | undefined {
    if (holding.kind === "free") return undefined;
    if (holding.kind === "placeholder") {
      const client = { hardware: this.options.agent.placeholder };
      return { address, client, expires: Infinity };
    }
    const { client, expiresAt } = holding;
    const seconds = secondsUntil(expiresAt, this.now);
    const expires = seconds === INFINITE_LEASE
      ? Infinity
      : Math.floor(this.now / 1000) + Math.max(1, seconds);
    return { address, client, expires };
  }

  private arm(): void {
    this.timer?.cancel();
    const deadline = this.agent?.deadline();
    if (deadline === undefined) return;
    const at = Math.max(this.clock.when(deadline), this.options.scheduler.now + 1);
    this.timer = this.options.scheduler.at(
      at,
      () => this.tell((agent) => agent.onDeadline(this.now)),
    );
  }

  private awaitExpiry(): void {
    this.ending?.cancel();
    const { nextExpiryMs, isRunning } = this.dnsmasq;
    if (!isRunning || nextExpiryMs === Infinity) return;
    const at = Math.max(this.clock.when(nextExpiryMs), this.options.scheduler.now + 1);
    this.ending = this.options.scheduler.at(at, () => {
      this.dnsmasq.prune();
      this.onServer();
    });
  }
}

function holdingText({ holding }: Change): string {
  if (holding.kind !== "lease") return holding.kind;
  return `${holding.client.hardware} until ${holding.expiresAt}`;
}
