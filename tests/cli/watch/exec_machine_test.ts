/** The command of `watch --exec` in virtual time. */

import assert from "node:assert/strict";
import { ExecMachine, type ExecSettings } from "../../../cli/watch/exec_machine.ts";
import { WATCH_LIMITS } from "../../../cli/watch/options.ts";

/** A machine, and all that it wants done, with the time at which it wants it. */
class Stage {
  now = 0;
  readonly machine: ExecMachine;
  private readonly done: string[] = [];

  constructor(settings: Partial<ExecSettings> = {}) {
    this.machine = new ExecMachine({
      debounceMs: 100,
      timeoutMs: 30_000,
      once: false,
      ...settings,
    });
  }

  /** Lets the time pass, with all deadlines on the way. */
  at(now: number): this {
    for (let next = this.machine.deadline(); next !== undefined && next <= now;) {
      this.now = Math.max(next, this.now);
      this.machine.due(this.now);
      this.take();
      next = this.machine.deadline();
    }
    this.now = now;
    return this;
  }

  change(): this {
    this.machine.changed(this.now);
    return this.take();
  }

  exit(code: number | undefined): this {
    this.machine.exited(code, this.now);
    return this.take();
  }

  stop(): this {
    this.machine.stop(this.now);
    return this.take();
  }

  /** What was done since the last time. */
  said(): string[] {
    return this.done.splice(0);
  }

  private take(): this {
    for (let each = this.machine.poll(); each !== undefined; each = this.machine.poll()) {
      const detail = each.type === "signal"
        ? each.signal
        : each.type === "log"
        ? each.message
        : each.type === "ended"
        ? each.failure ?? ""
        : "";
      this.done.push(`${this.now} ${each.type} ${detail}`.trimEnd());
    }
    return this;
  }
}

Deno.test("the first answer is told at once", () => {
  assert.deepEqual(new Stage().change().said(), ["0 start"]);
});

Deno.test("a burst of changes is one run, so long after the first of them", () => {
  const stage = new Stage().change().exit(0);
  stage.at(1_000).change().at(1_060).change().at(1_099).change().at(5_000);
  assert.deepEqual(stage.said(), ["0 start", "0 succeeded", "1100 start"]);
});

Deno.test("changes without end do not put a run off", () => {
  const stage = new Stage().change().exit(0);
  for (let now = 10; now <= 500; now += 10) stage.at(now).change().exit(0);
  const starts = stage.said().filter((each) => each.endsWith("start"));
  assert.deepEqual(starts, ["0 start", "110 start", "210 start", "310 start", "410 start"]);
});

Deno.test("one at a time: a change during a run leads to another one after it", () => {
  const stage = new Stage().change().at(10).change().at(20).change().at(3_000);
  assert.deepEqual(stage.said(), ["0 start"]);
  stage.exit(0).at(9_000);
  assert.deepEqual(stage.said(), ["3000 succeeded", "3000 start"]);
});

Deno.test("a failure is repeated after pauses that double up to maxRetryMs", () => {
  const stage = new Stage().change();
  const pauses: number[] = [];
  for (let i = 0; i < 10; i++) {
    const { now } = stage.exit(3);
    stage.at(stage.machine.deadline()!);
    pauses.push(stage.now - now);
  }
  const { firstRetryMs, maxRetryMs } = WATCH_LIMITS;
  assert.deepEqual([firstRetryMs, maxRetryMs], [1_000, 60_000]);
  const doubled = [1, 2, 4, 8, 16, 32].map((factor) => factor * firstRetryMs);
  assert.deepEqual(pauses, [...doubled, ...Array(4).fill(maxRetryMs)]);
  const [, first] = stage.said();
  assert.equal(first, "0 log the command failed: exit code 3; it runs again in 1s");
  stage.exit(0);
  assert.match(stage.said().join("\n"), /log the command has succeeded again\n\d+ succeeded/);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("something newer takes the place of a repetition", () => {
  const stage = new Stage().change();
  for (let i = 0; i < 4; i++) stage.exit(1).at(stage.machine.deadline()!);
  stage.exit(1).said();
  const { now } = stage;
  stage.at(now + 50).change().at(now + 5_000);
  assert.deepEqual(stage.said(), [`${now + 150} start`]);
});

Deno.test("a failure with something newer says so, and that is what runs next", () => {
  const stage = new Stage().change().at(10).change().exit(undefined).at(500);
  assert.deepEqual(stage.said(), [
    "0 start",
    "10 log the command failed: it could not be started; " +
    "it runs again with what has changed meanwhile",
    "110 start",
  ]);
});

Deno.test("one that does not end gets SIGTERM at its time, and SIGKILL killMs later", () => {
  const stage = new Stage({ timeoutMs: 30_000 }).change().at(40_000);
  assert.equal(WATCH_LIMITS.execTimeoutMs, 30_000);
  assert.equal(WATCH_LIMITS.killMs, 5_000);
  assert.deepEqual(stage.said(), ["0 start", "30000 signal SIGTERM", "35000 signal SIGKILL"]);
  stage.exit(0);
  assert.deepEqual(stage.said(), [
    "40000 log the command failed: not ended in time (--exec-timeout 30s); it runs again in 1s",
  ]);
});

Deno.test("a stop without a running command is the end, whatever waits", () => {
  const stage = new Stage().change().exit(0).at(10).change().stop().at(60_000).change();
  assert.deepEqual(stage.said(), ["0 start", "0 succeeded", "10 ended"]);
  assert.deepEqual(new Stage().stop().said(), ["0 ended"]);
});

Deno.test("a stop waits stopMs for a running command, which then gets SIGTERM and SIGKILL", () => {
  assert.equal(WATCH_LIMITS.stopMs, 5_000);
  const quick = new Stage().change().at(10).stop().at(4_000).exit(0);
  assert.deepEqual(quick.said(), ["0 start", "4000 succeeded", "4000 ended"]);
  const slow = new Stage().change().stop().at(10_000).exit(137);
  assert.deepEqual(slow.said(), [
    "0 start",
    "5000 signal SIGTERM",
    "10000 signal SIGKILL",
    "10000 log the command was still running at the stop and has been ended",
    "10000 ended",
  ]);
});

Deno.test("a failure at a stop is told, and not repeated", () => {
  const stage = new Stage().change().stop().exit(3).at(60_000);
  assert.deepEqual(stage.said(), ["0 start", "0 log the command failed: exit code 3", "0 ended"]);
});

Deno.test("a stop does not wait for ever for one that cannot be killed", () => {
  const stage = new Stage().change().stop().at(60_000);
  assert.equal(WATCH_LIMITS.killedMs, 2_000);
  assert.deepEqual(stage.said().at(-1), "12000 ended");
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("a second stop kills at once", () => {
  const stage = new Stage().change().at(10).stop().at(20).stop();
  assert.deepEqual(stage.said(), ["0 start", "20 signal SIGKILL"]);
});

Deno.test("once: a first failure is the end, and so is a success", () => {
  const failed = new Stage({ once: true }).change().exit(7).at(60_000);
  assert.deepEqual(failed.said(), ["0 start", "0 ended exit code 7"]);
  const well = new Stage({ once: true }).change().exit(0).stop();
  assert.deepEqual(well.said(), ["0 start", "0 succeeded", "0 ended"]);
});
