/** What becomes of elements whose association is lost. Protocol decisions 11, 12 and 19. */
import assert from "node:assert/strict";
import type { DisconnectReason } from "../../../lib/core/mod.ts";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { type Client, codes, element, World } from "./registrar_world.ts";

const reachable = element(1, { asapPort: 4000 });

function isHandedOut(world: World, identifier = 1): boolean {
  const { poolElements } = world.connect("198.51.100.1").resolve("web");
  return poolElements.some((each) => each.identifier === identifier);
}

/** A world in which the pool has another element, 192.0.2.99. */
function withAnother(): World {
  const world = new World();
  world.connect("192.0.2.99").registered("web", element(99, { host: "192.0.2.99" }));
  return world;
}

Deno.test(
  "the ASAP endpoint of a lost element is dialled, and it is not handed " +
    "out meanwhile",
  () => {
    const world = withAnother();
    world.connect().registered("web", reachable).leave("reset");
    const [dial] = world.dials;
    assert.deepEqual(dial?.to, { host: "192.0.2.10", port: 4000 });
    assert.equal(dial?.timeoutMs, world.timing.endpointDialMs);
    assert(!isHandedOut(world));
    const [lost] = world.told("pool-element-lost");
    assert.deepEqual(lost?.endpoint, { host: "192.0.2.10", port: 4000 });
    const [closed] = world.told("association-closed");
    assert.deepEqual([closed?.reason, closed?.elements], ["reset", 1]);
  },
);

Deno.test("of a pool whose elements are all lost those are handed out that are dialled", () => {
  const world = new World();
  const subscriber = world.connect("198.51.100.2");
  const client = world.connect().registered("web", reachable);
  client.registered("web", element(2)).leave();
  assert(isHandedOut(world, 1));
  assert(!isHandedOut(world, 2));
  // Whoever subscribes is told no less.
  subscriber.send({ type: "ASAP_HANDLE_RESOLUTION", poolHandle: "web", dynamicUpdates: true });
  const { poolElements } = subscriber.take("ASAP_HANDLE_RESOLUTION_RESPONSE");
  assert.deepEqual(poolElements.map(({ identifier }) => identifier), [1]);
  world.failDial("refused");
  assert(!isHandedOut(world, 1));
});

Deno.test(
  "a pool whose elements are all lost and cannot be dialled is answered with Unknown Pool " +
    "Handle, and listed",
  () => {
    const world = new World();
    world.connect().registered("web", element(1)).leave();
    const { causes } = world.connect().resolve("web");
    assert.deepEqual(codes(causes), [CAUSE.unknownPoolHandle]);
    const observer = world.observer();
    const request = { sender: 0, receiver: 0, ownChildrenOnly: false };
    observer.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...request });
    assert.equal(observer.take("ENRP_HANDLE_TABLE_RESPONSE").pools.length, 1);
  },
);

Deno.test("an endpoint that cannot be dialled ends the element at once", () => {
  const reasons: DisconnectReason[] = ["refused", "timed-out", "unreachable", "unknown-host"];
  for (const reason of reasons) {
    const world = new World();
    world.connect().registered("web", reachable).leave();
    world.failDial(reason);
    const [removed] = world.told("pool-element-removed");
    assert.equal(removed?.reason, "endpoint-unreachable");
    assert.equal(removed?.detail, reason);
  }
});

Deno.test(
  "what the registrar itself lacks says nothing of the element: it has " +
    "its grace period",
  () => {
    const world = new World();
    world.connect().registered("web", reachable).leave();
    world.failDial("failed", "too many open files");
    assert.deepEqual(world.removals(), []);
    assert(!isHandedOut(world));
    world.advance(world.timing.elementGraceMs);
    assert.deepEqual(world.removals(), ["association-lost"]);
  },
);

Deno.test(
  "an element that answers at its endpoint is handed out again, and kept " +
    "alive there",
  () => {
    const world = withAnother();
    world.connect().registered("web", reachable).leave();
    const dialled = world.answerDial();
    dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
    assert(!isHandedOut(world));
    dialled.acknowledge("web", 1);
    assert(isHandedOut(world));
    assert.equal(world.told("pool-element-recovered").length, 1);
    world.advance(world.timing.keepAliveCycleMs * 1.5);
    dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
  },
);

Deno.test(
  "an endpoint that accepts and is silent ends the element after the " +
    "keep-alive's time",
  () => {
    const world = new World();
    world.connect().registered("web", reachable).leave();
    const dialled = world.answerDial();
    world.advance(world.timing.keepAliveTimeoutMs - 1);
    assert.deepEqual(world.removals(), []);
    world.advance(1);
    assert.deepEqual(world.removals(), ["keep-alive-timed-out"]);
    assert(dialled.isClosed);
  },
);

Deno.test("an endpoint stays dialled while another of its elements is still asked there", () => {
  const world = new World();
  const both = world.connect().registered("web", reachable);
  both.registered("web", element(2, { asapPort: 4000 })).leave();
  const dialled = world.answerDial();
  dialled.acknowledge("web", 1);
  world.advance(world.limits.reportProbeIntervalMs);
  for (let reporter = 1; reporter <= 4; reporter++) {
    world.connect(`198.51.100.${reporter}`).reportUnreachable("web", 1);
  }
  assert.deepEqual(world.removals(), ["unreachable-reports"]);
  dialled.acknowledge("web", 2);
  assert(isHandedOut(world, 2));
});

Deno.test("an endpoint that accepts and closes, or speaks something else, ends the element", () => {
  for (const reason of ["closed", "garbage"] as const) {
    const world = new World();
    world.connect().registered("web", reachable).leave();
    world.answerDial().leave(reason);
    assert.deepEqual(world.removals(), ["endpoint-unreachable"]);
  }
});

Deno.test("without an endpoint a lost element is kept for the grace period, not handed out", () => {
  const world = new World();
  world.connect().registered("web", element(1)).leave();
  assert.deepEqual(world.dials, []);
  assert(!isHandedOut(world));
  world.advance(world.timing.elementGraceMs - 1);
  assert.deepEqual(world.removals(), []);
  world.advance(1);
  assert.deepEqual(world.removals(), ["association-lost"]);
});

Deno.test("an element that registers again within the grace period is as before", () => {
  const world = new World();
  world.connect().registered("web", element(1)).leave();
  world.advance(world.timing.elementGraceMs - 1);
  const again = world.connect().registered("web", element(1));
  assert(isHandedOut(world));
  world.advance(world.timing.elementGraceMs);
  again.received.length = 0;
  assert.deepEqual(world.removals(), []);
});

Deno.test("a lost element that registers again is not dialled any more", () => {
  const world = new World();
  world.connect().registered("web", reachable).leave();
  world.connect().registered("web", reachable);
  assert.deepEqual(world.dials, []);
  assert.equal(world.host.associations, 1);
});

Deno.test("a dial that succeeds too late is closed", () => {
  const world = new World();
  world.connect().registered("web", element(1, { asapPort: 4000, registrationLife: 1 })).leave();
  const { association } = world.dials[0]!;
  world.advance(1000);
  assert.deepEqual(world.removals(), ["expired"]);
  const ends = { remote: { host: "192.0.2.10", port: 4000 }, local: { host: "::", port: 1 } };
  assert.equal(world.host.connected(association, ends, world.now), false);
});

Deno.test("an element that is lost again at its endpoint is dialled again", () => {
  const world = withAnother();
  world.connect().registered("web", reachable).leave();
  const dialled = world.answerDial();
  dialled.acknowledge("web", 1);
  dialled.leave();
  assert(!isHandedOut(world));
  world.failDial("refused");
  assert.deepEqual(world.removals(), ["endpoint-unreachable"]);
});

/** Elements in several pools, of one process with one endpoint, whose association is lost. */
function shared(world: World): Client {
  const client = world.connect();
  client.registered("web", reachable).registered("mail", element(2, { asapPort: 4000 }));
  client.leave();
  return client;
}

Deno.test("elements that share an endpoint are asked over one dial, each by its identifier", () => {
  const world = new World();
  shared(world);
  assert.equal(world.dials.length, 1);
  const dialled = world.answerDial();
  assert.equal(dialled.take("ASAP_ENDPOINT_KEEP_ALIVE").peIdentifier, 1);
  assert.equal(dialled.take("ASAP_ENDPOINT_KEEP_ALIVE").peIdentifier, 2);
  dialled.acknowledge("web", 1);
  world.advance(world.timing.keepAliveTimeoutMs);
  // One answered and uses the association, the other did not.
  assert.deepEqual(world.told("pool-element-removed").map((each) => each.identifier), [2]);
  assert(!dialled.isClosed);
});

Deno.test("elements that share an endpoint which is gone are all removed", () => {
  const world = new World();
  shared(world);
  world.failDial("refused");
  assert.deepEqual(world.removals(), ["endpoint-unreachable", "endpoint-unreachable"]);
});

Deno.test("a dialled association ends when the last element that used it is elsewhere", () => {
  const world = new World();
  shared(world);
  const dialled = world.answerDial();
  dialled.acknowledge("web", 1);
  dialled.acknowledge("mail", 2);
  const again = world.connect().registered("web", reachable);
  assert(!dialled.isClosed);
  again.registered("mail", element(2, { asapPort: 4000 }));
  assert(dialled.isClosed);
  assert.equal(world.told("association-closed").at(-1)?.reason, "unused");
});

Deno.test(
  "an element that is lost later joins the association that is open to " +
    "its endpoint",
  () => {
    const world = new World();
    world.connect().registered("web", reachable).leave();
    const second = world.connect().registered("mail", element(2, { asapPort: 4000 }));
    const dialled = world.answerDial();
    dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
    dialled.acknowledge("web", 1);
    second.leave();
    assert.deepEqual(world.dials, []);
    assert.equal(dialled.take("ASAP_ENDPOINT_KEEP_ALIVE").poolHandle, "mail");
    dialled.acknowledge("mail", 2);
    assert.equal(world.told("pool-element-recovered").length, 2);
  },
);

Deno.test(
  "maxDialsPerTarget: an address is dialled so often a second, the others wait their " +
    "turn",
  () => {
    const world = new World({ limits: { maxDialsPerTarget: 2 }, timing: { elementGraceMs: 2500 } });
    const client = world.connect();
    for (let identifier = 1; identifier <= 9; identifier++) {
      client.registered("web", element(identifier, { asapPort: 4000 + identifier }));
    }
    client.leave();
    const ports = () => world.dials.map((dial) => dial.to.port);
    assert.deepEqual(ports(), [4001, 4002]);
    // Other addresses have a budget of their own.
    const other = world.connect("192.0.2.11");
    other.registered("web", element(99, { host: "192.0.2.11", asapPort: 4099 })).leave();
    assert.deepEqual(ports(), [4001, 4002, 4099]);
    world.advance(999);
    assert.equal(world.dials.length, 3);
    world.advance(1);
    assert.deepEqual(ports(), [4001, 4002, 4099, 4003, 4004]);
    world.advance(1000);
    assert.deepEqual(ports().slice(-2), [4005, 4006]);
    assert.deepEqual(world.removals(), []);
    // Whose turn has not come within the grace period is as if it had no endpoint.
    world.advance(500);
    assert.deepEqual(world.removals(), Array(3).fill("association-lost"));
    world.advance(60_000);
    assert.equal(world.dials.length, 7);
  },
);

Deno.test("who waits to be dialled and registers again is not dialled", () => {
  const world = new World({ limits: { maxDialsPerTarget: 1 } });
  const client = world.connect();
  client.registered("web", reachable).registered("web", element(2, { asapPort: 4001 })).leave();
  assert.equal(world.dials.length, 1);
  world.connect().registered("web", element(2, { asapPort: 4001 }));
  world.advance(3000);
  assert.equal(world.dials.length, 1);
});

Deno.test("an association without elements that ends is a line in the log", () => {
  const world = new World();
  world.connect().leave("garbage");
  const [closed] = world.told("association-closed");
  assert.deepEqual([closed?.reason, closed?.elements], ["garbage", 0]);
  assert.equal(world.host.deadline(), undefined);
});
