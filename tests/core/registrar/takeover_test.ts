/** Takeovers: what RFC 5353 §3.5 leaves open. Protocol decisions 2, 5 and 7. */
import assert from "node:assert/strict";
import { ADD_PE, type PoolElement } from "../../../lib/wire/mod.ts";
import { element, type PeerClient, REGISTRAR, server, World } from "./registrar_world.ts";

/** REGISTRAR is between the last two. */
const [TARGET, SMALLER, LARGER] = [0x7, 0x1000, 0x0fffffff];
const NO_RESPONSE = 5_000;
const DEAD_AFTER = 66_000;

function scope(...identifiers: number[]) {
  const world = new World();
  const target = world.peer(TARGET, { host: "192.0.2.7" });
  const others = identifiers.map((identifier, at) =>
    world.peer(identifier, { host: `192.0.2.${20 + at}` })
  );
  return { world, target, others, other: others[0]! };
}

/** The target falls silent, the others do not, until it is considered dead. */
function fail(world: World, target: PeerClient, others: readonly PeerClient[]): void {
  target.attends = false;
  world.advanceWith(others, DEAD_AFTER);
  assert(world.told("takeover-began").some((each) => each.target === target.identifier));
}

function at(identifier: number): PoolElement {
  return element(identifier, { host: `192.0.2.${100 + identifier}`, asapPort: 4000 });
}

/** Dials of ASAP endpoints; those of registrars are passed over. */
function asapDials(world: World): string[] {
  world.dials.splice(0, Infinity, ...world.dials.filter((dial) => dial.protocol === "ASAP"));
  return world.dials.map((dial) => dial.to.host);
}

function stateOf(world: World, identifier: number): string | undefined {
  const observer = world.observer();
  observer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
  const { servers } = observer.take("ENRP_LIST_RESPONSE");
  return servers.find((each) => each.identifier === identifier)?.peerStatus?.state;
}

Deno.test("decision 5: a peer without an ACK in time becomes suspect and counts no more", () => {
  const { world, target, others: [first, second] } = scope(SMALLER, LARGER);
  fail(world, target, [first!, second!]);
  first!.acknowledgeTakeover(TARGET);
  second!.attends = false;
  second!.received.length = 0;
  world.advance(NO_RESPONSE - 1);
  assert.deepEqual(world.told("taken-over"), []);
  world.advance(1);
  assert.deepEqual(world.told("taken-over").map((each) => [each.target, each.by]), [
    [TARGET, REGISTRAR],
  ]);
  assert.equal(stateOf(world, LARGER), "suspect");
  assert(second!.takeAll("ENRP_PRESENCE").some((each) => each.replyRequired), "it is asked");
  // It says nothing either, so it is taken over in its turn.
  world.advanceWith([first!], NO_RESPONSE);
  assert.deepEqual(world.told("peer-dead").map((each) => each.peer), [TARGET, LARGER]);
});

Deno.test("decision 5: one that is suspected already has no more time for it", () => {
  const { world, target, others: [first, second] } = scope(SMALLER, LARGER);
  fail(world, target, [first!, second!]);
  world.advance(2_000);
  second!.leave("reset");
  world.advance(NO_RESPONSE - 1);
  first!.presence();
  assert.deepEqual(world.told("peer-dead").map((each) => each.peer), [TARGET]);
  world.advance(1);
  assert.deepEqual(world.told("peer-dead").map((each) => each.peer), [TARGET, LARGER]);
});

Deno.test("decision 5: two that die at once orphan nothing", () => {
  const { world, target, others: [second, third] } = scope(SMALLER, LARGER);
  target.add("web", at(1));
  second!.add("web", at(2));
  target.attends = second!.attends = false;
  world.advanceWith([third!], DEAD_AFTER);
  for (const each of [TARGET, SMALLER]) third!.acknowledgeTakeover(each);
  world.advanceWith([third!], NO_RESPONSE);
  const taken = new Set(world.told("taken-over").map((each) => each.target));
  assert.deepEqual(taken, new Set([TARGET, SMALLER]));
  assert.deepEqual(world.homes(), { 1: REGISTRAR, 2: REGISTRAR });
});

Deno.test("decision 5: suspects are not waited for when a takeover begins", () => {
  const { world, target, other } = scope(LARGER);
  target.attends = false;
  world.advanceWith([other], DEAD_AFTER - 1);
  other.leave("reset");
  world.advance(1);
  assert.deepEqual(world.told("takeover-began").map((each) => each.awaited), [0]);
  assert.deepEqual(world.told("taken-over").map((each) => each.target), [TARGET]);
});

Deno.test(
  "decision 5: without an ENRP_TAKEOVER_SERVER after my ACK I watch the target " +
    "again",
  () => {
    const { world, target, other } = scope(LARGER);
    target.add("web", at(1));
    target.attends = false;
    target.received.length = 0;
    other.initTakeover(TARGET);
    other.takeOnly("ENRP_INIT_TAKEOVER_ACK");
    assert.equal(stateOf(world, TARGET), "inactive");
    world.advance(2 * NO_RESPONSE - 1);
    assert.deepEqual(target.takeAll("ENRP_PRESENCE").filter((each) => each.replyRequired), []);
    world.advance(1);
    assert.equal(target.takeOnly("ENRP_PRESENCE").replyRequired, true);
    // The winner is gone, or has given up: this one initiates.
    world.advanceWith([other], NO_RESPONSE);
    assert.deepEqual(world.told("takeover-began").map((each) => each.target), [TARGET]);
    other.acknowledgeTakeover(TARGET);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
  },
);

Deno.test("decision 5: a target that answers then is a peer as before", () => {
  const { world, target, other } = scope(LARGER);
  other.initTakeover(TARGET);
  world.advanceWith([other], 2 * NO_RESPONSE);
  assert.equal(stateOf(world, TARGET), "active");
  world.advanceWith([target, other], DEAD_AFTER);
  assert.deepEqual(world.told("takeover-began"), []);
  assert.equal(world.statistics().takeovers, 0);
});

Deno.test(
  "decision 5: whoever ACKs a takeover that it has begun itself waits for the " +
    "other",
  () => {
    const { world, target, other } = scope(LARGER);
    target.add("web", at(1));
    fail(world, target, [other]);
    other.initTakeover(TARGET);
    world.advance(NO_RESPONSE + 1);
    assert.deepEqual(world.told("taken-over"), [], "its own attempt is over");
    other.owns("web", at(1)).takeOver(TARGET);
    assert.deepEqual(world.told("taken-over").map((each) => each.by), [LARGER]);
    assert.deepEqual(world.homes(), { 1: LARGER });
  },
);

Deno.test(
  "decision 2: an ENRP_TAKEOVER_SERVER that names me: PRESENCE, ADD_PE, and the rest " +
    "yields",
  () => {
    const world = new World();
    const [initiator, third] = [SMALLER, LARGER].map((each, last) =>
      world.peer(each, { host: `192.0.2.${20 + last}` })
    );
    world.connect().registered("web", element(1));
    world.connect().registered("mail", element(2)).leave();
    for (const peer of [initiator!, third!]) peer.received.length = 0;
    initiator!.takeOver(REGISTRAR);
    for (const peer of [initiator!, third!]) {
      peer.take("ENRP_PRESENCE");
      const { action, poolElement } = peer.take("ENRP_HANDLE_UPDATE");
      assert.deepEqual([action, poolElement.identifier, poolElement.home], [ADD_PE, 1, REGISTRAR]);
      assert.deepEqual(peer.received, []);
    }
    assert.deepEqual(world.homes(), { 1: REGISTRAR, 2: SMALLER });
    assert.equal(world.statistics().children, 1);
    assert.equal(world.statistics().graceTimers, 0);
  },
);

Deno.test(
  "decision 2: an initiator that hears its target again stops H=1, and asks for its " +
    "table",
  () => {
    const { world, target } = scope();
    target.add("web", at(1)).add("web", at(2));
    fail(world, target, []);
    world.advance(0);
    assert.deepEqual(asapDials(world), ["192.0.2.101", "192.0.2.102"]);
    // One of them has answered here before the target is heard.
    const adopted = world.answerDial();
    adopted.take("ASAP_ENDPOINT_KEEP_ALIVE");
    adopted.acknowledge("web", 1);
    const again = world.peer(TARGET, { host: "192.0.2.7", attends: false });
    assert.equal(world.told("resynchronization-began").at(-1)!.peer, TARGET);
    const claimed = [at(1), at(2)].map((each) => ({ ...each, home: TARGET }));
    again.page([{ poolHandle: "web", poolElements: claimed }]);
    // The other one is the target's, and the dial is given up; this one has chosen.
    assert.deepEqual(world.homes(), { 1: REGISTRAR, 2: TARGET });
    assert.deepEqual(asapDials(world), []);
    const [keepAlive] = adopted.takeAll("ASAP_ENDPOINT_KEEP_ALIVE");
    assert.equal(keepAlive!.home, true, "the larger identifier asks with H=1");
  },
);

Deno.test("a target that is heard before the arbitration ends was never taken over", () => {
  const { world, target, other } = scope(SMALLER);
  target.add("web", at(1));
  fail(world, target, [other]);
  // Any message will do, not only a presence.
  target.send({ type: "ENRP_LIST_REQUEST", ...target.between });
  other.acknowledgeTakeover(TARGET);
  world.advanceWith([target, other], 2 * NO_RESPONSE);
  assert.deepEqual(world.told("taken-over"), []);
  assert.deepEqual(world.homes(), { 1: TARGET });
});

Deno.test("the association of who was taken over is closed, and its address is dialled", () => {
  const { world, target } = scope();
  fail(world, target, []);
  assert(target.isClosed);
  assert.deepEqual(world.dials.map((dial) => dial.to.host), ["192.0.2.7"]);
  assert.equal(world.told("association-closed").at(-1)!.reason, "taken-over");
});

Deno.test("… also where another registrar did it: who lives misses nothing", () => {
  const { world, target, other } = scope(LARGER);
  other.takeOver(TARGET);
  assert(target.isClosed);
  assert.equal(world.statistics().peers, 1);
  const again = world.peer(TARGET, { host: "192.0.2.7" });
  assert(!again.isClosed);
  assert.equal(world.told("resynchronization-began").at(-1)!.peer, TARGET);
});

Deno.test("decision 7: a goodbye removes its sender at once; what it leaves is taken over", () => {
  const { world, target, other } = scope(LARGER);
  target.takeOver(TARGET);
  assert.equal(world.statistics().peers, 1);
  assert.deepEqual(world.told("takeover-began"), []);
  other.add("web", at(1)).takeOver(LARGER);
  assert.deepEqual(world.told("peer-left").map((each) => each.peer), [TARGET, LARGER]);
  assert.deepEqual(world.told("taken-over").map((each) => each.target), [LARGER]);
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
});

Deno.test(
  "orphans: nobody speaks for them, so they are taken over after " +
    "MAX-TIME-LAST-HEARD",
  () => {
    const world = new World({ mentors: [{ host: "192.0.2.2", port: 9901 }] });
    world.start();
    const mentor = world.answerPeerDial(0x2, { attends: false });
    mentor.list([]);
    const table = [{ ...at(1), home: 0x55 }, { ...at(2), home: 0x66 }];
    mentor.page([{ poolHandle: "web", poolElements: table }]);
    mentor.attends = true;
    const { maxTimeLastHeardMs, peerHeartbeatCycleMs } = world.timing;
    world.advanceWith([mentor], maxTimeLastHeardMs - 1);
    assert.deepEqual(world.told("takeover-began"), []);
    // One of the two was only late.
    const late = world.peer(0x55, { host: "192.0.2.5" }).add("web", at(1));
    world.advanceWith([mentor, late], 2 * peerHeartbeatCycleMs);
    assert.deepEqual(world.told("takeover-began").map((each) => each.target), [0x66]);
    mentor.acknowledgeTakeover(0x66);
    late.acknowledgeTakeover(0x66);
    assert.deepEqual(world.homes(), { 1: 0x55, 2: REGISTRAR });
  },
);

/** A registrar whose mentor's table has an element of 0x55, which is no peer. */
function orphan(): { world: World; mentor: PeerClient } {
  const world = new World({ mentors: [{ host: "192.0.2.2", port: 9901 }] });
  world.start();
  const mentor = world.answerPeerDial(0x2, { attends: false });
  mentor.list([]);
  mentor.page([{ poolHandle: "web", poolElements: [{ ...at(1), home: 0x55 }] }]);
  mentor.page([]);
  mentor.received.length = 0;
  return { world, mentor };
}

Deno.test(
  "orphans: peers are asked for their lists first; who knows that home may be " +
    "right",
  () => {
    const { world, mentor } = orphan();
    world.advanceWith([mentor], world.timing.peerHeartbeatCycleMs);
    mentor.takeOnly("ENRP_LIST_REQUEST");
    mentor.list([server(0x55, "192.0.2.55")]);
    world.failDial("timed-out");
    // The one that knows it is heard; it will see to it.
    world.advanceWith([mentor], DEAD_AFTER);
    assert.deepEqual(world.told("takeover-began"), []);
    assert.deepEqual(world.homes(), { 1: 0x55 });
  },
);

Deno.test("decision 7: the address of who said goodbye is dialled: it may be started again", () => {
  const world = new World();
  const enrp = { host: "192.0.2.7", port: 9901 };
  world.command({ type: "hint", enrp });
  const leaving = world.answerPeerDial(TARGET);
  leaving.takeOver(TARGET);
  assert.equal(world.dials.length, 0);
  leaving.leave();
  world.advance(750);
  assert.deepEqual(world.takeDial().to, enrp);
});

Deno.test("who was only heard of is told to observers, not to peers", () => {
  const world = new World();
  const peer = world.peer(0x2, { lists: [server(0x55, "192.0.2.55")] });
  const third = world.peer(0x3, { host: "192.0.2.3" });
  assert.deepEqual(third.requestList().servers.map((each) => each.identifier), [0x2]);
  assert.equal(stateOf(world, 0x55), "unreachable");
  world.answerPeerDial(0x55);
  assert.deepEqual(peer.requestList().servers.map((each) => each.identifier), [0x55, 0x3]);
});

Deno.test(
  "a peer that others only speak of is not taken over: who has heard it sees to " +
    "that",
  () => {
    const world = new World();
    const peer = world.peer(0x2, { lists: [server(0x55, "192.0.2.55")] });
    world.failDial("timed-out");
    world.advanceWith([peer], DEAD_AFTER);
    assert.deepEqual(world.told("takeover-began"), []);
    assert.equal(world.statistics().peers, 1);
  },
);

Deno.test("a takeover leaves no timer and no record behind", () => {
  const { world, target, other } = scope(SMALLER);
  target.add("web", at(1));
  fail(world, target, [other]);
  other.acknowledgeTakeover(TARGET);
  world.advance(0);
  asapDials(world);
  world.failDial("refused");
  const { takeovers, adoptions, children, dials, expiryTimers } = world.statistics();
  assert.deepEqual([takeovers, adoptions, children, dials, expiryTimers], [0, 0, 0, 0, 0]);
  assert.deepEqual(world.homes(), {});
});
