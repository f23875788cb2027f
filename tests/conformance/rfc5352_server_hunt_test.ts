import assert from "node:assert/strict";
import { POOL_ELEMENT_TIMING } from "../../lib/core/mod.ts";
import { HuntStage } from "../core/server_hunt/hunt_stage.ts";
import { registrar } from "../core/server_hunt/stage.ts";

const { t5ServerHuntMs, retranMaxMs } = POOL_ELEMENT_TIMING;

Deno.test(
  "RFC 5352 §3.6, SH1: The PE or PU SHOULD try to establish an association or connection, " +
    "with no more than three ENRP servers.",
  () => {
    const stage = new HuntStage(5);
    stage.start();
    assert.deepEqual(stage.takeHosts(), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  },
);

Deno.test(
  "RFC 5352 §3.6, SH1: An ASAP Endpoint MUST NOT establish more than three associations or " +
    "connections.",
  () => {
    const stage = new HuntStage(5, { staggerMs: 100 });
    stage.start();
    stage.advance(1_000);
    const dials = stage.takeDials();
    assert.equal(dials.length, 5);
    for (const { association } of dials.slice(2)) stage.connect(association);
    assert.equal(stage.open.size, 3);
    assert.deepEqual(stage.takeClosed(), [1, 3]);
  },
);

Deno.test("RFC 5352 §3.6, SH1: … three associations, one that is held already among them", () => {
  const stage = new HuntStage(5);
  stage.hunt.held = 1;
  stage.start();
  assert.equal(stage.takeDials().length, 2);
});

Deno.test("RFC 5352 §3.6, SH2: The ASAP Endpoint shall start a T5-Serverhunt timer.", () => {
  const stage = new HuntStage(1);
  stage.start();
  assert.equal(stage.machine.deadline(), stage.now + t5ServerHuntMs);
});

Deno.test(
  "RFC 5352 §3.6, SH3: If the ASAP Endpoint establishes an association or connection it " +
    "MUST stop its T5-Serverhunt timer.",
  () => {
    const stage = new HuntStage(1);
    stage.start();
    stage.connect(stage.takeDial().association);
    assert.equal(stage.machine.deadline(), undefined);
  },
);

Deno.test(
  "RFC 5352 §3.6, SH3: The ASAP Endpoint SHOULD also reset the T5-Serverhunt timer to its " +
    "initial value",
  () => {
    const stage = new HuntStage(1);
    stage.start();
    stage.advance(t5ServerHuntMs);
    assert.equal(stage.machine.deadline(), stage.now + 2 * t5ServerHuntMs);
    const association = stage.takeDials().at(-1)!.association;
    stage.connect(association);
    stage.command((hunt, now) => {
      hunt.settle(association);
      hunt.prove(now);
    });
    stage.advance(retranMaxMs);
    stage.start();
    assert.equal(stage.machine.deadline(), stage.now + t5ServerHuntMs);
  },
);

Deno.test(
  "RFC 5352 §3.6, SH4: If an association or connection establishment fails, the ASAP " +
    "Endpoint SHOULD try to establish an association or connection using a different " +
    "transport address.",
  () => {
    const stage = new HuntStage(4);
    stage.start();
    const [first] = stage.takeDials();
    stage.disconnect(first!.association, "refused");
    assert.deepEqual(stage.takeHosts(), ["192.0.2.4"]);
  },
);

Deno.test(
  "RFC 5352 §3.6, SH5.1: The ASAP Endpoint MUST double the value of the T5-Serverhunt " +
    "timer. Note that this doubling is capped at the value RETRAN.max.",
  () => {
    const stage = new HuntStage(1);
    stage.start();
    const values: number[] = [];
    for (let expiry = 0; expiry < 6; expiry++) {
      values.push((stage.machine.deadline()! - stage.now) / 1_000);
      stage.advance(stage.machine.deadline()! - stage.now);
    }
    assert.deepEqual(values, [10, 20, 40, 60, 60, 60]);
  },
);

Deno.test(
  "RFC 5352 §3.6, SH5.2: The ASAP Endpoint SHOULD stop the establishment of associations " +
    "and connections with the transport addresses selected in step SH1.",
  () => {
    const stage = new HuntStage(3);
    stage.start();
    const pending = stage.takeDials().map((dial) => dial.association);
    stage.advance(t5ServerHuntMs);
    assert.deepEqual(stage.takeClosed(), pending);
  },
);

Deno.test(
  "RFC 5352 §3.6, SH5.2: The ASAP Endpoint SHOULD repeat trying to establish an " +
    "association or connection by proceeding to step SH1.",
  () => {
    const stage = new HuntStage(2);
    stage.start();
    stage.takeDials();
    stage.advance(t5ServerHuntMs);
    assert.deepEqual(stage.takeHosts(), ["192.0.2.1", "192.0.2.2"]);
  },
);

Deno.test(
  "RFC 5352 §3.6, SH5.2: It SHOULD attempt to select a different set of transport " +
    "addresses with which to connect.",
  () => {
    const stage = new HuntStage(6);
    stage.start();
    assert.deepEqual(stage.takeHosts(), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    stage.advance(t5ServerHuntMs);
    assert.deepEqual(stage.takeHosts(), ["192.0.2.4", "192.0.2.5", "192.0.2.6"]);
  },
);

Deno.test(
  "RFC 5352 §3.6, SH6: The PE or PU shall pick one of the ENRP servers with which it was " +
    "able to establish an association or connection",
  () => {
    const stage = new HuntStage(3);
    stage.start();
    const [first, second, third] = stage.takeDials().map((dial) => dial.association);
    stage.connect(second!);
    stage.connect(third!);
    stage.command((hunt) => assert.deepEqual(hunt.settle(second!), registrar(2)));
    assert.deepEqual(stage.takeClosed(), [first, third]);
    assert.equal(stage.hunt.isHunting, false);
  },
);
