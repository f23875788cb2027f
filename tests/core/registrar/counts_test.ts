/** What a registrar has done, in numbers. */

import assert from "node:assert/strict";
import { tallyOf } from "../../../lib/core/registrar/tally.ts";
import { RegistrarState } from "../../../lib/core/registrar/state.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_RATES,
  REGISTRAR_TIMING,
  seededRandom,
} from "../../../lib/core/mod.ts";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { element, REGISTRAR, World } from "./registrar_world.ts";
import { secured } from "./secured_world.ts";

const PEER = 0x0badcafe;
const NOTHING: readonly (readonly [string, number])[] = [];

Deno.test("registrations: new, renewed and rejected, by the cause that the element is told", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1));
  client.registered("web", element(1));
  client.rejected("web", element(2, { policy: { name: "random" } }));
  const { registrations, deregistrations } = world.counts();
  assert.deepEqual([registrations.granted, registrations.renewed], [1, 1]);
  assert.deepEqual([...registrations.rejected], [[CAUSE.inconsistentPoolingPolicy, 1]]);
  client.deregister("web", 1);
  assert.equal(world.counts().deregistrations.granted, 1);
  assert.deepEqual([...world.counts().removals], [["deregistered", 1]]);
  // It is a copy.
  assert.equal(deregistrations.granted, 0);
});

Deno.test("resolutions: answered once, as a subscription, and rejected", () => {
  const world = new World();
  world.connect().registered("web", element(1));
  const user = world.connect("192.0.2.77");
  user.resolve("web");
  user.resolve("nothing");
  user.send({ type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: true, poolHandle: "web" });
  const { answered, subscribed, rejected } = world.counts().resolutions;
  assert.deepEqual([answered, subscribed], [1, 1]);
  assert.deepEqual([...rejected], [[CAUSE.unknownPoolHandle, 1]]);
});

Deno.test("keep-alives: sent, acknowledged after how long, and not", () => {
  const world = new World();
  const forever = { registrationLife: -1 };
  const client = world.connect().registered("web", element(1, forever));
  // Whatever is drawn, one is due and none is overdue in a step of this.
  const untilAsked = () => {
    while (client.takeAll("ASAP_ENDPOINT_KEEP_ALIVE").length === 0) world.advance(100);
  };
  untilAsked();
  world.advance(300);
  client.acknowledge("web", 1);
  untilAsked();
  world.advance(world.timing.keepAliveTimeoutMs);
  const { sent, acknowledged, timedOut, roundTripMs } = world.counts().keepAlives;
  assert.deepEqual([sent, acknowledged, timedOut], [2, 1, 1]);
  assert.equal(roundTripMs.counts.reduce((a, b) => a + b, 0), 1);
  assert(roundTripMs.sum >= 300 && roundTripMs.sum <= 400, `${roundTripMs.sum}`);
  assert.deepEqual([...world.counts().removals], [["keep-alive-timed-out", 1]]);
});

Deno.test("reports that count, elements that are lost and found again", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1, { asapPort: 4000 }));
  world.connect("192.0.2.77").reportUnreachable("web", 1);
  assert.equal(world.counts().unreachableReports, 1);
  client.leave("reset");
  assert.equal(world.counts().elementsLost, 1);
  const again = world.answerDial();
  again.acknowledge("web", 1);
  assert.equal(world.counts().elementsRecovered, 1);
});

Deno.test("a checksum that is another than expected", () => {
  const world = new World();
  const peer = world.peer(PEER);
  assert.equal(world.counts().checksumMismatches, 0);
  peer.presence({ checksum: 0x1234 });
  assert.equal(world.counts().checksumMismatches, 1);
});

Deno.test("a takeover: begun, and done by this registrar", () => {
  const world = new World();
  world.peer(PEER).attends = false;
  world.advance(80_000);
  const { takeovers, peersDead } = world.counts();
  assert.equal(peersDead, 1);
  assert.deepEqual([takeovers.began, takeovers.own, takeovers.others], [1, 1, 0]);
});

Deno.test("a takeover by another", () => {
  const world = new World();
  const [target, other] = [world.peer(PEER), world.peer(PEER + 1, { host: "192.0.2.21" })];
  target.leave();
  other.takeOver(PEER);
  const { takeovers } = world.counts();
  assert.deepEqual([takeovers.own, takeovers.others], [0, 1]);
});

Deno.test("requests beyond a rate are all counted, though few are told", () => {
  const rates = { ...DEFAULT_RATES, resolutionsPerSecond: 2, burstSeconds: 1 };
  const world = new World({ rates });
  const user = world.connect("198.51.100.1");
  for (let i = 0; i < 7; i++) user.resolve("web");
  assert.deepEqual(world.counts().rateLimited, { registrations: 0, resolutions: 5, reports: 0 });
  assert.equal(world.told("rate-limited").length, 1);
});

Deno.test("messages that their sender may not send", () => {
  const world = secured();
  world.connect().rejected("web", element(1));
  assert.equal(world.counts().unauthorized, 1);
});

Deno.test("messages and bytes of both protocols, and what was none", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1));
  client.resolve("web");
  const before = world.host.traffic.view();
  assert.equal(before.messagesReceived.get("ASAP_REGISTRATION"), 1);
  assert.equal(before.messagesSent.get("ASAP_REGISTRATION_RESPONSE"), 1);
  assert.equal(before.messagesSent.get("ASAP_HANDLE_RESOLUTION_RESPONSE"), 1);
  assert.deepEqual(before.undecodable, { ASAP: 0, ENRP: 0 });
  assert.equal(before.bytesReceived.ENRP + before.bytesSent.ENRP, 0);
  // A message of type 0x7e, which is none; then garbage, which ends the association.
  client.sendBytes(Uint8Array.of(0x7e, 0, 0, 4));
  world.connect().sendBytes(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  const after = world.host.traffic.view();
  assert.equal(after.undecodable.ASAP, 2);
  assert.equal(after.bytesReceived.ASAP - before.bytesReceived.ASAP, 4 + 18);
  world.peer(PEER);
  assert(world.host.traffic.view().bytesReceived.ENRP > 0);
  assert(before.bytesSent.ASAP > 0 && before.bytesSent.ENRP === 0, "it is a copy");
});

Deno.test("a tally has states, policies and the largest pools", () => {
  const world = new World();
  const clients = [1, 2, 3].map((id) => world.connect().registered("web", element(id)));
  world.connect().registered("mail", element(4, { policy: { name: "random" } }));
  world.connect().registered("mail", element(5, { policy: { name: "random" } }));
  for (const handle of ["a", "b", "c"]) world.connect().registered(handle, element(1));
  clients[0]!.leave("reset");
  const { states, policies, largest } = world.view().tally(2);
  assert.deepEqual(states, { available: 7, lost: 1, inconsistent: 0 });
  assert.deepEqual(policies.get("round-robin"), { pools: 4, poolElements: 6 });
  assert.deepEqual(policies.get("random"), { pools: 1, poolElements: 2 });
  assert.deepEqual(largest, [
    { poolHandle: "web", poolElements: 3 },
    { poolHandle: "mail", poolElements: 2 },
  ]);
});

Deno.test("the largest of many pools are the largest, in whatever order they came", () => {
  const state = new RegistrarState({
    identifier: REGISTRAR,
    random: seededRandom(1),
    limits: DEFAULT_LIMITS,
    timing: REGISTRAR_TIMING,
    addressCheck: "any",
    interfaceAddresses: () => [],
    loopbackOnly: false,
  });
  const random = seededRandom(7);
  const sizes = new Map<string, number>();
  for (let pool = 0; pool < 200; pool++) {
    const size = 1 + Math.floor(random.fraction() * 20);
    sizes.set(`pool-${pool}`, size);
    for (let id = 1; id <= size; id++) state.handlespace.register(`pool-${pool}`, element(id));
  }
  const expected = [...sizes.values()].sort((a, b) => b - a).slice(0, 9);
  const { largest, states } = tallyOf(state, 9);
  assert.deepEqual(largest.map(({ poolElements }) => poolElements), expected, "seed 7");
  for (const { poolHandle, poolElements } of largest) {
    assert.equal(sizes.get(poolHandle), poolElements);
  }
  assert.equal(states.available, [...sizes.values()].reduce((a, b) => a + b, 0));
  assert.deepEqual(tallyOf(state, 0).largest, NOTHING);
});
