import assert from "node:assert/strict";
import { element, REGISTRAR, World } from "./registrar_world.ts";

Deno.test("RFC 5352 §1.1: both the PE and its Home ENRP server MUST know this relationship", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1));
  assert.deepEqual(client.greeting, {
    type: "ASAP_ENDPOINT_KEEP_ALIVE",
    home: false,
    serverIdentifier: REGISTRAR,
    poolHandle: "web",
  });
  client.registered("web", element(1)).registered("web", element(2));
  assert.deepEqual(client.received, [], "it is said once on an association");
});

Deno.test("who says who it is takes no harm from silence, nor from a late answer", () => {
  const world = new World({ timing: { keepAliveCycleMs: 60_000 } });
  const client = world.connect();
  client.answersGreeting = false;
  client.registered("web", element(1));
  client.take("ASAP_ENDPOINT_KEEP_ALIVE");
  world.advance(world.timing.keepAliveTimeoutMs * 2);
  assert.deepEqual(world.removals(), []);
  client.acknowledge("web", 1);
  assert.deepEqual(world.told("discarded"), []);
  client.acknowledge("web", 1);
  assert.equal(world.told("discarded").length, 1);
});

Deno.test("the answer to it, read late, does not speak for an element that has moved", () => {
  const world = new World();
  const left = world.connect();
  left.answersGreeting = false;
  left.registered("web", element(1)).take("ASAP_ENDPOINT_KEEP_ALIVE");
  const next = world.connect();
  next.register("web", element(1));
  left.take("ASAP_ENDPOINT_KEEP_ALIVE");
  left.acknowledge("web", 1);
  assert.deepEqual(next.received, []);
  left.leave();
  assert.equal(next.take("ASAP_REGISTRATION_RESPONSE").reject, false);
});

Deno.test("an element that answers both it and the probe keeps its identifier", () => {
  const world = new World();
  const owner = world.connect();
  owner.answersGreeting = false;
  owner.registered("web", element(1)).take("ASAP_ENDPOINT_KEEP_ALIVE");
  const claimant = world.connect();
  claimant.register("web", element(1));
  owner.acknowledge("web", 1);
  owner.acknowledge("web", 1);
  claimant.takeRejection();
});
