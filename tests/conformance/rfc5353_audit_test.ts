/** RFC 5353 §3.6 and §3.7: auditing, re-synchronization, and what is not recognized. */
import assert from "node:assert/strict";
import { CAUSE, parseHex, type PoolElement } from "../../lib/wire/mod.ts";
import {
  codes,
  element,
  type Of,
  type PeerClient,
  World,
  type WorldOptions,
} from "../core/registrar/registrar_world.ts";

const PEER = 0x2;
const NO_RESPONSE = 5_000;

/** A peer that owns element 1, which this registrar knows. */
function scope(options: WorldOptions = {}): { world: World; peer: PeerClient } {
  const world = new World(options);
  const peer = world.peer(PEER).add("web", own(1));
  peer.received.length = 0;
  return { world, peer };
}

function own(identifier: number, changes: Parameters<typeof element>[1] = {}): PoolElement {
  return element(identifier, { home: PEER, ...changes });
}

/** The peer's next presence has another checksum: this registrar asks, and nothing is answered. */
function disagree(peer: PeerClient): Of<"ENRP_HANDLE_TABLE_REQUEST"> {
  peer.attends = false;
  peer.presence({ checksum: 0x1234 });
  return peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
}

function listed(world: World): number[] {
  return world.listed().map((each) => each.identifier);
}

/** RFC 1071 over the byte block of each element, word by word; written apart from the code. */
function internetChecksum(...blocks: [string, number][]): number {
  let sum = 0;
  for (const [poolHandle, identifier] of blocks) {
    const bytes = [...new TextEncoder().encode(poolHandle)];
    while (bytes.length % 4 !== 0) bytes.push(0);
    bytes.push(
      identifier >>> 24,
      identifier >>> 16 & 255,
      identifier >>> 8 & 255,
      identifier & 255,
    );
    for (let at = 0; at < bytes.length; at += 2) {
      sum += bytes[at]! * 256 + bytes[at + 1]!;
      if (sum > 0xffff) sum = (sum & 0xffff) + 1;
    }
  }
  return ~sum & 0xffff;
}

Deno.test(
  "RFC 5353 §3.6: each ENRP server … SHOULD periodically verify that its local copy of " +
    "handlespace data is still in sync with that of its peers",
  () => {
    const { world, peer } = scope();
    const before = world.told("resynchronized").length;
    for (let cycle = 0; cycle < 4; cycle++) {
      // What is not announced is found out with the next presence.
      peer.owns("web", own(10 + cycle));
      world.advanceWith([peer], world.timing.peerHeartbeatCycleMs);
      assert.equal(world.told("resynchronized").length, before + cycle + 1);
    }
    assert.deepEqual(listed(world), [1, 10, 11, 12, 13]);
  },
);

Deno.test(
  "RFC 5353 §3.6.1: 1. SHOULD keep a separate PE checksum … for each of its known peers and for " +
    "itself",
  () => {
    const world = new World();
    const first = world.peer(2, { host: "192.0.2.2" }).add("web", element(1));
    const second = world.peer(3, { host: "192.0.2.3" }).add("web", element(2));
    world.connect().registered("web", element(3));
    for (const peer of [first, second]) peer.received.length = 0;
    // Each is compared with its own, whatever the others own.
    for (const peer of [first, second]) {
      peer.presence();
      assert.deepEqual(peer.received, []);
    }
    first.presence({ checksum: second.handlespace.checksum() });
    first.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
  },
);

Deno.test(
  "RFC 5353 §3.6.1: 2. Each time an ENRP server sends out an ENRP_PRESENCE, it MUST include " +
    "in the message its current PE checksum",
  () => {
    const world = new World();
    const client = world.connect().registered("web", element(1));
    const peer = world.unknownPeer(PEER, { attends: false });
    const expected = internetChecksum(["web", 1]);
    const checksums = () => peer.takeAll("ENRP_PRESENCE").map((each) => each.checksum);
    peer.presence();
    assert.deepEqual(checksums(), [expected], "to a new peer");
    peer.presence({ replyRequired: true });
    assert.deepEqual(checksums(), [expected], "as a reply");
    world.advance(world.timing.peerHeartbeatCycleMs);
    assert.deepEqual(checksums(), [expected], "as a heartbeat");
    peer.initTakeover(world.identifier);
    assert.deepEqual(checksums(), [expected], "against a takeover");
    client.registered("mail", element(2));
    peer.presence({ replyRequired: true });
    assert.deepEqual(checksums(), [internetChecksum(["web", 1], ["mail", 2])], "current");
  },
);

Deno.test(
  "RFC 5353 §3.6.1: 3. SHOULD compare the PE checksum found in the ENRP_PRESENCE with its own " +
    "internal PE checksum of server B",
  () => {
    const { peer } = scope();
    // The same number would do for an empty table, and for another element's.
    for (const checksum of [0xffff, internetChecksum(["web", 2])]) {
      peer.presence({ checksum });
      peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
    }
  },
);

Deno.test(
  "RFC 5353 §3.6.1: 4. If the two values match, … it should take no further actions",
  () => {
    const { peer } = scope();
    peer.presence({ checksum: internetChecksum(["web", 1]) });
    assert.deepEqual(peer.received, []);
    // Nor is there anything to compare without a checksum.
    peer.presence({ checksum: undefined });
    assert.deepEqual(peer.received, []);
  },
);

Deno.test(
  "RFC 5353 §3.6.1: 5. If the two values do NOT match, … a re-synchronization process SHOULD be " +
    "carried out immediately with server B",
  () => {
    const { world, peer } = scope();
    assert.equal(disagree(peer).receiver, PEER);
    const [last] = world.told("resynchronization-began").slice(-1);
    assert.deepEqual([last?.peer, last?.why], [PEER, "checksum"]);
  },
);

Deno.test(
  "RFC 5353 §3.6.2: Pool handle string … (padded with zeros to next 32-bit word boundary, if " +
    "needed), PE Id … MUST use the Internet algorithm described in [RFC1071]",
  () => {
    const world = new World();
    const client = world.connect();
    const observer = world.observer();
    const blocks: [string, number][] = [];
    // Lengths of 1 to 9 bytes, with carries.
    for (const poolHandle of ["a", "ab", "abc", "abcd", "ÿÿÿ", "\u00ff\u00ffabcde"]) {
      for (const identifier of [1, 0xffffffff, 0xfffe0001]) {
        client.registered(poolHandle, element(identifier));
        blocks.push([poolHandle, identifier]);
        observer.send({ type: "ENRP_PRESENCE", sender: 0, receiver: 0, replyRequired: true });
        assert.equal(observer.take("ENRP_PRESENCE").checksum, internetChecksum(...blocks));
      }
    }
  },
);

Deno.test(
  "RFC 5353 §3.6.2: When … (server A) calculates an internal PE checksum for a peer (server " +
    "B), it MUST use the following algorithm",
  () => {
    const world = new World();
    const peer = world.peer(PEER);
    const blocks: [string, number][] = [];
    for (const poolHandle of ["a", "abc", "abcd", "ÿÿÿ"]) {
      for (const identifier of [1, 0xffffffff]) {
        peer.add(poolHandle, own(identifier));
        blocks.push([poolHandle, identifier]);
        peer.presence({ checksum: internetChecksum(...blocks) });
        assert.deepEqual(peer.received, [], `${poolHandle} ${identifier}`);
      }
    }
  },
);

Deno.test(
  "RFC 5353 §3.6.2: whenever … its internal handlespace has changed …, it MUST immediately " +
    "update all its internal PE checksums that are affected by the change",
  () => {
    const { world, peer } = scope();
    const agrees = (...blocks: [string, number][]) => {
      peer.presence({ checksum: internetChecksum(...blocks) });
      assert.deepEqual(peer.received, []);
    };
    agrees(["web", 1]);
    peer.add("web", own(2));
    agrees(["web", 1], ["web", 2]);
    peer.delete("web", own(1));
    agrees(["web", 2]);
    // It registers here now, from where it is.
    world.connect().registered("web", element(2));
    peer.handlespace.remove("web", 2);
    peer.received.length = 0;
    agrees();
    peer.presence({ replyRequired: true });
    assert.equal(peer.takeOnly("ENRP_PRESENCE").checksum, internetChecksum(["web", 2]));
  },
);

Deno.test(
  "RFC 5353 §3.6.3: 1. SHOULD first 'mark' every PE it knows about that is owned by the peer " +
    "(what comes in later is not marked)",
  () => {
    const { world, peer } = scope();
    disagree(peer);
    peer.update(0, "web", own(2));
    peer.page([{ poolHandle: "web", poolElements: [own(1)] }]);
    assert.deepEqual(listed(world), [1, 2]);
  },
);

Deno.test(
  "RFC 5353 §3.6.3: 2. SHOULD then send an ENRP_HANDLE_TABLE_REQUEST message with the W flag " +
    "set to '1' to the peer",
  () => {
    const { world, peer } = scope();
    const { ownChildrenOnly, sender, receiver } = disagree(peer);
    assert.deepEqual([ownChildrenOnly, sender, receiver], [true, world.identifier, PEER]);
  },
);

Deno.test(
  "RFC 5353 §3.6.3: 3. Upon reception … with the W flag set to '1', the peer server SHOULD " +
    "immediately respond with … all PEs currently owned by the peer",
  () => {
    const { world, peer } = scope();
    world.connect().registered("web", element(5)).registered("mail", element(6));
    peer.received.length = 0;
    const { pools, moreToSend, reject } = peer.requestTable(true);
    assert.deepEqual([moreToSend, reject], [false, false]);
    const elements = pools.flatMap(({ poolHandle, poolElements }) =>
      poolElements.map((each) => [poolHandle, each.identifier, each.home])
    );
    assert.deepEqual(elements, [["web", 5, world.identifier], ["mail", 6, world.identifier]]);
  },
);

Deno.test(
  "RFC 5353 §2.2: W … Set to '1' if … only requesting information about the PEs owned by the " +
    "message receiver. Otherwise, set to '0' (others' are listed then)",
  () => {
    const { world, peer } = scope();
    world.connect().registered("web", element(5));
    const identifiers = (ownChildrenOnly: boolean) =>
      peer.requestTable(ownChildrenOnly).pools.flatMap(({ poolElements }) =>
        poolElements.map((each) => each.identifier)
      );
    assert.deepEqual(identifiers(true), [5]);
    assert.deepEqual(identifiers(false), [1, 5]);
  },
);

Deno.test(
  "RFC 5353 §3.6.3: 4. SHOULD transfer the PE entries carried in the message into its local " +
    "handlespace database",
  () => {
    const { world, peer } = scope();
    disagree(peer);
    peer.page([
      { poolHandle: "web", poolElements: [own(1), own(2)] },
      { poolHandle: "mail", poolElements: [own(3)] },
    ]);
    assert.deepEqual(listed(world), [1, 2, 3]);
  },
);

Deno.test(
  "RFC 5353 §3.6.3: 4. … If a PE entry being transferred already exists …, the ENRP server MUST " +
    "replace the entry … and remove the 'mark' from the entry",
  () => {
    const { world, peer } = scope();
    disagree(peer);
    peer.page([{ poolHandle: "web", poolElements: [own(1, { host: "192.0.2.77" })] }]);
    const [only, ...rest] = world.connect().resolve("web").poolElements;
    assert.deepEqual(rest, []);
    assert(only!.transport.protocol === "tcp");
    assert.deepEqual(only!.transport.addresses, ["192.0.2.77"]);
  },
);

Deno.test(
  "RFC 5353 §3.6.3: 5. SHOULD check whether there are still PE entries that remain 'marked' " +
    "…. If so, the ENRP server SHOULD silently remove those 'marked' entries",
  () => {
    const { world, peer } = scope();
    const other = world.peer(3, { host: "192.0.2.3" }).add("web", element(7));
    other.received.length = 0;
    disagree(peer);
    peer.page([{ poolHandle: "web", poolElements: [own(2)] }]);
    assert.deepEqual(listed(world).sort(), [2, 7], "others' are not the peer's to withdraw");
    assert.deepEqual(other.takeAll("ENRP_HANDLE_UPDATE"), [], "silently");
    const [last] = world.told("resynchronized").slice(-1);
    assert.deepEqual([last?.received, last?.removed], [1, 1]);
  },
);

Deno.test(
  "RFC 5353 §3.6.3: Note, … the peer may reject the ENRP_HANDLE_TABLE_REQUEST (nothing is " +
    "removed, and it is asked again)",
  () => {
    const { world, peer } = scope();
    disagree(peer);
    peer.page([], { reject: true });
    assert.equal(world.statistics().poolElements, 1);
    world.advance(NO_RESPONSE - 1);
    assert.deepEqual(peer.takeAll("ENRP_HANDLE_TABLE_REQUEST"), []);
    world.advance(1);
    peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
  },
);

Deno.test(
  "RFC 5353 §3.6.3: Note, … or use more than one ENRP_HANDLE_TABLE_RESPONSE message to " +
    "respond (what remains marked is removed after the last)",
  () => {
    const { world, peer } = scope();
    peer.add("web", own(2)).add("web", own(3));
    disagree(peer);
    peer.page([{ poolHandle: "web", poolElements: [own(3)] }], { moreToSend: true });
    assert.equal(peer.takeOnly("ENRP_HANDLE_TABLE_REQUEST").ownChildrenOnly, true);
    assert.equal(world.statistics().poolElements, 3);
    peer.page([{ poolHandle: "web", poolElements: [own(1)] }]);
    assert.deepEqual(listed(world), [1, 3]);
  },
);

Deno.test(
  "RFC 5353 §3.7: … unknown message type or … unknown parameter, it SHOULD handle [it] " +
    "according to the … rules defined in Sections 3 and 4 in [RFC5354]",
  () => {
    const peer = new World().peer(PEER);
    // An ENRP_LIST_REQUEST with an unknown parameter: its bits say whether it is skipped, and told.
    const cases = [["3fff", 0, 0], ["7fff", 0, 1], ["bfff", 1, 0], ["ffff", 1, 1]] as const;
    for (const [type, answers, reports] of cases) {
      peer.sendBytes(parseHex(`0500001000000002${"00000000"}${type}0004`));
      assert.equal(peer.takeAll("ENRP_LIST_RESPONSE").length, answers, type);
      const errors = peer.takeAll("ENRP_ERROR");
      assert.deepEqual(errors.flatMap(({ causes }) => codes(causes)), [
        ...Array(reports).fill(CAUSE.unrecognizedParameter),
      ], type);
    }
    assert(!peer.isClosed);
  },
);

Deno.test(
  "RFC 5353 §3.7: if an error report to the message sender is needed, … SHOULD send back an " +
    "ENRP_ERROR message with a proper error cause code",
  () => {
    const { world, peer } = scope();
    peer.sendBytes(parseHex("7f00000c" + "00000002" + "00000000"));
    const { sender, causes } = peer.takeOnly("ENRP_ERROR");
    assert.equal(sender, world.identifier);
    assert.deepEqual(codes(causes), [CAUSE.unrecognizedMessage]);
  },
);
