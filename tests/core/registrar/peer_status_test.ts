/** What observers are told of peers. RFC 5353 §2.6; protocol decision 21. */

import assert from "node:assert/strict";
import { type Client, REGISTRAR, World } from "./registrar_world.ts";

const PEER = 0x0badcafe;
const HEARSAY = 0x0000beef;

/** A peer connects and says who it is. */
function peer(world: World, identifier = PEER): Client {
  const client = world.connect("192.0.2.2", { protocol: "ENRP" });
  say(client, identifier);
  client.received.length = 0;
  return client;
}

function say(client: Client, identifier: number): void {
  client.send({
    type: "ENRP_PRESENCE",
    replyRequired: false,
    sender: identifier,
    receiver: REGISTRAR,
    checksum: 0xffff,
    serverInformation: { identifier, transport: transport("192.0.2.2") },
  });
}

function transport(host: string) {
  return { protocol: "tcp", port: 9901, use: 0, addresses: [host] } as const;
}

function list(client: Client, sender: number) {
  client.send({ type: "ENRP_LIST_REQUEST", sender, receiver: 0 });
  for (;;) {
    const message = client.received.shift();
    assert(message !== undefined, "no list came");
    if (message.type === "ENRP_LIST_RESPONSE") return message.servers;
  }
}

Deno.test("an observer is told each peer's state and how long ago it was heard", () => {
  const world = new World();
  const client = peer(world);
  const listed = () => list(world.observer(), 0).map(({ peerStatus }) => peerStatus);
  world.advance(1_500);
  assert.deepEqual(listed(), [{ state: "active", lastHeardAgoMs: 1_500 }]);
  world.advance(60_000);
  assert.deepEqual(listed(), [{ state: "suspect", lastHeardAgoMs: 61_500 }]);
  say(client, PEER);
  assert.deepEqual(listed(), [{ state: "active", lastHeardAgoMs: 0 }]);
});

Deno.test("a peer that others only spoke of is unreachable and was never heard", () => {
  const world = new World();
  const client = peer(world);
  client.send({
    type: "ENRP_LIST_RESPONSE",
    reject: false,
    sender: PEER,
    receiver: REGISTRAR,
    servers: [{
      identifier: HEARSAY,
      transport: transport("192.0.2.3"),
      // What a peer thinks of a third one is nothing to pass on.
      peerStatus: { state: "active", lastHeardAgoMs: 7 },
    }],
  });
  const [, hearsay] = list(world.observer(), 0);
  assert.deepEqual(hearsay!.identifier, HEARSAY);
  assert.deepEqual(hearsay!.peerStatus, { state: "unreachable" });
});

Deno.test("a peer is not told how the others are", () => {
  const world = new World();
  peer(world);
  const other = world.connect("192.0.2.3", { protocol: "ENRP" });
  say(other, 3);
  assert.deepEqual(list(other, 3).map((each) => [each.identifier, each.peerStatus]), [
    [PEER, undefined],
  ]);
});
