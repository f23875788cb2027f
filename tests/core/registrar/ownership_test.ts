/** Who may speak for a pool element. Protocol decisions 12 and 15. */
import assert from "node:assert/strict";
import { CAUSE, type PoolElement } from "../../../lib/wire/mod.ts";
import { type Client, codes, element, World } from "./registrar_world.ts";

const { nonUniquePeIdentifier: taken, rejectedDueToSecurityConsiderations: refused } = CAUSE;

/** An element as somebody at 192.0.2.11 registers it. */
function at11(identifier: number, changes: Partial<PoolElement> = {}): PoolElement {
  return element(identifier, { host: "192.0.2.11", ...changes });
}

function userAddress(client: Client): string | undefined {
  const [first] = client.resolve("web").poolElements;
  return first?.transport.protocol === "tcp" ? first.transport.addresses[0] : undefined;
}

/** The registrant, and somebody elsewhere who claims its identifier and must wait. */
function contested(world: World): { owner: Client; claimant: Client } {
  const owner = world.connect().registered("web", element(1));
  const claimant = world.connect("192.0.2.11");
  claimant.register("web", at11(1));
  assert.deepEqual(claimant.received, []);
  owner.take("ASAP_ENDPOINT_KEEP_ALIVE");
  assert.equal(world.told("ownership-contested").length, 1);
  return { owner, claimant };
}

Deno.test("an identifier whose element answers is taken", () => {
  const world = new World();
  const { owner, claimant } = contested(world);
  owner.acknowledge("web", 1);
  assert.deepEqual(codes(claimant.takeRejection()), [taken]);
  assert.equal(userAddress(claimant), "192.0.2.10");
  assert.match(world.told("registration-rejected")[0]!.why, /0x00000001.* 192\.0\.2\.10/);
});

Deno.test("an element that is silent loses its identifier to who claims it", () => {
  const world = new World();
  const { owner, claimant } = contested(world);
  world.advance(world.timing.keepAliveTimeoutMs);
  assert.equal(claimant.take("ASAP_REGISTRATION_RESPONSE").reject, false);
  assert.equal(userAddress(claimant), "192.0.2.11");
  assert(owner.isClosed);
});

Deno.test(
  "an element whose association is lost loses its identifier at once, " +
    "and is not dialled",
  () => {
    const world = new World();
    const owner = world.connect().registered("web", element(1, { asapPort: 4000 }));
    const claimant = world.connect("192.0.2.11");
    claimant.register("web", at11(1));
    owner.leave("reset");
    assert.equal(claimant.take("ASAP_REGISTRATION_RESPONSE").reject, false);
    assert.equal(userAddress(claimant), "192.0.2.11");
    assert.deepEqual(world.dials, []);
    assert.equal(world.told("pool-element-reregistered").length, 1);
  },
);

Deno.test("a registration of the element's own while another is held settles the matter", () => {
  const { owner, claimant } = contested(new World());
  owner.registered("web", element(1));
  assert.deepEqual(codes(claimant.takeRejection()), [taken]);
});

Deno.test("a claim that does not fit the pool is rejected for that when its turn comes", () => {
  const world = new World();
  const owner = world.connect().registered("web", element(1)).registered("web", element(2));
  const claimant = world.connect("192.0.2.11");
  claimant.register("web", at11(1, { policy: { name: "random" } }));
  owner.leave();
  assert.deepEqual(codes(claimant.takeRejection()), [CAUSE.inconsistentPoolingPolicy]);
  // The one that it wanted to replace has its grace period.
  world.advance(world.timing.elementGraceMs - 1);
  assert.deepEqual(world.removals(), []);
  world.advance(1);
  assert.deepEqual(world.removals(), ["association-lost", "association-lost"]);
});

Deno.test("one claim is held: a further one is told at once that the identifier is taken", () => {
  const world = new World();
  const { owner, claimant } = contested(world);
  const third = world.connect("192.0.2.12");
  const causes = third.rejected("web", element(1, { host: "192.0.2.12" }));
  assert.deepEqual(codes(causes), [taken]);
  // Sent again by the same, it is one request with one answer.
  claimant.register("web", at11(1, { registrationLife: 60 }));
  owner.leave();
  assert.equal(claimant.take("ASAP_REGISTRATION_RESPONSE").reject, false);
  assert.deepEqual(claimant.received, []);
  assert.equal(claimant.resolve("web").poolElements[0]?.registrationLife, 60);
});

Deno.test("a claimant that leaves is forgotten, and the next one is held", () => {
  const world = new World();
  const { owner, claimant } = contested(world);
  claimant.leave();
  const next = world.connect("192.0.2.12");
  next.register("web", element(1, { host: "192.0.2.12" }));
  owner.acknowledge("web", 1);
  assert.deepEqual(codes(next.takeRejection()), [taken]);
});

Deno.test("a claim is forgotten with its claimant even if nobody comes after", () => {
  const world = new World();
  const { owner, claimant } = contested(world);
  claimant.leave();
  owner.leave();
  world.advance(world.timing.elementGraceMs);
  assert.deepEqual(world.removals(), ["association-lost"]);
});

Deno.test("an element that answers a claim whose claimant has left is left alone", () => {
  const world = new World();
  const { owner, claimant } = contested(world);
  claimant.leave();
  owner.acknowledge("web", 1);
  world.advance(world.timing.keepAliveTimeoutMs);
  assert.deepEqual(world.removals(), []);
  assert.deepEqual(world.told("registration-rejected"), []);
});

/** An element that registers again over a new association, as its old one still seems open. */
function returned(world: World): { old: Client; again: Client } {
  const old = world.connect().registered("web", element(1));
  world.advance(world.host.deadline()! - world.now);
  old.take("ASAP_ENDPOINT_KEEP_ALIVE");
  const again = world.connect();
  again.register("web", element(1));
  return { old, again };
}

Deno.test("an acknowledgement that is older than a claim does not decide it", () => {
  const world = new World();
  const { old, again } = returned(world);
  // It answered, left, and came back; the registrar reads that in another order.
  old.acknowledge("web", 1);
  assert.deepEqual(again.received, []);
  old.leave();
  assert.equal(again.take("ASAP_REGISTRATION_RESPONSE").reject, false);
});

Deno.test("an element that answers what was asked after the claim decides it", () => {
  const world = new World();
  const { old, again } = returned(world);
  old.take("ASAP_ENDPOINT_KEEP_ALIVE");
  old.acknowledge("web", 1);
  assert.deepEqual(again.received, []);
  old.acknowledge("web", 1);
  assert.deepEqual(codes(again.takeRejection()), [taken]);
});

Deno.test("an element that answers the older keep-alive only is silent", () => {
  const world = new World();
  const { old, again } = returned(world);
  world.advance(world.timing.keepAliveTimeoutMs - 1);
  old.acknowledge("web", 1);
  world.advance(world.timing.keepAliveTimeoutMs - 1);
  assert.deepEqual(again.received, []);
  world.advance(1);
  assert.equal(again.take("ASAP_REGISTRATION_RESPONSE").reject, false);
});

Deno.test("of several attempts of one element the one over the newest association is held", () => {
  const world = new World();
  const { old, again } = returned(world);
  const [third, fourth] = [world.connect(), world.connect()];
  fourth.register("web", element(1));
  assert.deepEqual(codes(again.takeRejection()), [taken]);
  assert.deepEqual(codes(third.rejected("web", element(1))), [taken]);
  // Two acknowledgements are older than the last question.
  old.acknowledge("web", 1);
  old.acknowledge("web", 1);
  assert.deepEqual(fourth.received, []);
  old.acknowledge("web", 1);
  assert.deepEqual(codes(fourth.takeRejection()), [taken]);
});

Deno.test("a registration of its own may be older than the claim of the same element", () => {
  const world = new World();
  const { old, again } = returned(world);
  old.register("web", element(1));
  assert.deepEqual(again.received, []);
  old.leave();
  assert.equal(again.take("ASAP_REGISTRATION_RESPONSE").reject, false);
});

Deno.test("only where it was asked can an element answer", () => {
  const world = new World();
  const { claimant } = contested(world);
  claimant.acknowledge("web", 1);
  assert.equal(world.told("discarded").length, 1);
  world.advance(world.timing.keepAliveTimeoutMs);
  assert.equal(claimant.take("ASAP_REGISTRATION_RESPONSE").reject, false);
});

Deno.test("a lost element's identifier may be registered again from anywhere", () => {
  for (const host of ["192.0.2.10", "192.0.2.11"]) {
    const world = new World();
    world.connect().registered("web", element(1, { asapPort: 4000 })).leave();
    const again = world.connect(host).registered("web", element(1, { host }));
    assert.equal(userAddress(again), host);
    // Whoever is back need not be looked for.
    assert.deepEqual(world.dials, []);
  }
});

Deno.test("a lost element may be de-registered from the same observed address only", () => {
  const world = new World();
  world.connect().registered("web", element(1)).leave();
  const { causes } = world.connect("192.0.2.11").deregister("web", 1);
  assert.deepEqual(codes(causes), [refused]);
  assert.equal(world.connect("192.0.2.10").deregister("web", 1).causes, undefined);
  assert.deepEqual(world.removals(), ["deregistered"]);
});

Deno.test("who has proved an identity is known by it, and by nothing else", () => {
  const world = new World();
  const lose = () =>
    world.connect("192.0.2.10", { identity: "a" }).registered("web", element(1)).leave();
  lose();
  const other = world.connect("192.0.2.10", { identity: "b" });
  assert.deepEqual(codes(other.deregister("web", 1).causes), [refused]);
  assert.deepEqual(codes(world.connect("192.0.2.10").deregister("web", 1).causes), [refused]);
  const same = world.connect("192.0.2.11", { identity: "a" });
  assert.equal(same.deregister("web", 1).causes, undefined);
  assert.deepEqual(world.removals(), ["deregistered"]);
});

Deno.test("a de-registration over a new association waits until the old one has been asked", () => {
  for (const outcome of ["answers", "is silent", "is lost"] as const) {
    const world = new World();
    const owner = world.connect().registered("web", element(1));
    const again = world.connect();
    again.send({ type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: 1 });
    assert.deepEqual(again.received, []);
    if (outcome === "answers") owner.acknowledge("web", 1);
    else if (outcome === "is lost") owner.leave();
    else world.advance(world.timing.keepAliveTimeoutMs);
    const { causes } = again.take("ASAP_DEREGISTRATION_RESPONSE");
    assert.deepEqual(codes(causes), outcome === "answers" ? [refused] : []);
    assert.equal(world.told("deregistration-rejected").length, outcome === "answers" ? 1 : 0);
    const left = again.resolve("web").poolElements.length;
    assert.equal(left, outcome === "answers" ? 1 : 0);
  }
});

Deno.test("whose registration is held has nothing to de-register", () => {
  const { owner, claimant } = contested(new World());
  assert.deepEqual(codes(claimant.deregister("web", 1).causes), [refused]);
  owner.acknowledge("web", 1);
  assert.deepEqual(codes(claimant.takeRejection()), [taken]);
});

Deno.test("what waited for an element that de-registers itself is handled then", () => {
  const world = new World();
  const { owner, claimant } = contested(world);
  owner.deregister("web", 1);
  assert.equal(claimant.take("ASAP_REGISTRATION_RESPONSE").reject, false);
  assert.equal(userAddress(claimant), "192.0.2.11");
});

Deno.test(
  "an element found at its endpoint may register from its address over a " +
    "new association",
  () => {
    const world = new World();
    const lost = element(1, { asapPort: 4000 });
    world.connect().registered("web", lost).leave();
    const dialled = world.answerDial();
    dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
    dialled.acknowledge("web", 1);
    // No contest: the registrar found it, it did not register there.
    const again = world.connect().registered("web", lost);
    assert(dialled.isClosed);
    assert.equal(again.deregister("web", 1).causes, undefined);
  },
);

Deno.test("an element found at its endpoint keeps its identifier against others", () => {
  const world = new World();
  world.connect().registered("web", element(1, { asapPort: 4000 })).leave();
  const dialled = world.answerDial();
  dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
  dialled.acknowledge("web", 1);
  const claimant = world.connect("192.0.2.11");
  claimant.register("web", at11(1));
  dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
  dialled.acknowledge("web", 1);
  assert.deepEqual(codes(claimant.takeRejection()), [taken]);
});

Deno.test(
  "a re-registration over the association that the registrar dialled makes it the " +
    "registrant's",
  () => {
    const world = new World();
    const lost = element(1, { asapPort: 4000 });
    world.connect().registered("web", lost).leave();
    const dialled = world.answerDial();
    dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
    // Instead of an acknowledgement; it counts as much.
    dialled.registered("web", lost);
    world.advance(world.timing.keepAliveTimeoutMs);
    assert.deepEqual(world.removals(), []);
    const claimant = world.connect("192.0.2.10");
    claimant.register("web", lost);
    dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
    dialled.acknowledge("web", 1);
    assert.deepEqual(codes(claimant.takeRejection()), [taken]);
  },
);

Deno.test(
  "a de-registration over the association that the registrar dialled is answered before " +
    "it ends",
  () => {
    const world = new World();
    world.connect().registered("web", element(1, { asapPort: 4000 })).leave();
    const dialled = world.answerDial();
    dialled.take("ASAP_ENDPOINT_KEEP_ALIVE");
    assert.equal(dialled.deregister("web", 1).causes, undefined);
    assert(dialled.isClosed);
  },
);
