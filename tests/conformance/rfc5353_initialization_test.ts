/** RFC 5353 §3.2: a registrar that begins, and the mentor that it asks. */
import assert from "node:assert/strict";
import { CAUSE } from "../../lib/wire/mod.ts";
import {
  codes,
  element,
  type PeerClient,
  server,
  World,
  type WorldOptions,
} from "../core/registrar/registrar_world.ts";

const MENTOR = 0x2;
const BACKUP = 0x3;
const [AT_MENTOR, AT_BACKUP] = ["192.0.2.2", "192.0.2.3"].map((host) => ({ host, port: 9901 }));

/** A registrar that has begun, with its mentors: they wait for the test to answer. */
function begin(identifiers: readonly number[], options: WorldOptions = {}) {
  const mentors = [AT_MENTOR!, AT_BACKUP!].slice(0, identifiers.length);
  const world = new World({ mentors, ...options });
  world.start();
  const peers = identifiers.map((identifier) =>
    world.answerPeerDial(identifier, { attends: false })
  );
  return { world, peers };
}

/** The one mentor, which has answered the request for its list. */
function download(): { world: World; mentor: PeerClient } {
  const { world, peers: [mentor] } = begin([MENTOR]);
  mentor!.takeOnly("ENRP_LIST_REQUEST");
  mentor!.list([]);
  return { world, mentor: mentor! };
}

function own(identifier: number, changes: Parameters<typeof element>[1] = {}) {
  return element(identifier, { home: MENTOR, ...changes });
}

function isServing(world: World): boolean {
  return world.told("serving").length > 0;
}

Deno.test(
  "RFC 5353 §2.1: MUST pick a randomly generated, non-zero 32-bit unsigned integer as its ID",
  () => {
    for (const identifier of [0, -1, 1.5, 2 ** 32]) {
      assert.throws(() => new World({ identifier }), RangeError);
    }
    for (const identifier of [1, 2 ** 32 - 1]) new World({ identifier });
  },
);

Deno.test(
  "RFC 5353 §3.2.1: this server ID MUST remain unchanged for the lifetime of the server",
  () => {
    const world = new World();
    const senders = new Set<number>();
    for (const identifier of [2, 3]) {
      const peer = world.unknownPeer(identifier);
      peer.presence();
      world.advanceWith([peer], 3_600_000);
      for (const message of peer.received) senders.add((message as { sender: number }).sender);
      peer.leave();
    }
    assert.deepEqual([...senders], [world.identifier]);
  },
);

Deno.test(
  "RFC 5353 §3.2.2.1: told about one existing peer server …, the initiating server MUST then use " +
    "this peer server as its mentor server",
  () => {
    const world = new World({ mentors: [AT_MENTOR!] });
    assert.equal(world.dials.length, 0, "it does not listen yet");
    world.start();
    assert.deepEqual(world.dials.map((dial) => [dial.protocol, dial.to]), [["ENRP", AT_MENTOR]]);
    world.answerPeerDial(MENTOR, { attends: false }).takeOnly("ENRP_LIST_REQUEST");
    assert.deepEqual(world.told("mentor-asked").map((each) => each.peer), [MENTOR]);
  },
);

Deno.test(
  "RFC 5353 §3.2.2.1: If multiple existing peer servers are specified, … MUST pick one of " +
    "them as its mentor server and keep the others as its backup mentor servers",
  () => {
    const { peers: [mentor, backup] } = begin([MENTOR, BACKUP]);
    mentor!.takeOnly("ENRP_LIST_REQUEST");
    assert.deepEqual(backup!.takeAll("ENRP_LIST_REQUEST"), []);
    mentor!.list([], true);
    backup!.takeOnly("ENRP_LIST_REQUEST");
  },
);

Deno.test(
  "RFC 5353 §3.2.2.1: If no existing peer server is specified, … MUST skip the procedures … and " +
    "MUST consider its initialization completed and start offering ENRP services",
  () => {
    const world = new World();
    world.start();
    assert.deepEqual(world.told("serving"), [{ type: "serving", peers: 0, elements: 0 }]);
    assert.equal(world.dials.length, 0);
    world.connect().registered("web", element(1));
    assert.deepEqual(world.observer().received, []);
  },
);

Deno.test(
  "RFC 5353 §3.2.2.2: MUST send an ENRP_LIST_REQUEST message to the mentor peer server",
  () => {
    const { world, peers: [mentor] } = begin([MENTOR]);
    const request = mentor!.takeOnly("ENRP_LIST_REQUEST");
    assert.deepEqual([request.sender, request.receiver], [world.identifier, MENTOR]);
    assert.deepEqual(mentor!.takeAll("ENRP_HANDLE_TABLE_REQUEST"), [], "the table comes after it");
  },
);

Deno.test(
  "RFC 5353 §3.2.2.2: SHOULD start a MAX-TIME-NO-RESPONSE timer …. If the timer expires …, " +
    "SHOULD abandon … the current mentor server and send … to a backup mentor peer",
  () => {
    const { world, peers: [mentor, backup] } = begin([MENTOR, BACKUP]);
    world.advance(world.timing.maxTimeNoResponseMs - 1);
    assert.deepEqual(backup!.takeAll("ENRP_LIST_REQUEST"), []);
    world.advance(1);
    backup!.takeOnly("ENRP_LIST_REQUEST");
    assert.deepEqual(world.told("mentor-failed").map((each) => [each.peer, each.why]), [
      [MENTOR, "silent"],
    ]);
    // What the abandoned one says now leads to nothing.
    mentor!.received.length = 0;
    mentor!.list([]);
    assert.deepEqual(mentor!.takeAll("ENRP_HANDLE_TABLE_REQUEST"), []);
  },
);

Deno.test(
  "RFC 5353 §3.2.2.2: SHOULD reply with an ENRP_LIST_RESPONSE message and include … all existing " +
    "ENRP servers known by the mentor peer",
  () => {
    const world = new World();
    const others = [3, 4].map((identifier) =>
      world.peer(identifier, { host: `192.0.2.${identifier}` })
    );
    const { reject, servers } = world.peer(MENTOR).requestList();
    assert.equal(reject, false);
    const expected = others.map((peer) => peer.information);
    assert.deepEqual(servers.map(({ identifier, transport }) => ({ identifier, transport })), [
      ...expected,
    ]);
  },
);

Deno.test(
  "RFC 5353 §3.2.2.2: MUST use the server information carried in the message to initialize its " +
    "own peer list",
  () => {
    const { world, peers: [mentor] } = begin([MENTOR]);
    mentor!.list([server(7, "192.0.2.7"), server(8, "192.0.2.8", 9999)]);
    assert.deepEqual(world.told("peer-discovered").map((each) => each.peer), [MENTOR, 7, 8]);
    assert.deepEqual(world.dials.map((dial) => dial.to), [
      { host: "192.0.2.7", port: 9901 },
      { host: "192.0.2.8", port: 9999 },
    ]);
  },
);

Deno.test(
  "RFC 5353 §3.2.2.2: if the mentor itself is in the process of startup …, it MUST reject the " +
    "request … with the R flag set to '1', and with no server information",
  () => {
    const { world, peers: [mentor] } = begin([MENTOR]);
    const early = world.peer(9, { attends: false });
    const { reject, servers } = early.requestList();
    assert.deepEqual([reject, servers], [true, []]);
    // Of observers it knows nothing better.
    const observer = world.observer();
    observer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
    assert.equal(observer.take("ENRP_LIST_RESPONSE").reject, true);
    mentor!.list([]);
    mentor!.page([]);
    assert.equal(early.requestList().reject, false);
  },
);

Deno.test(
  "RFC 5353 §3.2.2.2: In the case where its ENRP_LIST_REQUEST is rejected …, SHOULD … wait for a " +
    "few seconds and re-send the ENRP_LIST_REQUEST to the mentor server",
  () => {
    // The mentor is larger: it, not this one, may begin alone (protocol decision 4).
    const larger = 0xffffffff;
    const { world, peers: [mentor] } = begin([larger]);
    for (let attempt = 0; attempt < 5; attempt++) {
      mentor!.takeOnly("ENRP_LIST_REQUEST");
      mentor!.list([], true);
      world.advance(4_999);
      assert.deepEqual(mentor!.takeAll("ENRP_LIST_REQUEST"), []);
      world.advance(1);
    }
    mentor!.takeOnly("ENRP_LIST_REQUEST");
    assert(!isServing(world));
  },
);

Deno.test(
  "RFC 5353 §3.2.3: 1. MUST first send an ENRP_HANDLE_TABLE_REQUEST message to the mentor peer, " +
    "with the W flag set to '0'",
  () => {
    const { world, mentor } = download();
    const request = mentor.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
    assert.equal(request.ownChildrenOnly, false);
    assert.deepEqual([request.sender, request.receiver], [world.identifier, MENTOR]);
  },
);

Deno.test(
  "RFC 5353 §3.2.3: 2. the mentor peer MUST start a download session … MUST set the M flag " +
    "to '1' … if there is more data … and MUST keep track of the progress",
  () => {
    const world = new World({ limits: { tablePageElements: 2 } });
    const client = world.connect();
    for (const identifier of [1, 2, 3]) client.registered("web", element(identifier));
    const peer = world.peer(MENTOR).add("web", element(4)).add("mail", element(5));
    const pages = [1, 2, 3].map(() => peer.requestTable(false));
    assert.deepEqual(pages.map((page) => page.moreToSend), [true, true, false]);
    const listed = pages.flatMap(({ pools }) =>
      pools.flatMap(({ poolElements }) => poolElements.map((each) => [each.identifier, each.home]))
    );
    const expected = [1, 2, 3].map((identifier) => [identifier, world.identifier]);
    assert.deepEqual(listed, [...expected, [4, MENTOR], [5, MENTOR]]);
    assert.equal(world.statistics().downloads, 0, "the session is closed");
  },
);

Deno.test(
  "RFC 5353 §3.2.3: 3. every time … it MUST transfer the data entries …. If the M flag is set to " +
    "'1' …, MUST send another ENRP_HANDLE_TABLE_REQUEST message",
  () => {
    const { world, mentor } = download();
    mentor.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
    mentor.page([{ poolHandle: "web", poolElements: [own(1)] }], { moreToSend: true });
    assert.equal(world.statistics().poolElements, 1);
    assert.equal(mentor.takeOnly("ENRP_HANDLE_TABLE_REQUEST").ownChildrenOnly, false);
    assert(!isServing(world));
    mentor.page([{ poolHandle: "web", poolElements: [own(2)] }]);
    assert.equal(world.statistics().poolElements, 2);
    assert(isServing(world));
  },
);

Deno.test(
  "RFC 5353 §3.2.3: 4.A. MUST create the pool …. MUST set the overall member selection " +
    "policy type of the pool to the policy type indicated in the first PE",
  () => {
    const { world, mentor } = download();
    const policy = { name: "weighted-random", weight: 7 } as const;
    mentor.page([{ poolHandle: "web", poolElements: [own(1, { policy }), own(2, { policy })] }]);
    const { policy: overall, poolElements } = world.connect().resolve("web");
    assert.equal(overall?.name, "weighted-random");
    assert.deepEqual(poolElements.map((each) => each.identifier).sort(), [1, 2]);
  },
);

Deno.test(
  "RFC 5353 §3.2.3: 4.B. If the pool already exists …, but the PE(s) … is not currently a member " +
    "of the pool, the initiating server MUST add the PE(s) to the pool",
  () => {
    const { world, mentor } = download();
    mentor.page([{ poolHandle: "web", poolElements: [own(1)] }], { moreToSend: true });
    mentor.page([{ poolHandle: "web", poolElements: [own(2)] }]);
    const { pools, poolElements } = world.statistics();
    assert.deepEqual([pools, poolElements], [1, 2]);
  },
);

Deno.test(
  "RFC 5353 §3.2.3: 4.C. … already a member of the pool, the initiating server SHOULD " +
    "replace the attributes of the existing PE(s) with the new information",
  () => {
    const { world, mentor } = download();
    mentor.page([{ poolHandle: "web", poolElements: [own(1)] }], { moreToSend: true });
    mentor.page([{ poolHandle: "web", poolElements: [own(1, { host: "192.0.2.77" })] }]);
    const [only, ...rest] = world.connect().resolve("web").poolElements;
    assert.deepEqual(rest, []);
    assert(only!.transport.protocol === "tcp");
    assert.deepEqual(only!.transport.addresses, ["192.0.2.77"]);
  },
);

Deno.test(
  "RFC 5353 §3.2.3: 5. When the last … is received …, the initialization process is " +
    "completed and the initiating server SHOULD start to provide ENRP services",
  () => {
    const { world, mentor } = download();
    const early = world.connect();
    assert(early.isClosed, "whoever comes before is sent to another registrar");
    mentor.page([{ poolHandle: "web", poolElements: [own(1)] }]);
    assert.deepEqual(world.told("serving"), [{ type: "serving", peers: 1, elements: 1 }]);
    world.connect().registered("web", element(2));
  },
);

Deno.test(
  "RFC 5353 §3.2.3: the mentor peer MUST reject the request … with the R flag set to '1', " +
    "and with no pool entries included (it is itself initializing)",
  () => {
    const { world, mentor } = download();
    mentor.page([{ poolHandle: "web", poolElements: [own(1)] }], { moreToSend: true });
    const early = world.peer(9, { attends: false });
    for (const ownChildrenOnly of [false, true]) {
      const { reject, moreToSend, pools } = early.requestTable(ownChildrenOnly);
      assert.deepEqual([reject, moreToSend, pools], [true, false, []]);
    }
    mentor.page([]);
    assert.equal(early.requestTable(false).reject, false);
  },
);

Deno.test(
  "RFC 5353 §3.2.3: the mentor peer MUST reject the request … (it has too many download sessions)",
  () => {
    const world = new World({ limits: { tablePageElements: 1, maxDownloads: 1 } });
    world.connect().registered("web", element(1)).registered("web", element(2));
    const first = world.peer(2, { host: "192.0.2.2" });
    const second = world.peer(3, { host: "192.0.2.3" });
    assert.equal(first.requestTable(false).moreToSend, true);
    const { reject, pools } = second.requestTable(false);
    assert.deepEqual([reject, pools], [true, []]);
    // The session that was open goes on.
    assert.equal(first.requestTable(false).pools.length, 1);
    assert.equal(second.requestTable(false).reject, false);
  },
);

Deno.test(
  "RFC 5353 §3.2.3: In the case where its ENRP_HANDLE_TABLE_REQUEST is rejected …, SHOULD either " +
    "wait for a few seconds and re-send …, or … select another mentor peer server",
  () => {
    const { world, peers: [mentor, backup] } = begin([MENTOR, BACKUP]);
    mentor!.list([]);
    mentor!.page([], { reject: true });
    assert.deepEqual(world.told("mentor-failed").map((each) => each.why), ["table-rejected"]);
    backup!.takeOnly("ENRP_LIST_REQUEST");
    backup!.list([]);
    backup!.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
    backup!.page([], { reject: true });
    mentor!.received.length = 0;
    world.advance(world.timing.maxTimeNoResponseMs);
    mentor!.takeOnly("ENRP_LIST_REQUEST");
    assert(!isServing(world));
  },
);

Deno.test(
  "RFC 5353 §3.2.3: If this timer expires without receiving a response from the mentor peer, … " +
    "SHOULD abort the current download session and re-start … with a backup mentor peer",
  () => {
    const { world, peers: [mentor, backup] } = begin([MENTOR, BACKUP]);
    mentor!.list([]);
    mentor!.page([{ poolHandle: "web", poolElements: [own(1)] }], { moreToSend: true });
    world.advance(world.timing.maxTimeNoResponseMs - 1);
    assert.deepEqual(backup!.takeAll("ENRP_LIST_REQUEST"), []);
    world.advance(1);
    backup!.takeOnly("ENRP_LIST_REQUEST");
    backup!.list([]);
    assert.equal(backup!.takeOnly("ENRP_HANDLE_TABLE_REQUEST").ownChildrenOnly, false);
    backup!.page([{ poolHandle: "web", poolElements: [own(1), own(2)] }]);
    assert.deepEqual(world.told("serving").map((each) => each.elements), [2]);
  },
);

Deno.test(
  "RFC 5353 §3.2.3: … the mentor peer … SHOULD start a session timer. If this timer expires …, " +
    "SHOULD abort the session, cleaning out any resource and record (of a peer's own children)",
  () => {
    const world = new World({ limits: { tablePageElements: 1 } });
    world.connect().registered("web", element(1)).registered("web", element(2));
    const peer = world.peer(MENTOR);
    assert.equal(peer.requestTable(true).moreToSend, true);
    assert.equal(world.statistics().downloads, 1);
    world.advance(world.limits.downloadIdleMs);
    assert.equal(world.statistics().downloads, 0);
    // The next request begins anew.
    const [pool] = peer.requestTable(true).pools;
    assert.deepEqual(pool!.poolElements.map((each) => each.identifier), [1]);
  },
);

Deno.test(
  "RFC 5353 §3.2: … or to initiate the handlespace service if it is the first ENRP server " +
    "(none of its mentors can be reached)",
  () => {
    const world = new World({ mentors: [AT_MENTOR!, AT_BACKUP!] });
    world.start();
    world.failDial("refused");
    assert(!isServing(world), "the other one may be there");
    world.failDial("timed-out");
    assert(isServing(world));
    const { causes } = world.connect().resolve("web");
    assert.deepEqual(codes(causes), [CAUSE.unknownPoolHandle]);
    // It goes on dialling: they may come.
    world.advance(60_000);
    assert.equal(world.dials.length, 2);
  },
);
