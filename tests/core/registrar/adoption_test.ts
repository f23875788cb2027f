/** Elements of a registrar that has ended: claimed, asked, kept or removed. Decisions 2, 9, 19. */
import assert from "node:assert/strict";
import { ADD_PE, DEL_PE, type PoolElement } from "../../../lib/wire/mod.ts";
import {
  type Client,
  element,
  type PeerClient,
  REGISTRAR,
  World,
  type WorldOptions,
} from "./registrar_world.ts";

const [TARGET, WITNESS] = [0x7, 0x3];

/** An element at a host of its own. */
function at(identifier: number, changes: Parameters<typeof element>[1] = {}): PoolElement {
  return element(identifier, { host: hostOf(identifier), asapPort: 4000, ...changes });
}

function hostOf(identifier: number): string {
  return `10.0.${identifier >> 8}.${identifier & 255}`;
}

/** A registrar with those elements has ended; a witness hears what becomes of them. */
function takeOver(
  elements: readonly PoolElement[],
  options: WorldOptions = {},
): { world: World; witness: PeerClient } {
  const world = new World(options);
  const target = world.peer(TARGET, { host: "192.0.2.7" });
  for (const each of elements) target.add("web", each);
  const witness = world.peer(WITNESS, { host: "192.0.2.3" });
  target.takeOver(TARGET);
  witness.acknowledgeTakeover(TARGET);
  assert.equal(world.told("taken-over")[0]?.elements ?? 0, elements.length);
  witness.received.length = 0;
  world.advance(0);
  return { world, witness };
}

function updates(witness: PeerClient): [number, number][] {
  return witness.takeAll("ENRP_HANDLE_UPDATE").map(({ action, poolElement }) => [
    action,
    poolElement.identifier,
  ]);
}

/** The oldest dial of an ASAP endpoint succeeds. */
function answerEndpoint(world: World): Client {
  world.dials.splice(0, Infinity, ...world.dials.filter((dial) => dial.protocol === "ASAP"));
  return world.answerDial();
}

/** How many ASAP endpoints have been dialled and not answered. */
function dialled(world: World): number {
  return world.dials.filter((dial) => dial.protocol === "ASAP").length;
}

Deno.test("an element that answers is adopted, and all are told", () => {
  const { world, witness } = takeOver([at(1)]);
  const endpoint = answerEndpoint(world);
  assert.deepEqual(updates(witness), []);
  endpoint.acknowledge("web", 1);
  assert.deepEqual(updates(witness), [[ADD_PE, 1]]);
  assert.deepEqual(world.told("pool-element-adopted").map((each) => each.identifier), [1]);
  assert(!endpoint.isClosed, "it is a full association (decision 12)");
});

Deno.test("one that a peer could not reach meanwhile is announced once it has answered", () => {
  const { world, witness } = takeOver([at(1)]);
  witness.presence({ unreachable: { poolHandle: "web", peIdentifier: 1 } });
  const endpoint = answerEndpoint(world);
  endpoint.acknowledge("web", 1);
  assert.deepEqual(updates(witness), [[ADD_PE, 1]]);
  endpoint.received.length = 0;
  world.advance(45_000);
  endpoint.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE");
  endpoint.acknowledge("web", 1);
  assert.deepEqual(updates(witness), []);
});

Deno.test("an element is handed out while it is asked", () => {
  const { world } = takeOver([at(1)]);
  assert.equal(world.connect().resolve("web").poolElements.length, 1);
});

Deno.test(
  "an element that cannot be reached, or does not answer, is removed, and all are " +
    "told",
  () => {
    const ends: ((world: World) => void)[] = [
      (world) => world.failDial("refused"),
      (world) => {
        world.answerDial();
        world.advance(world.timing.keepAliveTimeoutMs);
      },
    ];
    for (const end of ends) {
      const { world, witness } = takeOver([at(1)]);
      world.dials.splice(0, Infinity, ...world.dials.filter((dial) => dial.protocol === "ASAP"));
      end(world);
      assert.deepEqual(updates(witness), [[DEL_PE, 1]]);
      assert.deepEqual(world.homes(), {});
      assert.equal(world.statistics().dials, 0);
    }
  },
);

Deno.test(
  "one without an ASAP endpoint is claimed at once, and has the grace period to " +
    "come",
  () => {
    for (const comes of [true, false]) {
      const { world, witness } = takeOver([at(1, { asapPort: null })]);
      assert.deepEqual(updates(witness), [[ADD_PE, 1]]);
      assert.equal(dialled(world), 0);
      world.advance(world.timing.elementGraceMs - 1);
      if (comes) world.connect(hostOf(1)).registered("web", at(1, { asapPort: null }));
      world.advance(1);
      assert.deepEqual(world.homes(), comes ? { 1: REGISTRAR } : {});
    }
  },
);

Deno.test("decision 9: after a takeover the life begins anew, in full", () => {
  const { world } = takeOver([at(1, { registrationLife: 1000 })], {
    timing: { keepAliveCycleMs: 10_000_000 },
  });
  answerEndpoint(world).acknowledge("web", 1);
  world.advance(999_999);
  assert.deepEqual(world.removals(), []);
  world.advance(1);
  assert.deepEqual(world.removals(), ["expired"]);
});

Deno.test("decision 9: an element that lives for ever does so at its new home", () => {
  const { world } = takeOver([at(1, { registrationLife: -1 })]);
  assert.equal(world.statistics().expiryTimers, 0);
});

Deno.test(
  "one that registers here of itself meanwhile is adopted, and its dial is given " +
    "up",
  () => {
    const { world, witness } = takeOver([at(1)]);
    world.connect(hostOf(1)).registered("web", at(1));
    assert.deepEqual(updates(witness), [[ADD_PE, 1]]);
    assert.equal(dialled(world), 0);
    world.advance(world.timing.elementGraceMs);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
  },
);

Deno.test("one that registers elsewhere meanwhile is yielded, and its dial is given up", () => {
  const { world, witness } = takeOver([at(1)]);
  witness.add("web", at(1));
  assert.deepEqual(world.homes(), { 1: WITNESS });
  assert.equal(dialled(world), 0);
  const { children, expiryTimers, adoptions } = world.statistics();
  assert.deepEqual([children, expiryTimers, adoptions], [0, 0, 0]);
});

Deno.test("one that de-registers here meanwhile is removed: its address says that it is it", () => {
  const { world, witness } = takeOver([at(1)]);
  assert.equal(world.connect(hostOf(1)).deregister("web", 1).causes, undefined);
  assert.deepEqual(updates(witness), [[DEL_PE, 1]]);
  assert.deepEqual(world.homes(), {});
});

Deno.test("decision 15: who has answered may register here over its own connection", () => {
  const { world } = takeOver([at(1)]);
  answerEndpoint(world).acknowledge("web", 1);
  const own = world.connect(hostOf(1));
  own.register("web", at(1));
  assert.equal(own.take("ASAP_REGISTRATION_RESPONSE").causes, undefined);
  assert.deepEqual(world.told("ownership-contested"), []);
});

Deno.test("one that registers elsewhere before its turn is not asked when it comes", () => {
  const { world, witness } = takeOver([at(1), at(2)], { limits: { maxAdoptionsPerSecond: 1 } });
  assert.equal(dialled(world), 1);
  witness.add("web", at(2));
  world.advance(1_000);
  assert.equal(dialled(world), 1);
  assert.deepEqual(world.homes(), { 1: REGISTRAR, 2: WITNESS });
});

Deno.test("a stranger de-registers no element that is being adopted", () => {
  const { world } = takeOver([at(1)]);
  const { causes } = world.connect("192.0.2.66").deregister("web", 1);
  assert.equal(causes?.length, 1);
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
});

Deno.test("elements of one process are asked over one association, by their identifiers", () => {
  const shared = { host: "10.0.0.1" };
  const { world, witness } = takeOver([at(1, shared), at(2, shared)]);
  const endpoint = answerEndpoint(world);
  assert.equal(dialled(world), 0);
  const asked = endpoint.takeAll("ASAP_ENDPOINT_KEEP_ALIVE");
  assert.deepEqual(asked.map(({ home, peIdentifier }) => [home, peIdentifier]), [
    [true, 1],
    [true, 2],
  ]);
  endpoint.acknowledge("web", 1);
  endpoint.acknowledge("web", 2);
  assert.deepEqual(updates(witness), [[ADD_PE, 1], [ADD_PE, 2]]);
});

Deno.test("maxAdoptionsPerSecond: no more elements are asked in a second", () => {
  for (const maxAdoptionsPerSecond of [1000, 250, 150, 20, 1]) {
    const count = 3 * maxAdoptionsPerSecond;
    const elements = Array.from({ length: count }, (_, each) => at(each + 1));
    const { world } = takeOver(elements, { limits: { maxAdoptionsPerSecond } });
    // The last of each second comes before its end.
    for (let second = 1; second <= 3; second++) {
      world.advance(999);
      assert(dialled(world) <= second * maxAdoptionsPerSecond, `${maxAdoptionsPerSecond}`);
      world.advance(1);
    }
    assert.equal(dialled(world), count, `${maxAdoptionsPerSecond}`);
    assert.equal(world.statistics().adoptions, 0);
  }
});

Deno.test(
  "maxDialsPerTarget: many elements of one host wait for their turn, and none is " +
    "removed",
  () => {
    const elements = Array.from(
      { length: 25 },
      (_, each) => element(each + 1, { host: "10.0.0.1", asapPort: 4000 + each }),
    );
    const { world } = takeOver(elements, { limits: { maxDialsPerTarget: 10 } });
    for (const expected of [10, 20, 25]) {
      assert.equal(dialled(world), expected);
      world.advance(1_000);
    }
    assert.deepEqual(world.removals(), []);
  },
);
