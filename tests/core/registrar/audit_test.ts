/** Audits beyond the checksum (protocol decision 3), and what comes of bad tables. */
import assert from "node:assert/strict";
import type { PoolElement } from "../../../lib/wire/mod.ts";
import {
  element,
  type PeerClient,
  REGISTRAR,
  World,
  type WorldOptions,
} from "./registrar_world.ts";

const PEER = 0x2;
const OTHER = 0x3;
const HOUR = 3_600_000;
const NO_RESPONSE = 5_000;

function own(identifier: number): PoolElement {
  return element(identifier, { home: PEER });
}

function reasons(world: World): string[] {
  return world.told("resynchronization-began").map((each) => each.why);
}

/** A peer that owns element 1; from then on it answers nothing of itself. */
function scope(options: WorldOptions = {}): { world: World; peer: PeerClient } {
  const world = new World(options);
  const peer = world.peer(PEER).add("web", own(1));
  peer.attends = false;
  peer.received.length = 0;
  return { world, peer };
}

/** It is asked for its own children, as its checksum is another. */
function ask(peer: PeerClient): void {
  peer.presence({ checksum: 0x1234 });
  peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
}

Deno.test("decision 3: on a new association each side asks for the other's own children", () => {
  const world = new World();
  world.connect().registered("web", element(9));
  const peer = world.unknownPeer(PEER, { attends: false });
  // The checksum is that of an empty table, which is right as far as this registrar knows.
  peer.presence();
  assert.equal(peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST").ownChildrenOnly, true);
  assert.deepEqual(reasons(world), ["association"]);
  // And it answers the other side's.
  assert.equal(peer.requestTable(true).pools.length, 1);
});

Deno.test("decision 3: … and again on the next one, whatever the checksum says", () => {
  const { world, peer } = scope();
  peer.leave("reset");
  const again = world.peer(PEER, { attends: false });
  again.owns("web", own(1));
  again.presence();
  assert.equal(reasons(world).length, 2);
  again.page(again.table());
  assert.deepEqual(world.homes(), { 1: PEER });
});

Deno.test(
  "decision 3: every hour a peer's own children are asked for, though checksums " +
    "agree",
  () => {
    const world = new World();
    const peer = world.peer(PEER).add("web", own(1));
    world.advanceWith([peer], 5 * HOUR + 30_000);
    assert.deepEqual(reasons(world), ["association", ...Array(5).fill("audit")]);
    assert.equal(world.told("resynchronized").length, 6);
  },
);

Deno.test("decision 3: {web: 1, mail: 2} and {web: 2, mail: 1} have one checksum", () => {
  const world = new World();
  const peer = world.peer(PEER).add("web", own(1)).add("mail", own(2));
  const checksum = peer.handlespace.checksum();
  for (const [poolHandle, identifier] of [["web", 1], ["mail", 2]] as const) {
    peer.handlespace.remove(poolHandle, identifier);
  }
  peer.owns("web", own(2)).owns("mail", own(1));
  assert.equal(peer.handlespace.checksum(), checksum);
  const listed = () => world.listed().map((each) => `${each.poolHandle} ${each.identifier}`).sort();
  // No checksum finds it out.
  world.advanceWith([peer], HOUR - 60_000);
  assert.deepEqual(listed(), ["mail 2", "web 1"]);
  world.advanceWith([peer], 60_000);
  assert.deepEqual(listed(), ["mail 1", "web 2"]);
});

Deno.test("decision 3: attributes, which no checksum covers, are audited with the rest", () => {
  const world = new World();
  const peer = world.peer(PEER).add("web", own(1));
  peer.owns("web", element(1, { home: PEER, registrationLife: 77 }));
  world.advanceWith([peer], HOUR);
  assert.equal(world.listed()[0]!.registrationLife, 77);
});

Deno.test("one request for own children at a time, however often checksums differ", () => {
  const { peer } = scope();
  ask(peer);
  for (let time = 0; time < 5; time++) peer.presence({ checksum: 0x4321 });
  assert.deepEqual(peer.takeAll("ENRP_HANDLE_TABLE_REQUEST"), []);
});

Deno.test("a registrar that does not serve yet audits nobody, but everyone when it does", () => {
  const mentors = [{ host: "192.0.2.2", port: 9901 }];
  const world = new World({ mentors });
  world.start();
  const mentor = world.answerPeerDial(PEER, { attends: false });
  const other = world.unknownPeer(OTHER, { host: "192.0.2.3", attends: false });
  other.presence({ checksum: 0x1234 });
  assert.deepEqual(other.takeAll("ENRP_HANDLE_TABLE_REQUEST"), []);
  mentor.list([]);
  mentor.received.length = 0;
  mentor.page([]);
  for (const peer of [mentor, other]) {
    assert.equal(peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST").ownChildrenOnly, true);
  }
});

Deno.test("elements of other homes in a table of own children are passed over", () => {
  const { world, peer } = scope();
  const other = world.peer(OTHER, { host: "192.0.2.3" }).add("web", element(5));
  ask(peer);
  peer.page([{
    poolHandle: "web",
    poolElements: [
      own(1),
      element(5, { home: OTHER, host: "192.0.2.66" }),
      element(6, { home: OTHER }),
      element(7, { home: 0 }),
      element(8, { home: REGISTRAR }),
    ],
  }]);
  assert.deepEqual(world.homes(), { 1: PEER, 5: other.identifier });
  const five = world.listed().find((each) => each.identifier === 5);
  assert.deepEqual(five!.transport, element(5).transport);
});

Deno.test("an own child that a table names is asked whose it is, and not lost meanwhile", () => {
  const { world, peer } = scope();
  const owner = world.connect().registered("web", element(9));
  ask(peer);
  peer.page([{ poolHandle: "web", poolElements: [own(1), own(9)] }]);
  assert.deepEqual(world.homes(), { 1: PEER, 9: REGISTRAR });
  owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE");
  owner.acknowledge("web", 9);
  assert.deepEqual(world.homes(), { 1: PEER, 9: REGISTRAR });
});

Deno.test("a page that is refused, late or missing removes nothing", () => {
  const { world, peer } = scope();
  ask(peer);
  peer.page([], { reject: true });
  world.advance(NO_RESPONSE);
  peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
  world.advance(NO_RESPONSE);
  // Nobody waits for it any more.
  peer.page([]);
  assert.deepEqual(world.homes(), { 1: PEER });
  assert.deepEqual(
    world.told("resynchronization-failed").map((each) => each.why),
    ["rejected", "silent"],
  );
  world.advance(NO_RESPONSE);
  peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
  peer.page([]);
  assert.deepEqual(world.homes(), {});
});

Deno.test("a table nobody asked for changes nothing", () => {
  const { world, peer } = scope();
  peer.page([{ poolHandle: "web", poolElements: [own(2)] }]);
  peer.page([], { moreToSend: true });
  peer.page([], { reject: true });
  assert.deepEqual(world.homes(), { 1: PEER });
  assert.deepEqual(peer.received, []);
  assert.equal(world.told("resynchronization-failed").length, 0);
});

Deno.test("empty pages with M=1 end the download, and it is tried again after a while", () => {
  const { world, peer } = scope();
  ask(peer);
  peer.page([], { moreToSend: true });
  const [failure] = world.told("resynchronization-failed");
  assert.equal(failure?.why, "endless");
  assert.deepEqual(world.homes(), { 1: PEER });
  world.advance(NO_RESPONSE);
  assert.deepEqual(peer.takeAll("ENRP_HANDLE_TABLE_REQUEST"), []);
  world.advance(9 * NO_RESPONSE);
  peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
});

Deno.test(
  "maxElements: a table that never ends is given up, and no more than that is " +
    "stored",
  () => {
    const { world, peer } = scope({ limits: { maxElements: 10 } });
    ask(peer);
    for (let page = 0; page < 20; page++) {
      const poolElements = [own(100 + 2 * page), own(101 + 2 * page)];
      peer.page([{ poolHandle: "web", poolElements }], { moreToSend: true });
    }
    assert.equal(world.statistics().poolElements, 10);
    assert.equal(peer.takeAll("ENRP_HANDLE_TABLE_REQUEST").length, 5);
    assert.deepEqual(world.told("resynchronization-failed").map((each) => each.why), ["endless"]);
  },
);

Deno.test("the same elements page after page end as well", () => {
  const { world, peer } = scope({ limits: { maxElements: 10 } });
  ask(peer);
  for (let page = 0; page < 20; page++) {
    peer.page([{ poolHandle: "web", poolElements: [own(1), own(2)] }], { moreToSend: true });
  }
  assert.deepEqual(world.told("resynchronization-failed").map((each) => each.why), ["endless"]);
  assert.deepEqual(world.homes(), { 1: PEER, 2: PEER });
});

Deno.test(
  "a download that was given up goes on at the peer: its end is not all, nothing is " +
    "lost",
  () => {
    const { world, peer } = scope();
    peer.add("web", own(2)).add("web", own(3)).add("web", own(4));
    ask(peer);
    const page = (identifier: number, moreToSend: boolean) =>
      peer.page([{ poolHandle: "web", poolElements: [own(identifier)] }], { moreToSend });
    page(1, true);
    peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
    // It stands still for longer than is waited, and then goes on where it was.
    world.advance(NO_RESPONSE);
    page(2, true);
    world.advance(NO_RESPONSE);
    peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
    page(3, false);
    assert.deepEqual(world.homes(), { 1: PEER, 2: PEER, 3: PEER, 4: PEER });
    // The table that begins now is a whole one.
    for (const [identifier, moreToSend] of [[1, true], [2, true], [3, false]] as const) {
      peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
      page(identifier, moreToSend);
    }
    assert.deepEqual(world.homes(), { 1: PEER, 2: PEER, 3: PEER });
    assert.deepEqual(peer.received, []);
    assert.deepEqual(
      world.told("resynchronization-failed").map((each) => each.why),
      ["silent", "partial"],
    );
  },
);

Deno.test("a page over an association that was replaced is none of the new download", () => {
  const { world, peer } = scope();
  const newer = world.peer(PEER, { attends: false });
  peer.page([]);
  assert.deepEqual(world.homes(), { 1: PEER });
  newer.page([{ poolHandle: "web", poolElements: [own(1), own(2)] }]);
  assert.deepEqual(world.homes(), { 1: PEER, 2: PEER });
});

Deno.test(
  "an element that changed its home during the download is not removed with the " +
    "marked",
  () => {
    const { world, peer } = scope();
    const other = world.peer(OTHER, { host: "192.0.2.3" });
    ask(peer);
    other.add("web", element(1));
    peer.page([]);
    assert.deepEqual(world.homes(), { 1: OTHER });
  },
);

Deno.test(
  "an element that registered here during the download is not removed with the " +
    "marked",
  () => {
    const { world, peer } = scope();
    ask(peer);
    world.connect().registered("web", element(1));
    peer.page([]);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
  },
);

Deno.test("an element that went and came back during the download is not removed", () => {
  const { world, peer } = scope();
  ask(peer);
  peer.delete("web", element(1)).add("web", element(1));
  peer.page([]);
  assert.deepEqual(world.homes(), { 1: PEER });
});

Deno.test("what another home announces during the download is newer than the table", () => {
  const { world, peer } = scope();
  const other = world.peer(OTHER);
  ask(peer);
  other.add("web", element(1, { home: OTHER }));
  peer.page([{ poolHandle: "web", poolElements: [own(1)] }]);
  assert.deepEqual(world.homes(), { 1: OTHER });
  // Unless its home has announced it again since.
  ask(peer);
  other.add("web", element(1, { home: OTHER }));
  peer.add("web", own(1));
  peer.page([{ poolHandle: "web", poolElements: [own(1)] }]);
  assert.deepEqual(world.homes(), { 1: PEER });
});

Deno.test("a new association ends the download over the old one: it begins anew", () => {
  const { world, peer } = scope();
  ask(peer);
  const newer = world.unknownPeer(PEER, { attends: false });
  newer.presence();
  newer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
  // What was asked for before comes where it was asked for.
  peer.page([]);
  assert.deepEqual(world.homes(), { 1: PEER });
});

Deno.test("the loss of the association ends the download; the next one begins anew", () => {
  const { world, peer } = scope();
  ask(peer);
  peer.page([{ poolHandle: "web", poolElements: [own(2)] }], { moreToSend: true });
  peer.leave("reset");
  assert.equal(world.statistics().resynchronizations, 0);
  const again = world.peer(PEER);
  assert.deepEqual(again.received, []);
  assert.deepEqual(world.homes(), {}, "it owns nothing any more");
});

Deno.test("what a registrar keeps of a peer's audit is gone with the peer", () => {
  const { world, peer } = scope();
  ask(peer);
  world.advance(200_000);
  assert.equal(world.statistics().peers, 0);
  assert.equal(world.statistics().resynchronizations, 0);
  assert.equal(world.statistics().takeovers, 0);
});
