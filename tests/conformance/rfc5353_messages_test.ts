/** RFC 5353 §2, what holds for the messages themselves, as a registrar sends and takes them. */
import assert from "node:assert/strict";
import { enrp } from "../../lib/wire/mod.ts";
import { element, REGISTRAR, World } from "../core/registrar/registrar_world.ts";

const PEER = 0x2;

/** What was written of that message type of ENRP, as bytes; ASAP's types overlap. */
function written(world: World, type: number): Uint8Array[] {
  return [...world.encodings].filter((bytes) => {
    const sender = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
    return bytes[0] === type && sender === world.identifier;
  });
}

Deno.test(
  "RFC 5353 §2: All messages, as well as their fields/parameters …, MUST be transmitted in " +
    "network byte order",
  () => {
    const world = new World({ identifier: 0x01020304 });
    world.peer(0x05060708);
    const [request] = written(world, 0x05);
    assert.deepEqual([...request!], [5, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8]);
  },
);

Deno.test(
  "RFC 5353 §2: … it will be padded with all '0' octets to the next 32-bit word boundary",
  () => {
    const world = new World();
    world.peer(PEER);
    world.encodings.clear();
    world.connect().registered("a", element(1));
    const [update] = written(world, 0x04);
    // The Pool Handle parameter: type 9, length 5, the handle, and three zeros.
    assert.deepEqual([...update!.subarray(16, 24)], [0, 9, 0, 5, 0x61, 0, 0, 0]);
  },
);

Deno.test(
  "RFC 5353 §2.2: Message Length = 0xC; W … oWn-children-only … Otherwise, set to '0'",
  () => {
    const world = new World({ mentors: [{ host: "192.0.2.2", port: 9901 }] });
    world.start();
    world.answerPeerDial(PEER);
    const requests = written(world, 0x02).map((bytes) => [...bytes.subarray(0, 4)]);
    // The whole handlespace first, and the peer's own children when this registrar serves.
    assert.deepEqual(requests, [[2, 0, 0, 12], [2, 1, 0, 12]]);
  },
);

Deno.test(
  "RFC 5353 §2.3: If the R flag is set to '0', at least one pool entry SHOULD be present (none " +
    "if there is none to list)",
  () => {
    const world = new World({ limits: { tablePageElements: 1 } });
    const client = world.connect();
    for (const identifier of [1, 2, 3]) client.registered("web", element(identifier));
    const peer = world.peer(PEER);
    for (const _ of [1, 2, 3]) {
      const { reject, pools } = peer.requestTable(true);
      assert.deepEqual([reject, pools.length], [false, 1]);
    }
    const empty = new World().peer(PEER).requestTable(true);
    assert.deepEqual([empty.reject, empty.moreToSend, empty.pools], [false, false, []]);
  },
);

Deno.test(
  "RFC 5353 §2.3: … an element that is gone when its page is due leaves no empty page behind",
  () => {
    const world = new World({ limits: { tablePageElements: 1 } });
    const client = world.connect().registered("web", element(1)).registered("web", element(2));
    client.registered("web", element(3));
    const peer = world.peer(PEER);
    assert.equal(peer.requestTable(true).moreToSend, true);
    client.deregister("web", 2);
    const { pools, moreToSend } = peer.requestTable(true);
    assert.deepEqual(pools[0]!.poolElements.map((each) => each.identifier), [3]);
    assert.equal(moreToSend, false);
  },
);

Deno.test(
  "RFC 5353 §2.4: Reserved: … MUST be set to all 0s by the sender and ignored by the receiver",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    world.encodings.clear();
    world.connect().registered("web", element(1));
    const [sent] = written(world, 0x04);
    assert.deepEqual([...sent!.subarray(12, 16)], [0, 0, 0, 0]);
    const bytes = enrp.encode({
      type: "ENRP_HANDLE_UPDATE",
      sender: PEER,
      receiver: 0,
      takeoverSuggestion: false,
      action: 0,
      poolHandle: "web",
      poolElement: element(2, { home: PEER }),
    });
    bytes.set([0xff, 0xff], 14);
    peer.sendBytes(bytes);
    assert.deepEqual(world.homes(), { 1: REGISTRAR, 2: PEER });
  },
);

Deno.test(
  "RFC 5353 §2.4: The field MUST be set to one of the following values: 0x0000 - ADD_PE …, " +
    "0x0001 - DEL_PE",
  () => {
    const world = new World();
    world.peer(PEER);
    const client = world.connect();
    world.encodings.clear();
    client.registered("web", element(1)).registered("web", element(1)).deregister("web", 1);
    const actions = written(world, 0x04).map((bytes) => [...bytes.subarray(12, 14)]);
    assert.deepEqual(actions, [[0, 0], [0, 0], [0, 1]]);
  },
);

Deno.test(
  "RFC 5353 §2.7 to §2.9: Targeting Server's ID: … the peer ENRP that is the target",
  () => {
    const world = new World();
    const target = world.peer(0x7, { host: "192.0.2.7", attends: false });
    const other = world.peer(PEER);
    world.advanceWith([other], 66_000);
    other.acknowledgeTakeover(target.identifier);
    for (const type of [0x07, 0x09]) {
      const [bytes] = written(world, type);
      const expected = [type, 0, 0, 16, 0x00, 0xc0, 0xff, 0xee, 0, 0, 0, 0, 0, 0, 0, 7];
      assert.deepEqual([...bytes!], expected);
    }
  },
);
