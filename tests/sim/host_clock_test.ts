/** Clocks that run fast, slow and jump; links that are slow. */
import assert from "node:assert/strict";
import { Cluster, HostClock, Scheduler } from "../../lib/sim/mod.ts";

Deno.test("a clock that runs fast or slow shows every time, and not before it is due", () => {
  for (const rate of [0.98, 1, 1.02, 3]) {
    const scheduler = new Scheduler();
    const clock = new HostClock(scheduler, 1000);
    scheduler.run(500);
    assert.equal(clock.now(), 1500);
    clock.setRate(rate);
    for (const shown of [1500, 1501, 2000.5, 77_777, 1_000_000]) {
      const instant = clock.when(shown);
      const before = new Scheduler();
      before.run(instant - 1);
      scheduler.run(instant);
      assert(clock.now() >= shown, `${rate} ${shown}`);
      assert(clock.now() < shown + Math.ceil(rate) + 1, `${rate} ${shown} ${clock.now()}`);
    }
  }
});

Deno.test("a clock jumps forward and never back", () => {
  const scheduler = new Scheduler();
  const clock = new HostClock(scheduler, 0);
  scheduler.run(100);
  clock.forward(5000);
  assert.equal(clock.now(), 5100);
  assert.equal(clock.when(5000) <= scheduler.now, true);
  assert.throws(() => clock.forward(-1), /never goes back/);
  assert.throws(() => clock.setRate(0), /does not run 0 times/);
});

Deno.test("a registrar whose clock jumps by more than its timers has them all expire", () => {
  const cluster = new Cluster({ seed: 1 });
  const registrar = cluster.addRegistrar();
  const element = cluster.addElement();
  element.register();
  cluster.advance(1000);
  let keepAlives = 0;
  cluster.watch({
    onDelivery: ({ message }) => {
      if (message.type === "ASAP_ENDPOINT_KEEP_ALIVE") keepAlives++;
    },
  });
  registrar.forwardClock(45_000);
  cluster.advance(100);
  assert.equal(keepAlives, 1);
  registrar.setClockRate(10);
  cluster.advance(20_000);
  assert(keepAlives > 4, `${keepAlives} keep-alives in 200 s of its own`);
});

Deno.test("a host that is delayed answers so much later, and counts as disturbed", () => {
  const cluster = new Cluster({ seed: 1 });
  const registrar = cluster.addRegistrar();
  const element = cluster.addElement();
  cluster.network.delay(registrar.host, 500);
  assert.equal(cluster.network.changedAt(element.host, registrar.host), Infinity);
  element.register();
  cluster.advance(1900);
  assert.equal(element.state, "registering");
  cluster.advance(300);
  assert.equal(element.state, "registered");
  cluster.network.delay(registrar.host, 0);
  assert.equal(cluster.network.changedAt(element.host, registrar.host), cluster.now);
});

Deno.test("a connection that only one side knows is half open", () => {
  const cluster = new Cluster({ seed: 1 });
  const registrar = cluster.addRegistrar();
  const user = cluster.addUser();
  user.resolve("web");
  cluster.advance(100);
  assert.equal(cluster.network.halfOpen(registrar.host), 0);
  user.powerOff();
  assert.equal(cluster.network.halfOpen(registrar.host), 1);
  assert.equal(cluster.network.halfOpen(user.host), 0);
});
