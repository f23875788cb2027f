/** Gives a {@link Supervisor} its inputs and its deadlines, one after the other. */

import type { SupervisorInput, SupervisorOutput } from "./contract.ts";
import type { Supervisor } from "./machine.ts";

/** What is done with what a machine says. */
export interface LoopParts {
  perform(output: SupervisorOutput): void;
  /** An input was taken, and all that came of it was performed. */
  readonly taken?: (input: SupervisorInput) => void;
}

/** The inputs of one machine, and its timer. */
export class SupervisorLoop {
  private readonly machine: Supervisor;
  private readonly parts: LoopParts;
  private readonly inputs: SupervisorInput[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isDraining = false;

  constructor(machine: Supervisor, parts: LoopParts) {
    this.machine = machine;
    this.parts = parts;
  }

  /** Hands an input to the machine, after those that led to it. */
  take(input: SupervisorInput): void {
    this.inputs.push(input);
    if (this.isDraining) return;
    this.isDraining = true;
    for (let next = this.inputs.shift(); next !== undefined; next = this.inputs.shift()) {
      this.machine.handle(next, performance.now());
      for (let out = this.machine.poll(); out !== undefined; out = this.machine.poll()) {
        this.parts.perform(out);
      }
      this.parts.taken?.(next);
    }
    this.isDraining = false;
    this.arm();
  }

  /** No deadline comes any more. */
  stop(): void {
    clearTimeout(this.timer);
  }

  private arm(): void {
    clearTimeout(this.timer);
    const deadline = this.machine.deadline();
    if (deadline === undefined) return;
    const wait = Math.max(0, Math.ceil(deadline - performance.now()));
    this.timer = setTimeout(() => this.take({ type: "deadline" }), wait);
  }
}
