/** Machines that are broken on purpose, and what it is that a checker finds them. */
import assert from "node:assert/strict";
import type { Input, Instant, Machine, Output } from "../../lib/core/mod.ts";
import { CheckFailed } from "../../lib/sim/mod.ts";

/** A checker finds something, and says it in these words. */
export function finds(checker: string, words: RegExp, run: () => void): void {
  assert.throws(run, (error) => {
    assert(error instanceof CheckFailed, String(error));
    assert.equal(error.checker, checker);
    assert.match(error.message, words);
    return true;
  });
}

/** A machine that is told and tells other things than it should. */
export class Broken<Command, Event> implements Machine<Command, Event> {
  constructor(
    private readonly right: Machine<Command, Event>,
    private readonly change: {
      readonly input?: (input: Input<Command>) => Input<Command> | undefined;
      readonly output?: (output: Output<Event>) => Output<Event>[];
      readonly deadline?: (at: Instant | undefined) => Instant | undefined;
    },
  ) {}

  private waiting: Output<Event>[] = [];

  handle(input: Input<Command>, now: Instant): void {
    const changed = this.change.input === undefined ? input : this.change.input(input);
    if (changed !== undefined) this.right.handle(changed, now);
  }

  poll(): Output<Event> | undefined {
    if (this.waiting.length === 0) {
      const output = this.right.poll();
      if (output === undefined) return undefined;
      this.waiting = this.change.output?.(output) ?? [output];
    }
    return this.waiting.shift() ?? this.poll();
  }

  deadline(): Instant | undefined {
    const at = this.right.deadline();
    return this.change.deadline === undefined ? at : this.change.deadline(at);
  }
}
