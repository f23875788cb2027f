/** Who is an heir, and what an heir still hears of the home. Protocol decision 7. */
import assert from "node:assert/strict";
import { ADD_PE, type PoolElement } from "../../../lib/wire/mod.ts";
import { element, type PeerClient, World } from "./registrar_world.ts";

/** Larger than REGISTRAR: of two that claim an element it would be the one to insist. */
const LEAVING = 0x0fffffff;
const reachable = element(1, { asapPort: 4000 });

function suggest(peer: PeerClient, poolElement: PoolElement): void {
  peer.update(ADD_PE, "web", poolElement, { takeoverSuggestion: true });
}

/** A world in which a peer owns an element and hands it over. */
function handedOver(): { world: World; peer: PeerClient } {
  const world = new World();
  const peer = world.peer(LEAVING).add("web", reachable);
  suggest(peer, reachable);
  return { world, peer };
}

Deno.test("a table that the leaving home has sent since does not take an element back", () => {
  const { world, peer } = handedOver();
  peer.presence({ checksum: 0 });
  peer.page(peer.table());
  assert.deepEqual(world.told("pool-element-yielded"), []);
  world.answerDial().acknowledge("web", 1);
  assert.equal(world.told("pool-element-adopted").length, 1);
  assert.equal(peer.takeOnly("ENRP_HANDLE_UPDATE").poolElement.home, world.identifier);
});

Deno.test("nor does an update of what was registered anew at the leaving home", () => {
  const { world, peer } = handedOver();
  peer.update(ADD_PE, "web", reachable);
  world.answerDial().acknowledge("web", 1);
  peer.update(ADD_PE, "web", reachable);
  assert.deepEqual(world.told("pool-element-yielded"), []);
  assert.equal(world.told("pool-element-adopted").length, 1);
});

Deno.test("a registrar that is back with a new association may claim an element again", () => {
  const { world, peer } = handedOver();
  peer.leave();
  const back = world.peer(LEAVING);
  back.add("web", reachable);
  assert.equal(world.told("pool-element-yielded").length, 1);
});

Deno.test(
  "a peer that rejected the list while it initialized, and audits since, is an " +
    "heir",
  () => {
    const world = new World();
    const peer = world.peer(LEAVING);
    world.connect().registered("web", reachable);
    peer.list([], true);
    peer.requestTable(true);
    peer.received.length = 0;
    world.stop();
    const { takeoverSuggestion, action } = peer.takeOnly("ENRP_HANDLE_UPDATE");
    assert.deepEqual([takeoverSuggestion, action], [true, ADD_PE]);
  },
);

Deno.test("an element that has gone to its heir is handed out until the heir says so", () => {
  const world = new World();
  const peer = world.peer(LEAVING);
  const client = world.connect().registered("web", reachable);
  world.stop();
  client.leave();
  assert.deepEqual(world.dials, []);
  const { poolElements } = world.connect("198.51.100.1").resolve("web");
  assert.deepEqual(poolElements.map(({ identifier }) => identifier), [1]);
  assert.deepEqual(world.told("stopped"), []);
  peer.add("web", reachable);
  world.advance(0);
  assert.deepEqual(world.told("stopped").map(({ elements }) => elements), [0]);
});
