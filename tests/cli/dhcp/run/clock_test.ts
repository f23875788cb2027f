import assert from "node:assert/strict";
import { STEP_MS, StepWatch, systemClock } from "../../../../cli/dhcp/run/clock.ts";

function clocks() {
  const clock = { mono: 1_000_000, set: 1_700_000_000_000, now: () => 0, wall: () => 0 };
  clock.now = () => clock.mono;
  clock.wall = () => clock.set;
  const pass = (ms: number, drift = 0) => {
    clock.mono += ms;
    clock.set += ms + drift;
  };
  return { clock, pass };
}

Deno.test("a clock that was set is noticed, one that is slewed is followed", () => {
  const { clock, pass } = clocks();
  const watch = new StepWatch(clock);
  for (let look = 0; look < 100; look++) {
    pass(5_000, 2_000);
    assert.equal(watch.look(), 0);
  }
  pass(5_000, STEP_MS);
  assert.equal(watch.look(), STEP_MS);
  assert.equal(watch.look(), STEP_MS, "until it is accepted");
  watch.accept();
  assert.equal(watch.look(), 0);
  pass(1_000, -3_600_000);
  assert.equal(watch.look(), -3_600_000);
});

Deno.test("the system's clock goes forward", () => {
  const clock = systemClock();
  const before = clock.now();
  assert(before > 0);
  assert(clock.now() >= before);
});
