/** A DHCP server that shares its bindings: dnsmasq, its agent, its spool and registrars, joined. */

import type { BindingAgent } from "../../api.ts";
import { RegisteredElement } from "../../commands/register_element.ts";
import { EXIT, ExitError } from "../../exit.ts";
import { aborted, pause } from "../../pause.ts";
import { Dnsmasq } from "../dnsmasq/process.ts";
import { AgentHost } from "./agent_host.ts";
import { AgentLog } from "./agent_log.ts";
import { BindingLink } from "./binding_link.ts";
import { StepWatch } from "./clock.ts";
import type { DhcpServiceParts } from "./contract.ts";
import { leaseOf } from "./conversion.ts";
import { EventFeeder } from "./event_feeder.ts";
import { forwardSignals } from "./forwarding.ts";
import { LocalLeases } from "./local_leases.ts";
import { refusal } from "./refusal.ts";
import { DhcpRegistration } from "./registration.ts";
import { Saver } from "./saver.ts";
import { DhcpServer, type RestartReason, START_REASONS } from "./server.ts";
import type { DhcpState } from "./shown.ts";

/** How long what was learned may wait for the disk, in milliseconds; what is told never does. */
const LAZY_SAVE_MS = 5_000;
/** How often it is saved that a registrar was heard, and how often the clocks are compared. */
const CONTACT_SAVE_MS = 30_000;
const CLOCK_LOOK_MS = 5_000;
/** How long the others may take at the start to agree to its share before that is told. */
const AGREED_MS = 5_000;
/** How long the end waits for a registrar to take what happened last, in milliseconds. */
const LAST_WORDS_MS = 3_000;

/** Why it ends. */
type Ending = { readonly code: number } | { readonly error: unknown };

/** One service, from its start to its end. */
export class DhcpService {
  private readonly parts: DhcpServiceParts;
  private readonly agent: BindingAgent;
  private readonly host: AgentHost;
  private readonly link: BindingLink;
  private readonly server: DhcpServer;
  private readonly dnsmasq: Dnsmasq;
  private readonly registration: DhcpRegistration;
  private readonly saver: Saver;
  private readonly feeder: EventFeeder;
  private readonly agentLog: AgentLog;
  private readonly leases: LocalLeases;
  private readonly steps: StepWatch;
  private readonly ending = Promise.withResolvers<Ending>();
  private readonly over = new AbortController();
  private element!: RegisteredElement;
  private lazily: ReturnType<typeof setTimeout> | undefined;
  private readonly watching: ReturnType<typeof setInterval>[] = [];
  private readonly starts = new Map<string, number>(START_REASONS.map((why) => [why, 0]));
  private source: "registrar" | "disk" = "disk";
  private hasBegun = false;
  private isEnding = false;
  private isRefused = false;
  private hasServed = false;

  constructor(parts: DhcpServiceParts) {
    this.parts = parts;
    const { api, clock, context: { log }, spool } = parts;
    const { saved, placeholder } = parts;
    this.agent = new api.BindingAgent({ ...parts.agent, placeholder, saved }, clock.now());
    this.steps = new StepWatch(clock);
    this.leases = new LocalLeases(placeholder);
    this.saver = new Saver({
      write: () => this.save(),
      failed: (reason) => {
        const words =
          `cannot save the bindings: ${reason}; until it works, others are told nothing`;
        log.event("error", "state-unwritable", {}, words);
      },
      healed: () => log.event("notice", "state-written", {}, "the bindings are on the disk again"),
      signal: this.over.signal,
    });
    const agentLog = this.agentLog = new AgentLog(
      log,
      api,
      (identifier) => this.agent.servers.find((each) => each.identifier === identifier)?.name,
    );
    this.host = new AgentHost({
      agent: this.agent,
      clock,
      apply: (changes, urgent) => this.server.apply(changes, urgent),
      tell: (event) => agentLog.tell(event),
      save: () => this.saver.save(),
      publish: (servers, bindings) => {
        this.link.publish(servers, bindings);
        log.event("debug", "bindings-published", { bindings: bindings.length });
      },
      changed: () => this.consider(),
    });
    this.feeder = new EventFeeder({
      spool,
      clock,
      leases: this.leases,
      take: (event) => this.host.do((agent, now) => agent.onLeaseEvent(event, now)),
      save: () => this.saver.save(),
      savedAgoMs: saved?.savedAgoMs,
      failed: (reason) => log.event("warning", "dhcp-warning", {}, reason),
      stepped: () => {
        this.lookAtClock();
        this.server.restartSoon("clock");
      },
    });
    this.dnsmasq = this.makeDnsmasq();
    this.server = this.makeServer();
    this.link = new BindingLink({
      api,
      log,
      settings: parts.bindings,
      host: () => this.host,
      learned: () => this.saveLazily(LAZY_SAVE_MS),
      mayPublish: () => this.isFitting(),
      refused: (why) => this.refuse(this.misfit() ?? why),
    });
    this.registration = this.makeRegistration();
  }

  /** What it has to show. */
  get state(): DhcpState {
    const { agent, starts, source: from, feeder: { counts: events } } = this;
    return {
      agent,
      now: this.parts.clock.now(),
      dnsmasqPid: this.dnsmasq.pid,
      isServing: this.server.isServing,
      isPublished: this.link.isPublished,
      from,
      registrar: this.element.registrar,
      starts,
      events,
    };
  }

  /** What has gone over its connections about bindings. */
  traffic(): ReturnType<BindingLink["traffic"]> {
    return this.link.traffic();
  }

  /** Runs until it is stopped, or cannot go on. The result is the exit code. */
  async run(): Promise<number> {
    const { context: { signal, log }, spool } = this.parts;
    const { secured, context: { world } } = this.parts;
    const stopForwarding = forwardSignals(world, () => this.dnsmasq.pid, secured.reload);
    const following = this.feeder.follow().catch((error) => this.fail(error));
    void aborted(signal).then(() => this.ending.resolve({ code: EXIT.ok }));
    const beginning = this.begin().catch((error) => this.fail(error));
    const ending = await this.ending.promise;
    if (signal.aborted) log.event("notice", "stopping", { signal: signal.reason });
    this.isEnding = true;
    await this.end(beginning);
    stopForwarding();
    spool.close();
    await following;
    if ("error" in ending) throw ending.error;
    if (ending.code === EXIT.ok) log.event("notice", "ended", {}, "stopped");
    return ending.code;
  }

  private get self() {
    const { self: identifier, authoritative, ...others } = this.parts.agent;
    const { name, first, last, share, shares } = others;
    return { identifier, name, first, last, share, shares, isAuthoritative: authoritative };
  }

  private async begin(): Promise<void> {
    const { syncTimeoutMs, context: { log } } = this.parts;
    // What has happened while nobody looked comes before what others say.
    await this.feeder.drain();
    await this.feeder.acknowledge();
    this.registration.offer();
    await this.link.start();
    const limit = AbortSignal.any([this.over.signal, this.parts.context.signal]);
    const waiting = this.link.synchronized.then(() => this.source = "registrar");
    await Promise.race([waiting, pause(syncTimeoutMs, limit)]);
    if (this.isEnding || limit.aborted) return;
    if (this.source === "disk") {
      const words = `no registrar has told the bindings within ${syncTimeoutMs / 1000} s: DHCP ` +
        "starts with what is on the disk, and goes on asking";
      log.event("warning", "from-disk", { waitedMs: syncTimeoutMs }, words);
    }
    this.hasBegun = true;
    if (!this.isFitting()) return;
    for (
      const [ms, look] of [
        [CONTACT_SAVE_MS, () => void this.saver.save()],
        [CLOCK_LOOK_MS, () => this.lookAtClock()],
      ] as const
    ) this.watching.push(setInterval(look, ms));
    if (this.agent.mayServe) return await this.server.start();
    this.agentLog.held();
  }

  /** After anything: whether dnsmasq may run, and this server beside the others. */
  private consider(): void {
    if (!this.hasBegun || this.isEnding || !this.isFitting()) return;
    const { mayServe } = this.agent;
    if (mayServe === this.server.isOn) return;
    if (!mayServe) {
      this.agentLog.held();
      return void this.server.stop().catch((error) => this.fail(error));
    }
    this.server.start().catch((error) => this.fail(error));
  }

  private isFitting(): boolean {
    const why = this.misfit();
    if (why !== undefined) this.refuse(why);
    return why === undefined;
  }

  private misfit(): string | undefined {
    return refusal(this.self, this.agent.servers, this.hasServed);
  }

  private fail(error: unknown): void {
    this.ending.resolve({ error });
  }

  private refuse(reason: string): void {
    if (this.isEnding) return;
    this.isEnding = true;
    this.isRefused = true;
    this.parts.context.log.event("error", "dhcp-refused", {}, reason);
    this.ending.resolve({ code: EXIT.usage });
  }

  /** dnsmasq first, so that its last events reach a registrar while this server is registered. */
  private async end(beginning: Promise<void>): Promise<void> {
    const { log } = this.parts.context;
    clearTimeout(this.lazily);
    this.watching.forEach((each) => clearInterval(each));
    await this.server.stop();
    await this.feeder.drain();
    const late = setTimeout(() => this.over.abort(), LAST_WORDS_MS);
    await this.feeder.acknowledge();
    await this.host.published();
    // Nobody is to hear of one that was refused.
    const isTold = this.isRefused || await this.link.published(this.over.signal);
    clearTimeout(late);
    this.over.abort();
    // Where there is no lease, nobody need look for one.
    if (!isTold && this.host.do((agent, now) => !agent.bindings(now).next().done)) {
      const words = "what happened last is on the disk, and is told at the next start";
      log.event("warning", "bindings-untold", {}, words);
    }
    await beginning;
    this.host.close();
    await this.registration.stop();
    await this.link.close();
  }

  private makeDnsmasq(): Dnsmasq {
    const { placeholder, context: { log } } = this.parts;
    return new Dnsmasq({
      ...this.parts.dnsmasq,
      placeholder,
      onLine: (line) => log.event("notice", "dnsmasq", {}, `dnsmasq: ${line}`),
      onWarning: (message) => log.event("warning", "dhcp-warning", {}, message),
      onEnd: (reason) => this.server.onEnd(reason),
    });
  }

  private makeServer(): DhcpServer {
    const { clock, placeholder, context: { log } } = this.parts;
    const times = () => ({ now: clock.now(), wall: clock.wall() });
    const convert = (changes: Parameters<LocalLeases["start"]>[0]) => {
      const at = times();
      return changes.map(({ address, holding }) => {
        return { address, lease: leaseOf(address, holding, placeholder, at) };
      });
    };
    return new DhcpServer({
      dnsmasq: this.dnsmasq,
      leases: this.leases,
      now: () => clock.now(),
      drain: () => this.feeder.drain(),
      table: () => {
        this.noteStep();
        const changes = this.host.do((agent, now) => agent.leases(now));
        this.leases.start(changes);
        return convert(changes);
      },
      convert,
      started: (why) => this.started(why),
      stopped: () => this.host.do((agent) => agent.onStopped()),
      died: (reason, againMs) => this.died(reason, againMs),
      liveFailed: (problem) => {
        const words = `cannot change leases while dnsmasq runs: ${problem}; it is restarted`;
        log.event("warning", "dhcp-live-failed", { problem }, words);
      },
    });
  }

  private makeRegistration(): DhcpRegistration {
    const { api, secured, element: settings, context: { log } } = this.parts;
    return new DhcpRegistration({
      log,
      element: (tell) => {
        const onAddress = () => {};
        this.element = new RegisteredElement({ api, log, settings, secured, onAddress }, tell);
        return this.element;
      },
      granted: () => this.link.retry(),
      ended: (code) => this.ending.resolve({ code }),
    });
  }

  private started(why: RestartReason | "first"): void {
    this.host.do((agent, now) => agent.onRestarted(now));
    this.starts.set(why, (this.starts.get(why) ?? 0) + 1);
    const { log } = this.parts.context;
    const { pid: dnsmasqPid } = this.dnsmasq;
    const { size: leases } = this.leases;
    if (why === "first") {
      const from = this.source;
      const words = `dnsmasq serves, with ${leases} leases as the ${from} has them`;
      log.event("notice", "dhcp-started", { dnsmasqPid, from, leases }, words);
      this.watching.push(setTimeout(() => this.tellIfWithheld(), AGREED_MS));
    } else {
      const because = why === "bus" ? "D-Bus answers" : why;
      const words = `dnsmasq serves again (${because}), with ${leases} leases`;
      log.event("notice", "dhcp-restarted", { dnsmasqPid, why, leases }, words);
    }
    this.registration.offer();
    this.writeReadyFile(dnsmasqPid);
  }

  private tellIfWithheld(): void {
    const { agent, parts: { agent: { self } } } = this;
    if (!agent.maySpend) this.agentLog.stillWithheld({ self, servers: agent.servers });
  }

  private writeReadyFile(dnsmasqPid: number | undefined): void {
    if (this.hasServed) return;
    this.hasServed = true;
    const { readyFile, ready, api, agent, element: { poolHandle } } = this.parts;
    const { home } = this.element;
    readyFile.write({
      poolHandle,
      identifier: api.formatIdentifier(agent.self),
      home: home === undefined ? null : api.formatIdentifier(home),
      pid: Deno.pid,
      dnsmasqPid,
      from: this.source,
      ...ready,
    }).catch((error) => this.fail(error));
  }

  private died(reason: string, againMs: number | undefined): void {
    const { log } = this.parts.context;
    if (againMs === undefined) {
      const words = `dnsmasq has ended (${reason}) again and again: its own log says why`;
      return this.fail(new ExitError(EXIT.world, words));
    }
    const again = `it is started again in ${againMs / 1000} s; its own log says why`;
    const words = `dnsmasq has ended (${reason}); ${again}`;
    log.event("error", "dhcp-died", { reason, againMs }, words);
    this.registration.withdraw(`dnsmasq has ended: ${reason}`);
  }

  private lookAtClock(): void {
    if (this.noteStep()) this.server.restartSoon("clock");
  }

  /** Whether somebody has set the time of the day, by which dnsmasq's leases end. */
  private noteStep(): boolean {
    const step = this.steps.look();
    if (step === 0) return false;
    this.steps.accept();
    const seconds = Math.round(step / 1000);
    const words = `the clock was set by ${seconds} s: leases go on as if it had not been, and ` +
      "dnsmasq is given them anew";
    this.parts.context.log.event("warning", "clock-stepped", { seconds }, words);
    // A machine that was stopped looks like this: meanwhile its share may have been freed.
    if (step > 0) this.host.do((agent, now) => agent.onUnseenTime(step, now));
    return true;
  }

  private saveLazily(ms: number): void {
    this.lazily ??= setTimeout(() => {
      this.lazily = undefined;
      void this.saver.save();
    }, ms);
  }

  private async save(): Promise<void> {
    const saved = this.agent.snapshot(this.parts.clock.now());
    await this.feeder.saving(() => this.parts.save(saved));
  }
}
