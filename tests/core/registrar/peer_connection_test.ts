/** Associations between registrars: who dials, which of two stays. Decisions 6, 20 and 23. */
import assert from "node:assert/strict";
import { element, REGISTRAR, server, World } from "./registrar_world.ts";

/** REGISTRAR is between them. */
const [SMALLER, LARGER] = [0x1000, 0x0fffffff];
const PEER = 0x2;
const AT = { host: "192.0.2.2", port: 9901 };
const NO_RESPONSE = 5_000;

function closings(world: World): string[] {
  return world.told("association-closed").map((each) => each.reason);
}

/** Both dial each other at once; which association says first whose it is. */
function openSimultaneously(identifier: number, first: "accepted" | "dialled") {
  const world = new World();
  world.command({ type: "hint", enrp: AT });
  if (first === "dialled") {
    const dialled = world.answerPeerDial(identifier);
    return { world, dialled, accepted: world.peer(identifier) };
  }
  const accepted = world.peer(identifier);
  return { world, accepted, dialled: world.answerPeerDial(identifier) };
}

for (const first of ["accepted", "dialled"] as const) {
  Deno.test(
    `decision 20: on a simultaneous open the one dialled by the larger identifier stays (${first})`,
    () => {
      for (const identifier of [SMALLER, LARGER]) {
        const { world, accepted, dialled } = openSimultaneously(identifier, first);
        world.advance(NO_RESPONSE);
        // The larger one is this registrar or the peer.
        assert.deepEqual([accepted.isClosed, dialled.isClosed], [
          identifier === SMALLER,
          identifier === LARGER,
        ]);
        assert.deepEqual(closings(world), ["replaced"]);
        const staying = identifier === SMALLER ? dialled : accepted;
        staying.received.length = 0;
        world.connect().registered("web", element(1));
        staying.takeOnly("ENRP_HANDLE_UPDATE");
      }
    },
  );
}

Deno.test("decision 20: otherwise the newer one replaces the older", () => {
  for (const identifier of [SMALLER, LARGER]) {
    const world = new World();
    const older = world.peer(identifier);
    world.advance(6_000);
    const newer = world.peer(identifier);
    world.advance(NO_RESPONSE);
    assert.deepEqual([older.isClosed, newer.isClosed], [true, false]);
    // Two that the peer dialled are no simultaneous open, however close.
    const newest = world.peer(identifier);
    world.advance(NO_RESPONSE);
    assert.deepEqual([newer.isClosed, newest.isClosed], [true, false]);
  }
});

Deno.test("decision 20: the loser is drained: what is on its way over it is heard", () => {
  const world = new World();
  const older = world.peer(PEER);
  const newer = world.peer(PEER);
  world.advance(NO_RESPONSE - 1);
  assert(!older.isClosed);
  older.add("web", element(1));
  assert.deepEqual(world.homes(), { 1: PEER });
  world.advance(1);
  assert(older.isClosed && !newer.isClosed);
  assert.deepEqual(world.told("peer-lost"), []);
});

Deno.test("decision 20: own-children tables are asked for after any switch", () => {
  const world = new World();
  world.peer(PEER).add("web", element(1));
  const newer = world.peer(PEER);
  assert.equal(world.told("resynchronization-began").length, 2);
  assert.equal(world.told("resynchronized").length, 2);
  assert.deepEqual(world.homes(), {}, "the table of the newer one counts");
  newer.add("web", element(1));
  assert.deepEqual(world.homes(), { 1: PEER });
});

Deno.test(
  "decision 20: a checksum over the one that was replaced is older, and leads to " +
    "nothing",
  () => {
    const world = new World();
    const older = world.peer(PEER);
    const newer = world.peer(PEER);
    older.presence({ checksum: 0x1234 });
    assert.deepEqual([...older.received, ...newer.received], []);
  },
);

Deno.test("decision 20: the loser takes over again when the one in use is lost meanwhile", () => {
  const world = new World();
  const older = world.peer(PEER);
  world.peer(PEER).leave("reset");
  world.advance(60_000);
  assert(!older.isClosed);
  assert.deepEqual(world.told("peer-lost"), []);
  assert.equal(world.told("peer-connected").length, 3);
});

Deno.test("who had dialled a lost peer dials at once, the other side a little later", () => {
  const world = new World();
  world.command({ type: "hint", enrp: AT });
  world.answerPeerDial(PEER).leave("reset");
  assert.deepEqual(world.takeDial().to, AT);
  const other = new World();
  other.peer(PEER).leave("reset");
  assert.equal(other.dials.length, 0);
  other.advance(750);
  assert.deepEqual(other.takeDial().to, AT);
});

Deno.test("a lost peer is dialled where it was reached, and where it says that it is", () => {
  const world = new World();
  world.command({ type: "hint", enrp: AT });
  world.answerPeerDial(PEER, { host: "198.51.100.9" }).leave("reset");
  assert.deepEqual(world.takeDial().to, AT);
  world.advance(750);
  assert.deepEqual(world.takeDial().to, { host: "198.51.100.9", port: 9901 });
});

Deno.test("peerRedialMaxMs: an address is dialled for ever, at longer and longer intervals", () => {
  const world = new World({ timing: { peerRedialMaxMs: 8_000 } });
  world.command({ type: "hint", enrp: AT });
  const pauses: number[] = [];
  for (let dial = 0; dial < 200; dial++) {
    world.failDial("refused");
    const since = world.now;
    world.advance(world.host.deadline()! - world.now);
    pauses.push(world.now - since);
  }
  pauses.forEach((pause, dial) => {
    const mean = Math.min(500 * 2 ** dial, 8_000);
    assert(pause >= 0.5 * mean && pause <= 1.5 * mean, `pause ${dial}: ${pause}`);
  });
  // Told once.
  assert.equal(world.told("peer-unreachable").length, 1);
});

Deno.test(
  "a hint's address where nobody ever was is forgotten after a day, a mentor's is " +
    "not",
  () => {
    const mentor = { host: "192.0.2.9", port: 9901 };
    const world = new World({ mentors: [mentor], timing: { peerRedialMaxMs: 1_000 } });
    world.start();
    world.command({ type: "hint", enrp: AT });
    for (let dial = 0; dial < 5_000 && world.statistics().peerAddresses > 1; dial++) {
      while (world.dials.length > 0) world.failDial("timed-out");
      world.advance(1_500);
    }
    assert.equal(world.statistics().peerAddresses, 1);
    world.advance(1_500);
    assert.deepEqual(world.takeDial().to, mentor);
    assert.equal(world.dials.length, 0);
  },
);

Deno.test("whoever is dialled and does not say who it is is given up, and dialled again", () => {
  const world = new World();
  world.command({ type: "hint", enrp: AT });
  const silent = world.answerDial();
  assert.equal(silent.takeOnly("ENRP_PRESENCE").replyRequired, true);
  world.advance(NO_RESPONSE - 1);
  assert(!silent.isClosed);
  world.advance(1);
  assert(silent.isClosed);
  assert.deepEqual(closings(world), ["silent"]);
  world.advance(750);
  world.answerPeerDial(PEER);
  assert.equal(world.statistics().peers, 1);
});

Deno.test("decision 23: a hint is dialled, and nothing else of it is believed", () => {
  const world = new World();
  world.command({ type: "hint", enrp: AT });
  world.command({ type: "hint", enrp: AT });
  assert.deepEqual(world.dials.map((dial) => [dial.protocol, dial.to]), [["ENRP", AT]]);
  assert.equal(world.statistics().peers, 0);
  world.answerPeerDial(PEER);
  // Somebody is there already.
  world.command({ type: "hint", enrp: AT });
  assert.equal(world.dials.length, 0);
});

Deno.test("a hint at the address of a peer that has dialled leads to no second association", () => {
  const world = new World();
  world.peer(PEER);
  world.command({ type: "hint", enrp: AT });
  assert.equal(world.dials.length, 0);
});

Deno.test("the pauses begin anew when somebody has answered", () => {
  const world = new World();
  world.command({ type: "hint", enrp: AT });
  for (let dial = 0; dial < 8; dial++) {
    world.failDial("refused");
    world.advance(world.host.deadline()! - world.now);
  }
  world.answerPeerDial(PEER).leave("reset");
  world.failDial("refused");
  world.advance(750);
  assert.deepEqual(world.takeDial().to, AT);
});

Deno.test("a registrar that dials itself finds out, and dials that address no more", () => {
  const world = new World();
  world.command({ type: "hint", enrp: AT });
  const self = world.answerDial();
  const accepted = world.unknownPeer(REGISTRAR);
  // What one end says comes out of the other.
  accepted.send(self.takeOnly("ENRP_PRESENCE"));
  self.send(accepted.takeOnly("ENRP_PRESENCE"));
  assert(self.isClosed);
  assert.deepEqual(world.told("peer-is-self").map((each) => each.address), [AT]);
  world.command({ type: "hint", enrp: AT });
  world.advance(600_000);
  assert.equal(world.dials.length, 0);
  assert.equal(world.statistics().peers, 0);
  assert.deepEqual(closings(world), ["unused"]);
});

Deno.test("decision 6: another identifier at a peer's address: the old one is dead at once", () => {
  const world = new World();
  const old = world.peer(PEER).add("web", element(1, { host: "192.0.2.50", asapPort: 4000 }));
  old.leave("reset");
  world.peer(0x22);
  assert.deepEqual(world.told("peer-dead").map((each) => [each.peer, each.why]), [
    [PEER, "replaced"],
  ]);
  assert.deepEqual(world.told("takeover-began").map((each) => each.target), [PEER]);
});

Deno.test("decision 6: … also where this registrar dialled it", () => {
  const world = new World();
  world.command({ type: "hint", enrp: AT });
  world.answerPeerDial(PEER).leave("reset");
  world.answerPeerDial(0x22);
  assert.deepEqual(world.told("peer-dead").map((each) => [each.peer, each.why]), [
    [PEER, "replaced"],
  ]);
  assert.deepEqual(world.told("takeover-began").map((each) => each.target), [PEER]);
});

Deno.test(
  "decision 6: one that only says that it is at a peer's address replaces no living " +
    "one",
  () => {
    const world = new World();
    world.peer(PEER);
    world.peer(0x22, { host: "192.0.2.2" });
    assert.deepEqual(world.told("peer-dead"), []);
    assert.equal(world.statistics().peers, 2);
  },
);

Deno.test("decision 6: who others only spoke of is forgotten when another answers there", () => {
  const world = new World();
  const peer = world.peer(0x3, { host: "192.0.2.3", lists: [server(PEER, AT.host)] });
  peer.add("web", element(1));
  world.answerPeerDial(0x22);
  assert.deepEqual(world.told("peer-dead"), []);
  assert.deepEqual(world.told("takeover-began"), []);
  const observer = world.observer();
  observer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
  const { servers } = observer.take("ENRP_LIST_RESPONSE");
  assert.deepEqual(servers.map((each) => each.identifier), [0x3, 0x22]);
});

Deno.test("maxPeers: who comes beyond is closed, and nobody else is lost", () => {
  const world = new World({ limits: { maxPeers: 2 } });
  const [first, second] = [2, 3].map((each) => world.peer(each, { host: `192.0.2.${each}` }));
  const third = world.unknownPeer(4, { host: "192.0.2.4" });
  third.presence();
  assert(third.isClosed);
  assert.deepEqual(closings(world), ["too-many-peers"]);
  assert.equal(world.statistics().peers, 2);
  assert(!first!.isClosed && !second!.isClosed);
  // Observers are no peers.
  world.observer().send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
});

Deno.test("maxPeers: who was dialled and is one too many is closed once, and dialled again", () => {
  const world = new World({ limits: { maxPeers: 1 } });
  const first = world.peer(3, { host: "192.0.2.3" });
  world.command({ type: "hint", enrp: AT });
  const beyond = world.answerPeerDial(PEER);
  assert(beyond.isClosed);
  world.advanceWith([first], 60_000);
  assert.deepEqual(closings(world), ["too-many-peers"]);
  assert(world.dials.length === 1, "there may be room for it later");
});

Deno.test("maxPeers: a list names no more than may be peers", () => {
  const world = new World({ limits: { maxPeers: 3 } });
  world.peer(PEER, { lists: [5, 6, 7, 8].map((each) => server(each, `192.0.2.${each}`)) });
  assert.equal(world.statistics().peers, 3);
  assert.deepEqual(world.dials.map((dial) => dial.to.host), ["192.0.2.5", "192.0.2.6"]);
});

Deno.test("maxPeerAddresses: no more are dialled, and the configured ones come on top", () => {
  const mentors = [1, 2, 3].map((each) => ({ host: `198.51.100.${each}`, port: 9901 }));
  const world = new World({ mentors, limits: { maxPeerAddresses: 2 } });
  world.start();
  for (const each of [11, 12, 13]) {
    world.command({ type: "hint", enrp: { host: `192.0.2.${each}`, port: 9901 } });
  }
  assert.deepEqual(world.dials.map((dial) => dial.to.host), [
    "198.51.100.1",
    "198.51.100.2",
    "198.51.100.3",
    "192.0.2.11",
    "192.0.2.12",
  ]);
  assert.equal(world.statistics().peerAddresses, 5);
});

Deno.test("maxPeerAddresses: one where nobody is gives way, one of a peer does not", () => {
  const world = new World({ limits: { maxPeerAddresses: 2 } });
  const hint = (last: number) =>
    world.command({ type: "hint", enrp: { host: `192.0.2.${last}`, port: 9901 } });
  const peer = world.peer(PEER);
  hint(11);
  world.failDial("refused");
  hint(12);
  assert.deepEqual(world.takeDial().to.host, "192.0.2.12");
  assert.equal(world.statistics().peerAddresses, 2);
  // The one that gave way is dialled no more.
  world.advanceWith([peer], 60_000);
  assert.equal(world.dials.filter((dial) => dial.to.host === "192.0.2.11").length, 0);
  peer.leave("reset");
  world.advance(750);
  assert(world.dials.some((dial) => dial.to.host === AT.host));
});

Deno.test(
  "maxPeerAddresses: a peer that names one address after the other keeps one of " +
    "them",
  () => {
    const world = new World({ limits: { maxPeerAddresses: 8 } });
    const peer = world.peer(PEER);
    for (let last = 10; last < 60; last++) {
      peer.presence({ serverInformation: server(PEER, `192.0.2.${last}`) });
    }
    assert.equal(world.statistics().peerAddresses, 8);
    // There is room for others, and it is found where it said last.
    const other = world.peer(3, { host: "192.0.2.3" });
    for (const each of [peer, other]) each.leave("reset");
    world.advance(750);
    const dialled = world.dials.map((dial) => dial.to.host);
    assert(dialled.includes("192.0.2.59") && dialled.includes("192.0.2.3"), String(dialled));
  },
);

Deno.test("who has this registrar's identifier, and is not itself, is told of", () => {
  const world = new World();
  const other = world.unknownPeer(REGISTRAR, { host: "192.0.2.99" });
  other.presence();
  assert.deepEqual(world.told("identifier-in-use").map((each) => each.remote.host), [
    "192.0.2.99",
  ]);
  assert.equal(world.statistics().peers, 0);
});
