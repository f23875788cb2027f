/** RFC 5352 §3.1 to §3.5, the sentences on what a registrar's peers are told. */
import assert from "node:assert/strict";
import { ADD_PE, DEL_PE } from "../../lib/wire/mod.ts";
import { element, type PeerClient, REGISTRAR, World } from "../core/registrar/registrar_world.ts";

const PEER = 0x2;

function updates(peer: PeerClient): [number, number, number][] {
  return peer.takeAll("ENRP_HANDLE_UPDATE").map(({ action, poolElement }) => [
    action,
    poolElement.identifier,
    poolElement.home,
  ]);
}

Deno.test(
  "RFC 5352 §3.1: If the registration is granted …, the ENRP server MUST assign itself to be the " +
    "Home ENRP server of the PE (of whichever home it was)",
  () => {
    const world = new World();
    const peer = world.peer(PEER).add("web", element(1));
    peer.received.length = 0;
    world.connect().registered("web", element(1));
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
    assert.deepEqual(updates(peer), [[ADD_PE, 1, REGISTRAR]]);
  },
);

Deno.test(
  "RFC 5352 §3.1: if the registration is granted, the ENRP server MUST take the handlespace " +
    "update action to inform its peers …. If the registration is denied, no message will be sent",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    const client = world.connect();
    client.rejected("web", element(1, { registrationLife: 0 }));
    assert.deepEqual(peer.received, []);
    client.registered("web", element(1));
    assert.deepEqual(updates(peer), [[ADD_PE, 1, REGISTRAR]]);
    client.rejected("web", element(2, { policy: { name: "random" } }));
    assert.deepEqual(peer.received, []);
  },
);

Deno.test(
  "RFC 5352 §3.2: Once the de-registration request is granted *and* the PE removed …, the ENRP " +
    "server MUST take the handlespace update action to inform its peers",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    const client = world.connect().registered("web", element(1));
    peer.received.length = 0;
    client.deregister("web", 1);
    assert.deepEqual(updates(peer), [[DEL_PE, 1, REGISTRAR]]);
  },
);

Deno.test("RFC 5352 §3.2: Otherwise, the ENRP server MUST NOT inform its peers", () => {
  const world = new World();
  const peer = world.peer(PEER).add("mail", element(7, { host: "192.0.2.77" }));
  const client = world.connect().registered("web", element(1));
  peer.received.length = 0;
  // Granted, as there is no record of it: nothing was removed.
  client.deregister("web", 2);
  client.deregister("nowhere", 1);
  // Another home's element, and not the one that asks.
  assert.equal(client.deregister("mail", 7).causes?.length, 1);
  // One's own element, and not the one that asks: held until it has answered, then rejected.
  const stranger = world.connect("192.0.2.66");
  stranger.send({ type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: 1 });
  client.acknowledge("web", 1);
  assert.equal(stranger.take("ASAP_DEREGISTRATION_RESPONSE").causes?.length, 1);
  assert.deepEqual(peer.received, []);
});

Deno.test(
  "RFC 5352 §3.5: If this ASAP_ENDPOINT_KEEP_ALIVE fails …, MUST remove the PE from its " +
    "handlespace (and inform its peers, RFC 5353 §3.3.2)",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    world.connect().registered("web", element(1));
    peer.received.length = 0;
    world.connect("192.0.2.66").reportUnreachable("web", 1);
    world.advance(world.timing.keepAliveTimeoutMs);
    assert.deepEqual(updates(peer), [[DEL_PE, 1, REGISTRAR]]);
  },
);

Deno.test(
  "RFC 5352 §3.5: If the ASAP_ENDPOINT_KEEP_ALIVE message is transmitted successfully to the PE, " +
    "the ENRP server MUST retain the PE in its handlespace (and has nothing to tell)",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    const client = world.connect().registered("web", element(1));
    peer.received.length = 0;
    world.connect("192.0.2.66").reportUnreachable("web", 1);
    client.take("ASAP_ENDPOINT_KEEP_ALIVE");
    client.acknowledge("web", 1);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
    assert.deepEqual(peer.received, []);
  },
);

Deno.test(
  "RFC 5352 §3.3: … all the PEs in the pool (of whichever home they are)",
  () => {
    const world = new World();
    world.peer(PEER).add("web", element(1));
    world.peer(0x3, { host: "192.0.2.3" }).add("web", element(2));
    const { poolElements } = world.connect().registered("web", element(3)).resolve("web");
    const homes = poolElements.map((each): [number, number] => [each.identifier, each.home]);
    assert.deepEqual(homes.sort(([a], [b]) => a - b), [[1, PEER], [2, 0x3], [3, REGISTRAR]]);
  },
);
