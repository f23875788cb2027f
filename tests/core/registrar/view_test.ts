/** What a registrar shows of itself to its own operator. */

import assert from "node:assert/strict";
import { element, World } from "./registrar_world.ts";

const PEER = 0x0badcafe;

Deno.test("a registrar shows the life left of its own elements, and not of others' ones", () => {
  const world = new World();
  world.connect().registered("web", element(1, { registrationLife: 300 }));
  world.peer(PEER).add("web", element(2));
  world.advance(10_000);
  const shown = [...world.view().pool("web")!.elements()];
  assert.deepEqual(
    shown.map(({ poolElement, lifeLeftMs }) => [poolElement.identifier, lifeLeftMs]),
    [[1, 290_000], [2, undefined]],
  );
  assert.deepEqual([...world.view().homes], [[world.identifier, 1], [PEER, 1]]);
  assert.deepEqual(
    world.view().peers.map(({ identifier, poolElements, status }) => [
      identifier,
      poolElements,
      status.state,
    ]),
    [[PEER, 1, "active"]],
  );
});

Deno.test("an element that has lost its association is shown as lost", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1));
  const states = () => [...world.view().pool("web")!.elements()].map(({ state }) => state);
  assert.deepEqual(states(), ["available"]);
  client.leave("reset");
  assert.deepEqual(states(), ["lost"]);
});

Deno.test("whoever reports an element unreachable is counted, as long as the report counts", () => {
  const world = new World();
  world.connect().registered("web", element(1));
  world.connect("192.0.2.77").reportUnreachable("web", 1);
  const [shown] = world.view().pool("web")!.elements();
  assert.equal(shown!.unreachableReporters, 1);
});
