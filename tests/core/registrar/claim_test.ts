/** Two registrars own one element: "the element decides" (protocol decision 2). */
import assert from "node:assert/strict";
import { ADD_PE } from "../../../lib/wire/mod.ts";
import { type Client, element, type PeerClient, REGISTRAR, World } from "./registrar_world.ts";

/** REGISTRAR is between them. */
const [SMALLER, LARGER] = [0x1000, 0x0fffffff];
const TIMEOUT = 5_000;

interface Conflict {
  readonly world: World;
  readonly rival: PeerClient;
  /** The element's association with this registrar. */
  readonly owner: Client;
}

/** An element that is registered here; then a peer says that it is its home. */
function conflict(rivalIdentifier: number, asapPort?: number): Conflict {
  const world = new World();
  const rival = world.peer(rivalIdentifier);
  const contested = element(1, asapPort === undefined ? {} : { asapPort });
  const owner = world.connect().registered("web", contested);
  rival.received.length = 0;
  rival.add("web", contested);
  return { world, rival, owner };
}

function announced(peer: PeerClient): [number, number][] {
  return peer.takeAll("ENRP_HANDLE_UPDATE").map(({ action, poolElement }) => [
    action,
    poolElement.home,
  ]);
}

Deno.test("decision 2: without an association to the element a claimant yields at once", () => {
  const world = new World();
  const rival = world.peer(SMALLER);
  world.connect().registered("web", element(1, { asapPort: 4000 })).leave();
  world.answerDial();
  rival.add("web", element(1));
  assert.deepEqual(world.homes(), { 1: SMALLER });
  assert.deepEqual(world.told("pool-element-yielded").map((each) => each.identifier), [1]);
  assert.equal(world.statistics().dials, 0, "what was dialled to ask it is closed");
});

Deno.test("decision 2: with an association the element is asked, and kept until it answers", () => {
  const { world, rival, owner } = conflict(SMALLER);
  owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE");
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
  assert.deepEqual(announced(rival), []);
});

Deno.test("decision 2: the larger identifier asks with H=1, the smaller with H=0", () => {
  for (const [rival, home] of [[SMALLER, true], [LARGER, false]] as const) {
    const { owner } = conflict(rival);
    assert.equal(owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE").home, home);
  }
});

Deno.test("decision 2: an ACK since the conflict keeps the element, and all are told", () => {
  for (const rivalIdentifier of [SMALLER, LARGER]) {
    const { world, rival, owner } = conflict(rivalIdentifier);
    const third = world.peer(3, { host: "192.0.2.3" });
    owner.acknowledge("web", 1);
    for (const peer of [rival, third]) assert.deepEqual(announced(peer), [[ADD_PE, REGISTRAR]]);
    rival.handlespace.remove("web", 1);
    world.advanceWith([rival, third], TIMEOUT);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
  }
});

Deno.test("decision 2: an ACK that was on its way before the conflict tells nothing", () => {
  const world = new World();
  const rival = world.peer(LARGER);
  const owner = world.connect().registered("web", element(1));
  owner.reportUnreachable("web", 1);
  owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE");
  rival.received.length = 0;
  rival.add("web", element(1));
  owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE");
  owner.acknowledge("web", 1);
  assert.deepEqual(announced(rival), []);
  owner.acknowledge("web", 1);
  assert.deepEqual(announced(rival), [[ADD_PE, REGISTRAR]]);
});

Deno.test("decision 2: without an ACK the element is the other one's, and not removed", () => {
  for (const rivalIdentifier of [SMALLER, LARGER]) {
    const { world, rival } = conflict(rivalIdentifier);
    world.advance(TIMEOUT);
    assert.deepEqual(world.homes(), { 1: rivalIdentifier });
    assert.deepEqual(world.removals(), []);
    assert.deepEqual(announced(rival), []);
    assert.equal(world.statistics().children, 0);
    assert.equal(world.statistics().expiryTimers, 0);
  }
});

Deno.test("decision 2: the end of the association while it is asked is no answer", () => {
  const { world, owner } = conflict(SMALLER);
  owner.leave("reset");
  assert.deepEqual(world.homes(), { 1: SMALLER });
  assert.deepEqual(world.told("pool-element-lost"), []);
  assert.equal(world.connect().resolve("web").poolElements.length, 1);
});

Deno.test(
  "decision 2: a claim that is withdrawn meanwhile leaves the element, if it " +
    "answers",
  () => {
    const { world, rival, owner } = conflict(SMALLER);
    rival.delete("web", element(1));
    owner.acknowledge("web", 1);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
    assert.deepEqual(announced(rival), [[ADD_PE, REGISTRAR]]);
  },
);

Deno.test(
  "decision 2: if it does not answer, to yield to a withdrawn claim is to remove " +
    "it",
  () => {
    const { world, rival } = conflict(LARGER);
    rival.delete("web", element(1));
    world.advance(TIMEOUT);
    assert.deepEqual(world.homes(), {});
    assert.equal(world.statistics().children, 0);
  },
);

Deno.test(
  "decision 2: a claim that is renewed is withdrawn no longer, and asked about " +
    "once",
  () => {
    const { world, rival, owner } = conflict(LARGER);
    rival.delete("web", element(1));
    rival.add("web", element(1, { registrationLife: 77 }));
    assert.equal(owner.takeAll("ASAP_ENDPOINT_KEEP_ALIVE").length, 1);
    world.advance(TIMEOUT);
    assert.deepEqual(world.homes(), { 1: LARGER });
    assert.equal(world.listed()[0]!.registrationLife, 77);
  },
);

Deno.test("decision 2: a registration here settles the conflict: it has chosen", () => {
  const { world, rival, owner } = conflict(LARGER);
  owner.register("web", element(1));
  assert.deepEqual(announced(rival), [[ADD_PE, REGISTRAR]]);
  world.advance(TIMEOUT);
  // The keep-alive was not answered: it is dead by now, but no longer the other one's.
  assert.deepEqual(world.removals(), ["keep-alive-timed-out"]);
});

Deno.test("decision 2: a larger rival that insists has asked with H=1: the smaller yields", () => {
  const { world, rival, owner } = conflict(LARGER, 4000);
  owner.acknowledge("web", 1);
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
  // The element has answered there, too, to H=1.
  rival.add("web", element(1, { asapPort: 4000 }));
  assert.deepEqual(world.homes(), { 1: LARGER });
});

Deno.test("decision 2: without an ASAP endpoint it was not asked there, so again here", () => {
  const { world, rival, owner } = conflict(LARGER);
  for (let round = 0; round < 3; round++) {
    owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE");
    owner.acknowledge("web", 1);
    assert.deepEqual(announced(rival), [[ADD_PE, REGISTRAR]]);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
    rival.add("web", element(1));
  }
  // Whoever answers both is at the larger one, so that it does not go to and fro for ever.
  assert.deepEqual(world.homes(), { 1: LARGER });
});

Deno.test("decision 2: a smaller rival that insists is told again, each time", () => {
  const { world, rival, owner } = conflict(SMALLER);
  for (let round = 0; round < 5; round++) {
    assert.equal(owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE").home, true);
    owner.acknowledge("web", 1);
    assert.deepEqual(announced(rival), [[ADD_PE, REGISTRAR]]);
    rival.add("web", element(1));
  }
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
});

Deno.test("decision 2: what a larger rival said long ago does not settle a new conflict", () => {
  const { world, rival, owner } = conflict(LARGER);
  owner.acknowledge("web", 1);
  owner.received.length = 0;
  world.advance(world.timing.keepAliveCycleMs);
  for (const { poolHandle } of owner.takeAll("ASAP_ENDPOINT_KEEP_ALIVE")) {
    owner.acknowledge(poolHandle, 1);
  }
  rival.add("web", element(1));
  owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE");
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
});

/** Two registrars that both think that they are the home, and an element that answers both. */
Deno.test(
  "decision 2: two homes with an association each agree in a bounded number of " +
    "steps",
  () => {
    for (const [first, second] of [[1, 2], [2, 1]] as const) {
      const worlds = [first, second].map((identifier) => new World({ identifier }));
      const ends = worlds.map((world, at) => world.peer(worlds[1 - at]!.identifier));
      const owners = worlds.map((world) => world.connect().registered("web", element(1)));
      let steps = 0;
      for (let isBusy = true; isBusy; steps++) {
        assert(steps < 20, "it goes to and fro for ever");
        isBusy = false;
        for (const at of [0, 1]) {
          for (const { poolElement, action } of ends[at]!.takeAll("ENRP_HANDLE_UPDATE")) {
            isBusy = true;
            ends[1 - at]!.update(action, "web", poolElement);
          }
          for (const { poolHandle } of owners[at]!.takeAll("ASAP_ENDPOINT_KEEP_ALIVE")) {
            isBusy = true;
            owners[at]!.acknowledge(poolHandle, 1);
          }
        }
      }
      const larger = Math.max(first, second);
      for (const world of worlds) assert.deepEqual(world.homes(), { 1: larger });
    }
  },
);

Deno.test(
  "decision 2: whoever waits for the identifier is heard anew when the child is " +
    "yielded",
  () => {
    const { world, rival } = conflict(SMALLER);
    const contender = world.connect("192.0.2.11");
    contender.register("web", element(1, { host: "192.0.2.11" }));
    assert.deepEqual(contender.received, []);
    world.advance(TIMEOUT);
    // The element is the rival's now, has no endpoint to be asked at, and is silent here.
    contender.take("ASAP_REGISTRATION_RESPONSE");
    assert.deepEqual(announced(rival), [[ADD_PE, REGISTRAR]]);
  },
);
