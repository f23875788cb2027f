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

Deno.test("a registrar that says who it is takes no harm from silence, nor from a late answer", () => {
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
