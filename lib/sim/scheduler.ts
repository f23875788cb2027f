/** Virtual time: what is to happen, in the order of its instant and then of its scheduling. */

import { type Instant, Timers } from "../core/mod.ts";

/** Something that is to happen; it can be cancelled until it has. */
export interface Task {
  /** It does not happen; without effect once it has. */
  cancel(): void;
}

/** More happened at one instant than any good run needs: something turns in a circle. */
export class Livelock extends Error {
  override readonly name = "Livelock";
}

interface Action extends Task {
  readonly run: () => void;
}

/** The clock of a simulation. Nothing but `run` moves it. */
export class Scheduler {
  private readonly tasks = new Timers<Action>();
  private readonly maxStepsPerInstant: number;
  private clock: Instant = 0;
  private stepsNow = 0;
  private stepsDone = 0;

  /** @param maxStepsPerInstant How much may happen without the clock moving. */
  constructor(maxStepsPerInstant = 1_000_000) {
    this.maxStepsPerInstant = maxStepsPerInstant;
  }

  /** Milliseconds since the simulation began. */
  get now(): Instant {
    return this.clock;
  }

  /** How much has happened. */
  get steps(): number {
    return this.stepsDone;
  }

  /** How much is still to happen. */
  get pending(): number {
    return this.tasks.size;
  }

  /** The instant of what happens next. */
  get next(): Instant | undefined {
    return this.tasks.next();
  }

  /** Lets something happen at an instant, or now if that is past. */
  at(instant: Instant, run: () => void): Task {
    const action: Action = { run, cancel: () => this.tasks.delete(action) };
    this.tasks.set(action, Math.max(instant, this.clock));
    return action;
  }

  /** Lets something happen after so many milliseconds. */
  after(delayMs: number, run: () => void): Task {
    return this.at(this.clock + delayMs, run);
  }

  /**
   * Lets everything happen up to and at an instant; the clock then shows it.
   *
   * @throws {Livelock} if the clock stands still while ever more happens.
   */
  run(until: Instant): void {
    while (this.step(until));
    this.clock = Math.max(this.clock, until);
  }

  /** Lets the next thing happen if it is not after `until`. */
  step(until: Instant): boolean {
    const next = this.tasks.next();
    if (next === undefined || next > until) return false;
    this.stepsNow = next > this.clock ? 0 : this.stepsNow + 1;
    if (this.stepsNow > this.maxStepsPerInstant) {
      throw new Livelock(`More than ${this.maxStepsPerInstant} steps at ${next} ms`);
    }
    this.clock = next;
    this.stepsDone++;
    this.tasks.takeDue(next)!.run();
    return true;
  }

  /**
   * Lets things happen until the next is further away than `quietMs`, or `limitMs` have passed.
   *
   * @returns whether it became quiet.
   */
  settle(quietMs: number, limitMs: number): boolean {
    const limit = this.clock + limitMs;
    for (;;) {
      const next = this.tasks.next();
      if (next === undefined || next > this.clock + quietMs) return true;
      if (!this.step(limit)) return false;
    }
  }
}
