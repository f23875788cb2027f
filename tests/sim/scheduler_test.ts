import assert from "node:assert/strict";
import { Livelock, Scheduler } from "../../lib/sim/mod.ts";

Deno.test("things happen in the order of their instants, then of their scheduling", () => {
  const scheduler = new Scheduler();
  const happened: string[] = [];
  scheduler.at(20, () => happened.push("c"));
  scheduler.at(10, () => {
    happened.push("a");
    scheduler.after(0, () => happened.push("after b"));
  });
  scheduler.at(10, () => happened.push("b"));
  scheduler.run(15);
  assert.deepEqual(happened, ["a", "b", "after b"]);
  assert.equal(scheduler.now, 15);
  scheduler.run(20);
  assert.deepEqual(happened, ["a", "b", "after b", "c"]);
});

Deno.test("what is cancelled does not happen, and what is past happens now", () => {
  const scheduler = new Scheduler();
  const happened: string[] = [];
  const task = scheduler.at(10, () => happened.push("cancelled"));
  scheduler.run(5);
  scheduler.at(1, () => happened.push("late"));
  task.cancel();
  scheduler.run(100);
  assert.deepEqual(happened, ["late"]);
  assert.equal(scheduler.pending, 0);
});

Deno.test("settle runs until the next thing is far away, or says that it never is", () => {
  const scheduler = new Scheduler();
  scheduler.at(100, () => {});
  scheduler.at(900, () => {});
  scheduler.at(60_000, () => {});
  assert.equal(scheduler.settle(1000, 10_000), true);
  assert.equal(scheduler.now, 900);
  const tick = () => void scheduler.after(10, tick);
  tick();
  assert.equal(scheduler.settle(1000, 10_000), false);
});

Deno.test("a clock that stands still while ever more happens is a livelock", () => {
  const scheduler = new Scheduler(1000);
  const turn = () => void scheduler.after(0, turn);
  turn();
  assert.throws(() => scheduler.run(1), Livelock);
});
