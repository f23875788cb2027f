/** A registrar that ends in order hands its elements over. Protocol decision 7. */
import assert from "node:assert/strict";
import { ADD_PE } from "../../../lib/wire/mod.ts";
import { element, World } from "./registrar_world.ts";

const [HEIR, OTHER] = [0x11, 0x22];
const reachable = element(1, { asapPort: 4000 });

Deno.test("a peer that rejected the list while it initialized, and audits since, is an heir", () => {
  const world = new World();
  const peer = world.peer(HEIR);
  world.connect().registered("web", reachable);
  peer.list([], true);
  peer.requestTable(true);
  peer.received.length = 0;
  world.stop();
  const { takeoverSuggestion, action } = peer.takeOnly("ENRP_HANDLE_UPDATE");
  assert.deepEqual([takeoverSuggestion, action], [true, ADD_PE]);
  assert.deepEqual(world.told("handing-over").map(({ peers, elements }) => [peers, elements]), [
    [1, 1],
  ]);
});

Deno.test("a peer that still initializes is no heir: with no other one the end is at once", () => {
  const world = new World();
  const peer = world.peer(HEIR);
  world.connect().registered("web", reachable);
  peer.list([], true);
  world.stop();
  assert.deepEqual(world.told("handing-over"), []);
  assert.deepEqual(world.told("stopped").map(({ elements }) => elements), [1]);
});

Deno.test("an element that has gone to its heir is handed out until the heir says so", () => {
  const world = new World();
  const [heir] = [world.peer(HEIR), world.peer(OTHER, { host: "192.0.2.22" })];
  const client = world.connect().registered("web", reachable);
  world.stop();
  client.leave();
  assert.deepEqual(world.dials, []);
  const { poolElements } = world.connect("198.51.100.1").resolve("web");
  assert.deepEqual(poolElements.map(({ identifier }) => identifier), [1]);
  assert.deepEqual(world.told("stopped"), []);
  heir.add("web", reachable);
  world.advance(0);
  assert.deepEqual(world.told("stopped").map(({ elements }) => elements), [0]);
});
