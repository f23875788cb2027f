/** What a registrar says of itself, and where it finds others. RFC 5353 §2.1, §3.4. */
import assert from "node:assert/strict";
import type { ServedAddresses, SocketAddress } from "../../../lib/core/mod.ts";
import type { Transport } from "../../../lib/wire/mod.ts";
import { element, World } from "./registrar_world.ts";

const PEER = 0x2;
const HINT = { host: "192.0.2.2", port: 9901 };

/** Where a registrar says that it is, to a peer that it has dialled and to one that it accepted. */
function saysItIs(served: ServedAddresses): { dialled: SocketAddress; accepted: SocketAddress } {
  const world = new World();
  world.start(served);
  world.command({ type: "hint", enrp: HINT });
  const dialled = world.answerDial().takeOnly("ENRP_PRESENCE").serverInformation!.transport;
  const peer = world.unknownPeer(PEER, { attends: false });
  peer.presence();
  const accepted = peer.takeOnly("ENRP_PRESENCE").serverInformation!.transport;
  return { dialled: addressOf(dialled), accepted: addressOf(accepted) };
}

function addressOf(transport: Transport): SocketAddress {
  assert(transport.protocol === "tcp");
  assert.equal(transport.addresses.length, 1);
  return { host: transport.addresses[0]!, port: transport.port };
}

/** Where a peer is dialled whose server information has that address. */
function isDialledAt(transport: Transport, observed = "192.0.2.2"): SocketAddress | undefined {
  const world = new World();
  const peer = world.unknownPeer(PEER, { host: observed, attends: false });
  peer.presence({ serverInformation: { identifier: PEER, transport } });
  peer.leave("reset");
  world.advance(750);
  return world.dials[0]?.to;
}

function tcp(host: string, port = 9901): Transport {
  return { protocol: "tcp", port, use: 0, addresses: [host] };
}

Deno.test(
  "a registrar says where it listens: to whom it dialled, not where it dialled " +
    "from",
  () => {
    const { dialled, accepted } = saysItIs({ enrp: [{ host: "192.0.2.1", port: 9901 }] });
    assert.deepEqual([dialled, accepted], Array(2).fill({ host: "192.0.2.1", port: 9901 }));
  },
);

Deno.test("a listener at every address is at the one that the association has", () => {
  for (const host of ["0.0.0.0", "::"]) {
    const { dialled, accepted } = saysItIs({ enrp: [{ host, port: 9902 }] });
    assert.deepEqual(dialled, { host: "192.0.2.1", port: 9902 });
    // It has come to a listener.
    assert.deepEqual(accepted, { host: "192.0.2.1", port: 9901 });
  }
});

Deno.test("of several listeners it is the one at the association's address, else the first", () => {
  const here = { host: "192.0.2.1", port: 9904 };
  const elsewhere = { host: "198.51.100.1", port: 9903 };
  assert.deepEqual(saysItIs({ enrp: [elsewhere, here] }).dialled, here);
  assert.deepEqual(saysItIs({ enrp: [elsewhere] }).dialled, elsewhere);
});

Deno.test("advertisedEnrp is told to all, whatever they came to", () => {
  const advertisedEnrp = { host: "203.0.113.7", port: 19901 };
  const { dialled, accepted } = saysItIs({ enrp: [HINT], advertisedEnrp });
  assert.deepEqual([dialled, accepted], [advertisedEnrp, advertisedEnrp]);
});

Deno.test("a peer is dialled where it says, not where it came from", () => {
  assert.deepEqual(isDialledAt(tcp("198.51.100.9", 9905)), { host: "198.51.100.9", port: 9905 });
});

Deno.test("an address that only the peer's own host can reach is taken as it was observed", () => {
  for (const hidden of ["127.0.0.1", "0.0.0.0"]) {
    assert.deepEqual(isDialledAt(tcp(hidden, 9905)), { host: "192.0.2.2", port: 9905 }, hidden);
  }
  // On this host itself it is right.
  assert.deepEqual(isDialledAt(tcp("127.0.0.2", 9905), "127.0.0.1"), {
    host: "127.0.0.2",
    port: 9905,
  });
});

Deno.test("RFC 5354 §3.11 has an SCTP Transport there: its numbers are those of TCP", () => {
  const sctp = { protocol: "sctp", port: 9905, use: 0, addresses: ["198.51.100.9"] } as const;
  assert.deepEqual(isDialledAt(sctp), { host: "198.51.100.9", port: 9905 });
});

Deno.test(
  "who names no address to dial is dialled nowhere, and dead when it has been " +
    "silent",
  () => {
    const opaque = { protocol: "opaque", data: new Uint8Array(4) } as const;
    for (const transport of [tcp("198.51.100.9", 0), opaque]) {
      assert.equal(isDialledAt(transport), undefined);
    }
  },
);

Deno.test("many peers are sent one and the same encoding of a heartbeat and of an update", () => {
  const world = new World();
  const peers = Array.from(
    { length: 10 },
    (_, each) => world.peer(each + 2, { host: `192.0.2.${each + 2}` }),
  );
  for (const peer of peers) peer.received.length = 0;
  world.encodings.clear();
  world.advance(world.timing.peerHeartbeatCycleMs);
  for (const peer of peers) peer.takeOnly("ENRP_PRESENCE");
  assert.equal(world.encodings.size, 1);
  const client = world.connect();
  client.answersGreeting = false;
  world.encodings.clear();
  client.register("web", element(1));
  for (const peer of peers) peer.takeOnly("ENRP_HANDLE_UPDATE");
  // The grant, the update, and the keep-alive behind the first grant.
  assert.equal(world.encodings.size, 3);
});

Deno.test("without peers there is no heartbeat, and nothing is encoded for nobody", () => {
  const world = new World();
  world.connect().registered("web", element(1, { registrationLife: -1 }));
  world.encodings.clear();
  assert.equal(world.statistics().peers, 0);
  const observer = world.observer();
  world.advance(10_000);
  assert.deepEqual(observer.received, []);
  assert.deepEqual(world.told("peer-discovered"), []);
});

Deno.test("the first heartbeat comes within a cycle, at a time of each registrar's own", () => {
  const world = new World();
  const first = world.peer(PEER);
  const since = world.now;
  world.advance(world.timing.peerHeartbeatCycleMs);
  assert.equal(first.takeAll("ENRP_PRESENCE").length, 1);
  assert(world.host.deadline()! - since < 2 * world.timing.peerHeartbeatCycleMs);
});

Deno.test("peers hear of a registrar however many deadlines of its elements are due", () => {
  const timing = { keepAliveCycleMs: 10, keepAliveTimeoutMs: 20 };
  const world = new World({ timing });
  const peer = world.peer(PEER);
  const client = world.connect();
  for (let identifier = 1; identifier <= 1_500; identifier++) {
    client.register("web", element(identifier));
  }
  peer.received.length = 0;
  // It has stood still, and takes no more than 1,000 deadlines at once.
  world.now += world.timing.peerHeartbeatCycleMs;
  world.host.tick(world.now);
  world.drain();
  assert.equal(peer.takeAll("ENRP_PRESENCE").length, 1);
  assert(world.host.deadline()! <= world.now, "there is more to do");
});

Deno.test("peerHeartbeatCycleMs, maxTimeLastHeardMs and maxTimeNoResponseMs are options", () => {
  const timing = {
    peerHeartbeatCycleMs: 1_000,
    maxTimeLastHeardMs: 2_500,
    maxTimeNoResponseMs: 50,
  };
  const world = new World({ timing });
  const peer = world.peer(PEER);
  world.advanceWith([peer], 10_000);
  assert.deepEqual(world.told("peer-suspected"), []);
  assert.equal(peer.takeAll("ENRP_PRESENCE").length, 10);
  peer.attends = false;
  world.advance(2_499);
  assert.deepEqual(world.told("peer-suspected"), []);
  world.advance(1);
  assert.equal(world.told("peer-suspected").length, 1);
  world.advance(50);
  assert.deepEqual(world.told("peer-dead").map((each) => each.peer), [PEER]);
});
