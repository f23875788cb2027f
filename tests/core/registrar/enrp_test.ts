/** Who is a peer and who is not (protocol decision 21), and messages that are for another. */
import assert from "node:assert/strict";
import { asap, CAUSE, type EnrpMessage } from "../../../lib/wire/mod.ts";
import { codes, element, REGISTRAR, server, World } from "./registrar_world.ts";

const PEER = 0x2;

/** All that changes something when a peer says it. */
function changes(sender: number): EnrpMessage[] {
  const between = { sender, receiver: 0 };
  const pools = [{ poolHandle: "web", poolElements: [element(2, { home: PEER })] }];
  const information = server(sender === 0 ? 0x99 : sender, "192.0.2.99");
  return [
    {
      type: "ENRP_PRESENCE",
      ...between,
      replyRequired: false,
      checksum: 0x1234,
      serverInformation: information,
      unreachable: { poolHandle: "web", peIdentifier: 1 },
    },
    {
      type: "ENRP_LIST_RESPONSE",
      ...between,
      reject: false,
      servers: [server(0x77, "192.0.2.77")],
    },
    { type: "ENRP_HANDLE_TABLE_RESPONSE", ...between, moreToSend: false, reject: false, pools },
    { type: "ENRP_INIT_TAKEOVER", ...between, target: PEER },
    { type: "ENRP_INIT_TAKEOVER", ...between, target: REGISTRAR },
    { type: "ENRP_INIT_TAKEOVER_ACK", ...between, target: PEER },
    { type: "ENRP_TAKEOVER_SERVER", ...between, target: PEER },
    { type: "ENRP_TAKEOVER_SERVER", ...between, target: REGISTRAR },
    { type: "ENRP_TAKEOVER_SERVER", ...between, target: 0 },
  ];
}

Deno.test("decision 21: an observer is no peer, and changes nothing, whatever it says", () => {
  const world = new World();
  const peer = world.peer(PEER).add("web", element(3));
  const owner = world.connect().registered("web", element(1));
  const before = [world.homes(), world.statistics().peers, world.statistics().peerAddresses];
  const observer = world.observer();
  peer.received.length = 0;
  for (const message of changes(0)) observer.send(message);
  assert.deepEqual(
    [world.homes(), world.statistics().peers, world.statistics().peerAddresses],
    before,
  );
  assert.equal(world.statistics().takeovers, 0);
  assert.deepEqual([...observer.received, ...peer.received, ...owner.received], []);
  assert.equal(world.told("discarded").length, changes(0).length);
  assert(!observer.isClosed);
});

Deno.test("decision 21: an observer may ask on the association of a peer as well", () => {
  const world = new World();
  const peer = world.peer(PEER);
  peer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
  assert.equal(peer.takeOnly("ENRP_LIST_RESPONSE").receiver, 0);
});

Deno.test("decision 21: an observer hears no heartbeats, updates and takeovers", () => {
  const world = new World();
  const observer = world.observer();
  const peer = world.peer(PEER, { attends: false });
  world.connect().registered("web", element(1)).deregister("web", 1);
  world.advance(120_000);
  assert.equal(world.told("taken-over").length, 1);
  assert.deepEqual(observer.received, []);
  assert(peer.isClosed);
});

Deno.test(
  "decision 21: downloads are per association, though all observers have one " +
    "identifier",
  () => {
    const world = new World({ limits: { tablePageElements: 1 } });
    world.connect().registered("web", element(1)).registered("web", element(2));
    const observers = [world.observer(), world.observer()];
    const pages = [0, 1, 0, 1].map((at) => {
      const observer = observers[at]!;
      const type = "ENRP_HANDLE_TABLE_REQUEST";
      observer.send({ type, sender: 0, receiver: 0, ownChildrenOnly: false });
      const { pools } = observer.take("ENRP_HANDLE_TABLE_RESPONSE");
      return pools[0]!.poolElements[0]!.identifier;
    });
    assert.deepEqual(pages, [1, 1, 2, 2]);
  },
);

Deno.test("a message for another registrar is discarded, and its sender learns who is here", () => {
  for (const message of changes(PEER)) {
    const world = new World();
    const peer = world.peer(PEER, { attends: false });
    const owner = world.connect().registered("web", element(1));
    peer.received.length = 0;
    peer.send({ ...message, receiver: 0x4444 });
    const presence = peer.takeOnly("ENRP_PRESENCE");
    assert.deepEqual([presence.sender, presence.receiver], [REGISTRAR, PEER]);
    assert.deepEqual([...peer.received, ...owner.received], [], message.type);
    assert.deepEqual(world.told("discarded").map((each) => each.messageType), [message.type]);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
    assert.equal(world.statistics().peers, 1);
  }
});

Deno.test("who is unknown and means another registrar is no peer yet", () => {
  const world = new World();
  const peer = world.unknownPeer(PEER, { attends: false });
  peer.presence({ receiver: 0x4444 });
  const { sender, receiver, replyRequired } = peer.takeOnly("ENRP_PRESENCE");
  assert.deepEqual([sender, receiver, replyRequired], [REGISTRAR, PEER, true]);
  assert.equal(world.statistics().peers, 0);
  peer.presence();
  assert.equal(world.statistics().peers, 1);
});

Deno.test("a pool user that asks on the ENRP port becomes no peer", () => {
  const world = new World();
  const client = world.observer();
  const resolution = { type: "ASAP_HANDLE_RESOLUTION", poolHandle: "http" } as const;
  client.sendBytes(asap.encode({ ...resolution, dynamicUpdates: false }));
  assert.equal(world.statistics().peers, 0);
  assert.equal(world.told("peer-discovered").length, 0);
  assert.equal(world.told("discarded").length, 1);
});

Deno.test("an update for another registrar is discarded", () => {
  const world = new World();
  world.peer(PEER).update(0, "web", element(1), { receiver: 0x4444 });
  assert.deepEqual(world.homes(), {});
});

Deno.test("an association is one registrar's: another identifier on it is discarded", () => {
  const world = new World();
  const peer = world.peer(PEER).add("web", element(1));
  peer.presence({ sender: 0x55, serverInformation: server(0x55, "192.0.2.55") });
  peer.update(0, "web", element(2, { home: 0x55 }), { sender: 0x55 });
  assert.equal(world.statistics().peers, 1);
  assert.deepEqual(world.homes(), { 1: PEER });
  assert.equal(world.told("discarded").length, 2);
  assert(!peer.isClosed);
});

Deno.test("a peer that says once that it is this registrar stays the peer that it is", () => {
  const world = new World();
  world.command({ type: "hint", enrp: { host: "192.0.2.2", port: 9901 } });
  const peer = world.answerPeerDial(PEER).add("web", element(1));
  peer.presence({ sender: REGISTRAR });
  peer.update(1, "web", element(1, { home: REGISTRAR }), { sender: REGISTRAR });
  assert(!peer.isClosed);
  assert.deepEqual(world.told("peer-is-self"), []);
  assert.deepEqual(world.homes(), { 1: PEER });
});

Deno.test("server information of somebody else is not the sender's", () => {
  const world = new World();
  const peer = world.unknownPeer(PEER, { attends: false });
  peer.presence({ serverInformation: server(0x55, "192.0.2.55") });
  const observer = world.observer();
  observer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
  assert.deepEqual(observer.take("ENRP_LIST_RESPONSE").servers, []);
  assert.equal(world.statistics().peerAddresses, 0);
});

Deno.test("a list that names nobody, this registrar or known peers adds no one", () => {
  const world = new World();
  const lists = [
    server(0, "192.0.2.80"),
    server(REGISTRAR, "192.0.2.81"),
    server(PEER, "192.0.2.82"),
  ];
  const peer = world.peer(PEER, { lists });
  assert.equal(world.statistics().peers, 1);
  assert.equal(world.dials.length, 0);
  // Where a peer is, it says itself.
  const observer = world.observer();
  observer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
  const [listed] = observer.take("ENRP_LIST_RESPONSE").servers;
  assert.deepEqual(listed!.transport, peer.information.transport);
});

Deno.test("a list without addresses to dial leads nowhere", () => {
  const world = new World();
  const opaque = { protocol: "opaque", data: new Uint8Array(4) } as const;
  const lists = [{ identifier: 0x66, transport: opaque }, server(0x67, "192.0.2.67", 0)];
  const peer = world.peer(PEER, { lists });
  assert.equal(world.statistics().peers, 3);
  assert.equal(world.dials.length, 0);
  // They are nowhere, so they are gone when they have not been heard of.
  world.advanceWith([peer], 200_000);
  assert.equal(world.statistics().peers, 1);
});

Deno.test("a list nobody has asked for names nobody", () => {
  const world = new World();
  const peer = world.peer(PEER);
  for (let each = 100; each < 110; each++) peer.list([server(each, `192.0.2.${each}`)]);
  assert.equal(world.statistics().peers, 1);
  assert.equal(world.dials.length, 0);
  assert.equal(world.told("discarded").length, 10);
});

Deno.test("an error of a peer is told, and answered by nothing", () => {
  const world = new World();
  const peer = world.peer(PEER);
  const causes = [{ code: CAUSE.unrecognizedMessage, information: new Uint8Array(0) }];
  peer.send({ type: "ENRP_ERROR", ...peer.between, causes });
  assert.deepEqual(world.told("error-received").map((each) => codes(each.causes)), [
    [CAUSE.unrecognizedMessage],
  ]);
  assert.deepEqual(peer.received, []);
});

Deno.test("an ACK nobody waits for, and takeovers of nobody, change nothing", () => {
  const world = new World();
  const peer = world.peer(PEER).add("web", element(1));
  for (const target of [0, 0x99, 0xffffffff]) {
    peer.acknowledgeTakeover(target);
    peer.takeOver(target);
  }
  peer.acknowledgeTakeover(PEER);
  peer.acknowledgeTakeover(REGISTRAR);
  assert.deepEqual(world.homes(), { 1: PEER });
  assert.equal(world.statistics().takeovers, 0);
  assert.equal(world.statistics().peers, 1);
});

Deno.test("takeovers of ever other targets are acknowledged, and nothing of them is kept", () => {
  const world = new World();
  const peer = world.peer(PEER);
  for (let target = 1000; target < 2000; target++) peer.initTakeover(target);
  assert.equal(peer.takeAll("ENRP_INIT_TAKEOVER_ACK").length, 1000);
  assert.equal(world.statistics().takeovers, 0);
});
