/** RFC 5355 §2.13 and §2.14: how often what is asked and reported. */
import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../lib/core/mod.ts";
import { ElementStage } from "../core/pool_element/element_stage.ts";
import { UserStage } from "../core/pool_user/user_stage.ts";
import { element, World } from "../core/registrar/registrar_world.ts";

const { reportProbeIntervalMs } = DEFAULT_LIMITS;

Deno.test(
  "RFC 5355 §2.14.3: “ENRP MUST limit the frequency of Keep-Alive messages to a given PE to " +
    "prevent overwhelming the PE” (limit reportProbeIntervalMs)",
  () => {
    const world = new World();
    const owner = world.connect().registered("web", element(1));
    const user = world.connect("192.0.2.50");
    let asked = 0;
    // A report a millisecond for ten seconds, and an element that answers at once.
    for (let passed = 0; passed < 10_000; passed++) {
      user.reportUnreachable("web", 1);
      for (const _ of owner.takeAll("ASAP_ENDPOINT_KEEP_ALIVE")) {
        asked++;
        owner.acknowledge("web", 1);
      }
      world.advance(1);
    }
    assert(asked >= 9 && asked <= 10_000 / reportProbeIntervalMs + 1, `asked ${asked} times`);
    assert.deepEqual(world.removals(), []);
  },
);

Deno.test("a report soon after the last is looked into within the interval", () => {
  const world = new World();
  const owner = world.connect().registered("web", element(1));
  const user = world.connect("192.0.2.50");
  user.reportUnreachable("web", 1);
  owner.take("ASAP_ENDPOINT_KEEP_ALIVE");
  owner.acknowledge("web", 1);
  world.advance(10);
  user.reportUnreachable("web", 1);
  assert.deepEqual(owner.received, []);
  world.advance(reportProbeIntervalMs);
  owner.take("ASAP_ENDPOINT_KEEP_ALIVE");
});

Deno.test("RFC 5355 §2.14.3 at another registrar: its dials are limited, too", () => {
  const world = new World();
  const peer = world.peer(0x2);
  peer.add("web", element(1, { host: "192.0.2.10", asapPort: 4000 }));
  const user = world.connect("192.0.2.50");
  let dials = 0;
  for (let passed = 0; passed < 5_000; passed += 10) {
    user.reportUnreachable("web", 1);
    while (world.dials.length > 0) {
      dials++;
      const endpoint = world.answerDial();
      endpoint.take("ASAP_ENDPOINT_KEEP_ALIVE");
      endpoint.acknowledge("web", 1);
    }
    world.advance(10);
  }
  assert(dials >= 4 && dials <= 5_000 / reportProbeIntervalMs + 1, `${dials} dials`);
});

Deno.test(
  "RFC 5355 §2.13.3: “The number of endpoint unreachable messages sent to the ENRP server from " +
    "the PU SHOULD be limited” (limits maxReportsPerSecond, reportIntervalMs)",
  () => {
    const { maxReportsPerSecond, reportIntervalMs } = DEFAULT_LIMITS;
    const stage = new UserStage();
    stage.settle();
    const report = (peIdentifier: number) =>
      stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier });
    // One element again and again: once in the interval.
    for (let passed = 0; passed < 10 * reportIntervalMs; passed += 10) {
      report(1);
      stage.advance(10);
    }
    assert.equal(stage.takeTypes().length, 10);
    // Many elements: so many a second, and as many at once.
    stage.advance(10_000);
    for (let i = 0; i < 1_000; i++) report(100 + i);
    assert.equal(stage.takeTypes().length, maxReportsPerSecond);
    stage.advance(1_000);
    for (let i = 0; i < 1_000; i++) report(2_000 + i);
    assert.equal(stage.takeTypes().length, maxReportsPerSecond);
  },
);

Deno.test(
  "RFC 5355 §2.14.1: a registrar that “maliciously sent a flood of endpoint Keep-Alive messages” " +
    "is answered so often and no more (limit maxKeepAlivesPerSecond)",
  () => {
    const { maxKeepAlivesPerSecond } = DEFAULT_LIMITS;
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.takeEvents();
    for (let i = 0; i < 10_000; i++) stage.keepAlive(home);
    assert.equal(stage.takeSent().length, 2 * maxKeepAlivesPerSecond);
    const discarded = stage.takeEvents().filter(({ type }) => type === "discarded");
    assert.equal(discarded.length, 1, "told once");
    stage.advance(1_000);
    for (let i = 0; i < 10_000; i++) stage.keepAlive(home);
    assert.equal(stage.takeSent().length, maxKeepAlivesPerSecond);
    assert.equal(stage.machine.state, "registered");
  },
);
