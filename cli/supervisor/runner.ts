/**
 * Runs a {@link Supervisor} in the world: a real child, checks, signals, timers and a pool element.
 */

import { EXIT } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import { monitor, type MonitorHandlers, type MonitorSettings } from "../checks/monitor.ts";
import { Child, ChildNotStarted } from "./child.ts";
import type {
  ForwardedSignal,
  SupervisorEvent,
  SupervisorInput,
  SupervisorOutput,
  SupervisorSettings,
} from "./contract.ts";
import { SupervisorLoop } from "./loop.ts";
import { Supervisor } from "./machine.ts";
import { listenToSignals, type OnSignal } from "./signals.ts";

/** What a pool element tells its supervisor. */
export type ElementInput = Extract<
  SupervisorInput,
  {
    type:
      | "granted"
      | "rejected"
      | "registrars-failed"
      | "registrar-silent"
      | "deregistered"
      | "fail";
  }
>;

/** A pool element that can be offered and withdrawn; it answers with {@link ElementInput}s. */
export interface SupervisedElement {
  register(): void;
  deregister(): void;
  /** Lets go of the registrar without waiting for its answer. */
  abandon(): void;
  close(): Promise<void>;
}

/** What a run is made of. */
export interface RunParts {
  /** COMMAND and its arguments; without it, this process itself is what lives. */
  readonly command: readonly string[];
  readonly settings: Omit<SupervisorSettings, "hasChild">;
  readonly checks: MonitorSettings;
  readonly target: MonitorHandlers["target"];
  readonly looked?: MonitorHandlers["looked"];
  /** COMMAND runs. */
  readonly childStarted?: (pid: number) => void;
  /** What the checks wait for. */
  readonly beforeChecks?: () => Promise<void>;
  readonly onSignal: OnSignal;
  /** Whether this process was started so that SIGHUP does not matter to it. */
  readonly isHangUpIgnored?: boolean;
  /** What SIGHUP asks for besides. */
  readonly reload?: (() => Promise<void>) | undefined;
  element(tell: (input: ElementInput) => void): SupervisedElement;
  /** Called at the first grant; what it has not done by the abort, it shall not do any more. */
  ready(childPid: number | undefined, abort: AbortSignal): Promise<void>;
  log(told: SupervisorEvent): void;
}

/** Runs to the end. The result is the exit code. */
export async function runSupervised(parts: RunParts): Promise<number> {
  return await new Runner(parts).run();
}

class Runner {
  private readonly parts: RunParts;
  private readonly loop: SupervisorLoop;
  private readonly element: SupervisedElement;
  private readonly ending = Promise.withResolvers<number>();
  private readonly over = new AbortController();
  private readonly checks = new AbortController();
  private watching: Promise<void> = Promise.resolve();
  private announcing: Promise<void> = Promise.resolve();
  private child: Child | undefined;

  constructor(parts: RunParts) {
    this.parts = parts;
    const machine = new Supervisor({ ...parts.settings, hasChild: parts.command.length > 0 });
    this.loop = new SupervisorLoop(machine, { perform: (output) => this.perform(output) });
    this.element = parts.element((input) => this.loop.take(input));
  }

  async run(): Promise<number> {
    const forward = (signal: ForwardedSignal) => this.loop.take({ type: "forward", signal });
    const { command, onSignal, isHangUpIgnored = false, reload } = this.parts;
    const stopListening = listenToSignals(onSignal, {
      stop: (reason) => this.loop.take({ type: "stop", reason }),
      reload: reload && (() => void reload()),
      ...(command.length > 0 && { forward }),
    }, isHangUpIgnored);
    this.loop.take({ type: "start" });
    const code = await this.ending.promise;
    this.loop.stop();
    this.over.abort();
    this.checks.abort();
    await Promise.all([this.watching, this.announcing]);
    await this.element.close();
    stopListening();
    return code;
  }

  private perform(output: SupervisorOutput): void {
    switch (output.type) {
      case "start-child":
        return this.startChild();
      case "start-checks":
        return this.startChecks();
      case "stop-checks":
        return this.checks.abort();
      case "register":
        return this.element.register();
      case "deregister":
        return this.element.deregister();
      case "abandon-registration":
        return this.element.abandon();
      case "write-ready-file":
        return this.announce();
      case "signal-group":
        return this.signalGroup(output.signal);
      case "await-group":
        return this.awaitGroup();
      case "log":
        return this.parts.log(output);
      case "exit":
        return this.ending.resolve(output.code);
    }
  }

  private startChild(): void {
    const [command, ...args] = this.parts.command as [string, ...string[]];
    try {
      const child = Child.start(command, args);
      this.child = child;
      this.parts.childStarted?.(child.pid);
      this.loop.take({ type: "child-started" });
      child.exited().then((code) => {
        this.loop.take({ type: "child-exited", code, groupGone: child.isGroupGone() });
      });
    } catch (error) {
      if (!(error instanceof ChildNotStarted)) throw error;
      this.loop.take({ type: "child-not-started", code: error.code, reason: error.message });
    }
  }

  private startChecks(): void {
    this.watching = this.watch();
  }

  private async watch(): Promise<void> {
    await this.parts.beforeChecks?.();
    await monitor(this.parts.checks, {
      target: this.parts.target,
      looked: (outcome) => {
        this.parts.looked?.(outcome);
        if (!outcome.passed) this.loop.take({ type: "check-failed", reason: outcome.reason });
      },
      healthy: () => this.loop.take({ type: "healthy" }),
      unhealthy: (reason) => this.loop.take({ type: "unhealthy", reason }),
    }, this.checks.signal);
  }

  private announce(): void {
    this.announcing = this.parts.ready(this.child?.pid, this.over.signal).catch((error) => {
      this.loop.take({ type: "fail", code: EXIT.world, reason: reasonOf(error) });
    });
  }

  private signalGroup(signal: Deno.Signal): void {
    try {
      this.child?.signal(signal);
    } catch (error) {
      const message = `cannot send ${signal} to the command: ${reasonOf(error)}`;
      this.parts.log({ level: "warning", event: "signal-not-sent", message, fields: { signal } });
    }
  }

  private awaitGroup(): void {
    const { signal } = this.over;
    this.child?.groupGone(signal).then(() => {
      if (!signal.aborted) this.loop.take({ type: "group-gone" });
    });
  }
}
