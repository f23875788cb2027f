/** Updates by peers: what RFC 5353 §3.3 does not say. Protocol decisions 1 and 9. */
import assert from "node:assert/strict";
import { ADD_PE, CAUSE, DEL_PE } from "../../../lib/wire/mod.ts";
import { codes, element, REGISTRAR, World } from "./registrar_world.ts";

const [FIRST, SECOND] = [0x2, 0x3];

function scope() {
  const world = new World();
  const first = world.peer(FIRST, { host: "192.0.2.2" });
  const second = world.peer(SECOND, { host: "192.0.2.3" });
  return { world, first, second };
}

Deno.test("decision 1: a DEL_PE by a home of the past is ignored", () => {
  const { world, first, second } = scope();
  first.add("web", element(1));
  second.add("web", element(1));
  first.delete("web", element(1));
  assert.deepEqual(world.homes(), { 1: SECOND });
  second.delete("web", element(1));
  assert.deepEqual(world.homes(), {});
});

Deno.test("decision 1: a DEL_PE for an element that this registrar owns is ignored", () => {
  const { world, first } = scope();
  first.add("web", element(1));
  const client = world.connect().registered("web", element(1));
  first.delete("web", element(1));
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
  assert.deepEqual(client.resolve("web").poolElements.length, 1);
});

Deno.test("decision 1: an update whose Pool Element names another home is discarded", () => {
  const { world, first, second } = scope();
  second.add("web", element(1));
  for (const action of [ADD_PE, DEL_PE]) {
    for (const home of [0, SECOND, REGISTRAR]) {
      first.send({
        type: "ENRP_HANDLE_UPDATE",
        sender: FIRST,
        receiver: 0,
        takeoverSuggestion: false,
        action,
        poolHandle: "web",
        poolElement: element(1, { home, host: "192.0.2.66" }),
      });
    }
  }
  assert.equal(world.told("discarded").length, 6);
  assert.deepEqual(world.listed().map(({ home, transport }) => [home, transport]), [
    [SECOND, element(1).transport],
  ]);
});

Deno.test(
  "decision 1: ADD_PE that names another home ends keep-alive, grace and expiry",
  () => {
    const { world, first } = scope();
    const client = world.connect().registered("web", element(1));
    client.leave();
    assert.equal(world.statistics().graceTimers, 1);
    first.add("web", element(1));
    const { children, keepAliveTimers, graceTimers, expiryTimers } = world.statistics();
    assert.deepEqual([children, keepAliveTimers, graceTimers, expiryTimers], [0, 0, 0, 0]);
    world.advanceWith([first], 400_000);
    assert.deepEqual(world.removals(), []);
    assert.deepEqual(world.homes(), { 1: FIRST });
    // It is handed out again: its home does so.
    assert.equal(world.connect().resolve("web").poolElements.length, 1);
  },
);

Deno.test(
  "decision 1: who is not the home and grants a de-registration claims the element first",
  () => {
    const { world, first, second } = scope();
    first.add("web", element(1));
    for (const peer of [first, second]) peer.received.length = 0;
    const { causes } = world.connect().deregister("web", 1);
    assert.equal(causes, undefined);
    for (const peer of [first, second]) {
      const updates = peer.takeAll("ENRP_HANDLE_UPDATE");
      assert.deepEqual(updates.map(({ action }) => action), [ADD_PE, DEL_PE]);
      for (const { poolElement } of updates) assert.equal(poolElement.home, REGISTRAR);
    }
    assert.deepEqual(world.homes(), {});
    assert.equal(world.statistics().children, 0);
  },
);

Deno.test("decision 9: only the home expires an element", () => {
  const { world, first } = scope();
  first.add("web", element(1, { registrationLife: 10 }));
  assert.equal(world.statistics().expiryTimers, 0);
  world.advanceWith([first], 60_000);
  assert.deepEqual(world.homes(), { 1: FIRST });
});

Deno.test("maxElements, maxPools and maxElementsPerPool hold for what peers announce", () => {
  const limited = [{ maxElements: 1 }, { maxPools: 1 }, { maxElementsPerPool: 1 }];
  for (const limits of limited) {
    const world = new World({ limits });
    const peer = world.peer(FIRST);
    const pool = limits.maxPools === 1 ? "mail" : "web";
    peer.add("web", element(1)).add(pool, element(2));
    assert.deepEqual(
      world.told("update-not-stored").map((each) => [each.identifier, each.sender]),
      [[2, FIRST]],
    );
    assert.deepEqual(world.homes(), { 1: FIRST });
    // What is there may change.
    peer.add("web", element(1, { registrationLife: 7 }));
    assert.equal(world.listed()[0]!.registrationLife, 7);
  }
});

Deno.test("maxHandleBytes and maxElementBytes hold for what peers announce", () => {
  const world = new World({ limits: { maxHandleBytes: 8, maxElementBytes: 100 } });
  const peer = world.peer(FIRST);
  const long = { protocol: "opaque", data: new Uint8Array(200) } as const;
  peer.add("x".repeat(8), element(1));
  peer.update(ADD_PE, "x".repeat(9), element(2));
  peer.update(ADD_PE, "web", element(3, { transport: long }));
  assert.deepEqual(world.told("update-not-stored").map((each) => each.identifier), [2, 3]);
  assert.deepEqual(world.homes(), { 1: FIRST });
});

Deno.test("decision 8: an element whose attributes differ is listed and not handed out", () => {
  const { world, first } = scope();
  const client = world.connect().registered("web", element(2));
  first.add("web", element(3, { policy: { name: "random" } }));
  const resolved = () => client.resolve("web").poolElements.map((each) => each.identifier);
  assert.deepEqual(resolved(), [2]);
  assert.deepEqual(world.homes(), { 2: REGISTRAR, 3: FIRST });
  // The lowest identifier decides, and its home rejects who differs.
  first.add("web", element(1, { policy: { name: "random" } }));
  assert.deepEqual(resolved().sort(), [1, 3]);
  const causes = client.rejected("web", element(2));
  assert.deepEqual(codes(causes), [CAUSE.inconsistentPoolingPolicy]);
});

Deno.test("an update that changes nothing is told to nobody", () => {
  const { world, first } = scope();
  first.add("web", element(1));
  const before = world.events.length;
  first.add("web", element(1));
  assert.equal(world.events.length, before);
});

Deno.test("what a peer says of its elements is told to no third one", () => {
  const { first, second } = scope();
  first.add("web", element(1)).delete("web", element(1));
  assert.deepEqual(second.received, []);
});
