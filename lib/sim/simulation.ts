/** A plan that is played: a cluster under its faults, with every checker watching. */

import type { Instant } from "../core/mod.ts";
import { CheckFailed } from "./checkers/check_failed.ts";
import type { Cluster } from "./cluster.ts";
import type { Sabotage } from "./member.ts";
import type { Plan } from "./plan.ts";
import { commandsOf, type TimedCommand } from "./plan_commands.ts";
import { perform } from "./scenario/play.ts";
import { parseCommand } from "./scenario/script.ts";
import { Stage } from "./scenario/stage.ts";
import { Livelock } from "./scheduler.ts";

/** What a checker has found in a run. */
export interface Violation {
  /** The checker's name; `livelock` if the clock stood still, `exception` if a machine threw. */
  readonly checker: string;
  /** What it has found, in words. */
  readonly finding: string;
  /** When, in milliseconds since the run began. */
  readonly at: Instant;
}

/** What came of a run, or of a part of it. */
export interface SimulationReport {
  /** Virtual milliseconds that were played. */
  readonly virtualMs: number;
  /** Faults that have begun. */
  readonly faults: number;
  /** Messages of members that were read and checked. */
  readonly messages: number;
  /** Pool elements in answers to users that were checked. */
  readonly handedOut: number;
  /** Removals by registrars that were checked. */
  readonly removals: number;
  /** A number that two runs have in common if all their lines are the same; 0 if none is made. */
  readonly digest: number;
  /** What a checker has found, if one has. */
  readonly violation: Violation | undefined;
}

/** How a plan is played. */
export interface SimulationOptions {
  /**
   * Machines that do not what they should, to see which checker notices.
   *
   * @internal
   */
  readonly sabotage?: Sabotage;
  /** Lines of the transcript that are kept; default 0, which is faster. */
  readonly keepLines?: number;
}

/**
 * One run.
 *
 * @example
 * ```ts
 * import { makePlan, Simulation } from "@rserpool/rserpool/sim";
 * import assert from "node:assert/strict";
 *
 * const size = { registrars: 2, elements: 4, users: 2, hours: 0 };
 * const plan = makePlan({ ...size, seed: 1, timing: "fast" });
 * const simulation = new Simulation(plan);
 * const { violation, virtualMs, messages } = simulation.play();
 * assert.equal(violation, undefined);
 * console.log(`${messages} messages in ${virtualMs / 60_000} virtual minutes`);
 * ```
 */
export class Simulation {
  private readonly stage: Stage;
  private readonly commands: readonly TimedCommand[];
  private readonly faultsAt: readonly Instant[];
  private next = 0;
  private violation: Violation | undefined;

  /** Nothing is played yet. */
  constructor(plan: Plan, options: SimulationOptions = {}) {
    const { sabotage, keepLines = 0 } = options;
    this.stage = new Stage({ keepLines, ...(sabotage !== undefined && { sabotage }) }, false);
    this.commands = commandsOf(plan);
    const wrong = plan.faults.filter((fault) => fault.class !== "load");
    this.faultsAt = wrong.map(({ at }) => at);
  }

  /**
   * The cluster that it plays with, to look at.
   *
   * @internal
   */
  get cluster(): Cluster {
    return this.stage.cluster;
  }

  /** Milliseconds since it began. */
  get now(): Instant {
    return this.next === 0 ? 0 : this.stage.cluster.now;
  }

  /** Whether it has ended, by a violation or at its end. */
  get isOver(): boolean {
    return this.violation !== undefined || this.next === this.commands.length;
  }

  /** The last lines of its transcript. */
  tail(count: number): string {
    return this.stage.cluster.transcript.tail(count);
  }

  /** Plays on, for some time or to the end. */
  play(forMs = Infinity): SimulationReport {
    if (this.violation !== undefined) return this.report();
    const until = this.now + forMs;
    try {
      while (!this.isOver && this.commands[this.next]!.at <= until) this.step();
      // Past its end, what is reported would depend on the slices in which it was played.
      if (!this.isOver && until < Infinity) this.stage.advanceTo(until);
    } catch (error) {
      if (error instanceof SyntaxError) throw error;
      this.violation = { ...describe(error), at: this.now };
    }
    return this.report();
  }

  /** What came of it so far. */
  report(): SimulationReport {
    const { checked, cluster } = this.stage;
    return {
      virtualMs: this.now,
      faults: this.faultsAt.filter((at) => at <= this.now).length,
      messages: checked?.messages.checked ?? 0,
      handedOut: checked?.departures.checked ?? 0,
      removals: checked?.evictions.checked ?? 0,
      digest: cluster.transcript.isTold ? cluster.transcript.digest : 0,
      violation: this.violation,
    };
  }

  /** Plays the next command. */
  private step(): void {
    const { at, text } = this.commands[this.next]!;
    if (this.next > 0) this.stage.advanceTo(at);
    this.next++;
    const [command] = parseCommand(text, this.next);
    perform(this.stage, command!);
  }
}

/** What an error says about a run. */
export function describe(error: unknown): Omit<Violation, "at"> {
  if (error instanceof CheckFailed) return { checker: error.checker, finding: error.message };
  if (error instanceof Livelock) return { checker: "livelock", finding: error.message };
  const finding = error instanceof Error ? error.stack ?? error.message : String(error);
  return { checker: "exception", finding };
}
