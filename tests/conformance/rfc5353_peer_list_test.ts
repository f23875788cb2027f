/** RFC 5353 §3.4: the peer list, and whether peers are alive. */
import assert from "node:assert/strict";
import type { EnrpMessage } from "../../lib/wire/mod.ts";
import { element, type PeerClient, server, World } from "../core/registrar/registrar_world.ts";

const PEER = 0x2;
const [CYCLE, LAST_HEARD, NO_RESPONSE] = [30_000, 61_000, 5_000];

/** All that one registrar can say to another. */
function everyMessage(sender: number): EnrpMessage[] {
  const between = { sender, receiver: 0 };
  const update = { takeoverSuggestion: false, action: 0, poolHandle: "web" } as const;
  const table = { moreToSend: false, reject: false, pools: [] } as const;
  return [
    { type: "ENRP_PRESENCE", ...between, replyRequired: false },
    { type: "ENRP_HANDLE_TABLE_REQUEST", ...between, ownChildrenOnly: false },
    { type: "ENRP_HANDLE_TABLE_RESPONSE", ...between, ...table },
    {
      type: "ENRP_HANDLE_UPDATE",
      ...between,
      ...update,
      poolElement: element(1, { home: sender }),
    },
    { type: "ENRP_LIST_REQUEST", ...between },
    { type: "ENRP_LIST_RESPONSE", ...between, reject: false, servers: [] },
    { type: "ENRP_INIT_TAKEOVER", ...between, target: 9 },
    { type: "ENRP_INIT_TAKEOVER_ACK", ...between, target: 9 },
    { type: "ENRP_TAKEOVER_SERVER", ...between, target: 9 },
    { type: "ENRP_ERROR", ...between, causes: [{ code: 2, information: new Uint8Array(0) }] },
  ];
}

function stateOf(world: World, identifier: number) {
  const observer = world.observer();
  observer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
  const { servers } = observer.take("ENRP_LIST_RESPONSE");
  return servers.find((each) => each.identifier === identifier)?.peerStatus;
}

/** A peer that says nothing from now on. */
function silence(peer: PeerClient): void {
  peer.attends = false;
  peer.received.length = 0;
}

Deno.test(
  "RFC 5353 §3.4: MUST keep an internal record on the status of each of its known peers",
  () => {
    const world = new World();
    const first = world.peer(2, { host: "192.0.2.2" });
    const second = world.peer(3, { host: "192.0.2.3" });
    assert.equal(world.statistics().peers, 2);
    silence(first);
    world.advance(LAST_HEARD - 1);
    second.presence();
    world.advance(1);
    assert.deepEqual(["suspect", "active"], [stateOf(world, 2)?.state, stateOf(world, 3)?.state]);
  },
);

Deno.test(
  "RFC 5353 §3.4.1: If a message of any type is received from a previously unknown peer, … MUST " +
    "consider this peer a new peer … and add it to the peer list",
  () => {
    for (const message of everyMessage(PEER)) {
      const world = new World();
      world.unknownPeer(PEER, { attends: false }).send(message);
      assert.deepEqual(
        world.told("peer-discovered").map((each) => each.peer),
        [PEER],
        message.type,
      );
      assert.equal(world.statistics().peers, 1);
    }
  },
);

Deno.test(
  "RFC 5353 §3.4.1: MUST send an ENRP_PRESENCE message with the Reply-required flag set to " +
    "'1' to the source address found in the arrived message",
  () => {
    for (const message of everyMessage(PEER)) {
      const peer = new World().unknownPeer(PEER, { attends: false });
      peer.send(message);
      const { replyRequired, receiver } = peer.takeOnly("ENRP_PRESENCE");
      assert.deepEqual([replyRequired, receiver], [true, PEER], message.type);
      // Once: it is known now.
      peer.send(message);
      const again = peer.takeAll("ENRP_PRESENCE").filter((each) => each.replyRequired);
      assert.deepEqual(again, [], message.type);
    }
  },
);

Deno.test(
  "RFC 5353 §3.4.1: This will force the new peer to reply with its own ENRP_PRESENCE containing " +
    "its full server information (which is listed and dialled from then on)",
  () => {
    const world = new World();
    const peer = world.unknownPeer(PEER, { host: "192.0.2.2", port: 9999 });
    peer.attends = false;
    peer.send({ type: "ENRP_LIST_REQUEST", ...peer.between });
    assert.equal(stateOf(world, PEER), undefined, "nobody could use it");
    peer.presence();
    assert.equal(stateOf(world, PEER)?.state, "active");
    peer.leave("reset");
    world.advance(1_000);
    assert.deepEqual(world.takeDial().to, { host: "192.0.2.2", port: 9999 });
  },
);

Deno.test(
  "RFC 5353 §3.4.2: Every PEER-HEARTBEAT-CYCLE seconds, an ENRP server MUST announce its " +
    "continued presence to all its peer with a ENRP_PRESENCE message",
  () => {
    const world = new World();
    const peers = [2, 3].map((identifier) =>
      world.peer(identifier, { host: `192.0.2.${identifier}` })
    );
    world.advance(CYCLE);
    for (const peer of peers) peer.presence();
    for (const peer of peers) peer.takeAll("ENRP_PRESENCE");
    for (let cycle = 0; cycle < 5; cycle++) {
      world.advance(CYCLE);
      for (const peer of peers) peer.takeOnly("ENRP_PRESENCE");
      for (const peer of peers) peer.presence();
    }
  },
);

Deno.test(
  "RFC 5353 §3.4.2: In the ENRP_PRESENCE message, the ENRP server MUST set the 'Replay_required' " +
    "flag to '0'",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    world.advance(CYCLE);
    assert.equal(peer.takeOnly("ENRP_PRESENCE").replyRequired, false);
  },
);

Deno.test(
  "RFC 5353 §2.1: If the message is not intended for an individual server (e.g., the message is " +
    "group-casted …), this field MUST be sent with all 0s",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    world.advance(CYCLE);
    assert.equal(peer.takeOnly("ENRP_PRESENCE").receiver, 0);
    world.connect().registered("web", element(1)).deregister("web", 1);
    const updates = peer.takeAll("ENRP_HANDLE_UPDATE");
    assert.deepEqual(updates.map(({ receiver }) => receiver), [0, 0]);
    // One that is asked is meant: "this field MAY be sent with all 0s".
    peer.presence({ replyRequired: true });
    assert.equal(peer.takeOnly("ENRP_PRESENCE").receiver, PEER);
  },
);

Deno.test(
  "RFC 5353 §3.4.3: peer_last_heard … MUST be updated to the current local time every time a " +
    "message of any type (point-to-point or announcement) is received",
  () => {
    for (const message of everyMessage(PEER)) {
      const world = new World();
      const peer = world.peer(PEER);
      silence(peer);
      world.advance(40_000);
      peer.send(message);
      assert.equal(stateOf(world, PEER)?.lastHeardAgoMs, 0, message.type);
      world.advance(LAST_HEARD - 1);
      assert.deepEqual(world.told("peer-suspected"), [], message.type);
      world.advance(1);
      assert.equal(world.told("peer-suspected").length, 1, message.type);
    }
  },
);

Deno.test(
  "RFC 5353 §3.4.3: not been heard for more than MAX-TIME-LAST-HEARD seconds, … MUST immediately " +
    "send a point-to-point ENRP_PRESENCE with the Reply_request flag set to '1'",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    silence(peer);
    world.advance(LAST_HEARD - 1);
    assert.deepEqual(peer.takeAll("ENRP_PRESENCE").filter((each) => each.replyRequired), []);
    world.advance(1);
    const { replyRequired, receiver } = peer.takeOnly("ENRP_PRESENCE");
    assert.deepEqual([replyRequired, receiver], [true, PEER]);
  },
);

Deno.test(
  "RFC 5353 §3.4.3: If … the peer does not reply after MAX-TIME-NO-RESPONSE seconds, … MUST " +
    "consider the peer server dead and SHOULD initiate the takeover procedure",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    silence(peer);
    world.advance(LAST_HEARD + NO_RESPONSE - 1);
    assert.deepEqual(world.told("peer-dead"), []);
    world.advance(1);
    assert.deepEqual(world.told("peer-dead").map((each) => [each.peer, each.why]), [
      [PEER, "silent"],
    ]);
    assert.deepEqual(world.told("takeover-began").map((each) => each.target), [PEER]);
  },
);

Deno.test(
  "RFC 5353 §3.4.3: If the send fails … MUST consider the peer server dead (its association is " +
    "lost, and dials within MAX-TIME-NO-RESPONSE fail)",
  () => {
    const world = new World();
    world.peer(PEER).leave("reset");
    world.advance(NO_RESPONSE - 1);
    assert.deepEqual(world.told("peer-dead"), []);
    world.failDial("refused");
    world.advance(1);
    assert.deepEqual(world.told("peer-dead").map((each) => each.peer), [PEER]);
    assert.deepEqual(world.told("takeover-began").map((each) => each.target), [PEER]);
  },
);

Deno.test(
  "RFC 5353 §3.4.3: … the peer does not reply (one that replies is as alive as ever)",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    silence(peer);
    world.advance(LAST_HEARD + NO_RESPONSE - 1);
    peer.presence();
    world.advance(LAST_HEARD - 1);
    assert.deepEqual(world.told("peer-dead"), []);
    assert.equal(world.told("peer-suspected").length, 1);
    assert.equal(stateOf(world, PEER)?.state, "active");
  },
);

Deno.test(
  "RFC 5353 §2.6: Each contains a Server Information Parameter of a peer known to the sender",
  () => {
    const world = new World();
    world.peer(2, { host: "192.0.2.2" });
    const third = world.peer(3, { host: "192.0.2.3", port: 9999 });
    const observer = world.observer();
    observer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
    const listed = observer.take("ENRP_LIST_RESPONSE").servers
      .map(({ identifier, transport }) => ({ identifier, transport }));
    assert.deepEqual(listed, [server(2, "192.0.2.2"), server(3, "192.0.2.3", 9999)]);
    // Whoever asks knows itself.
    assert.deepEqual(third.requestList().servers.map((each) => each.identifier), [2]);
  },
);
