/** Registrars that do not let each other be peers do not serve beside each other, alone. */
import assert from "node:assert/strict";
import { REFUSAL_TOLD_MS } from "../../../lib/core/registrar/peer_refusal.ts";
import type { PeerClient } from "./peer_client.ts";
import {
  REGISTRAR,
  type World,
  World as PlainWorld,
  type WorldOptions,
} from "./registrar_world.ts";
import { ANYBODY, pe, PERMISSIONS, permit, registrar, secured, SECURITY } from "./secured_world.ts";

const MENTOR = { host: "192.0.2.2", port: 9902 };
/** REGISTRAR is between them. */
const IDENTIFIERS = [0x1000, 0x0fffffff];
const NO_RESPONSE = 5_000;

/** What a registrar without `registrar: true` for this one answers to whatever it is asked. */
function refuse(peer: PeerClient): void {
  for (const _ of peer.takeAll("ENRP_LIST_REQUEST")) {
    const causes = [{ code: SECURITY, information: new Uint8Array(0) }];
    peer.send({ type: "ENRP_ERROR", ...peer.between, causes });
    peer.list([], true);
  }
}

function refuseFor(world: World, peer: PeerClient, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    refuse(peer);
    world.advance(NO_RESPONSE);
  }
}

function begin(identifier: number, world: World): PeerClient {
  world.start();
  return world.answerPeerDial(identifier, { attends: false, party: registrar("r2") });
}

const worlds: readonly [string, (options: WorldOptions) => World][] = [
  ["secured", secured],
  ["plain", (options) => new PlainWorld(options)],
];

for (const identifier of IDENTIFIERS) {
  const size = identifier > REGISTRAR ? "larger" : "smaller";
  for (const [kind, make] of worlds) {
    Deno.test(`${kind}: a ${size} mentor that refuses it keeps it from serving alone`, () => {
      const world = make({ mentors: [MENTOR] });
      const mentor = begin(identifier, world);
      refuseFor(world, mentor, 24);
      assert.deepEqual(world.told("serving"), []);
      assert.deepEqual(world.told("error-received"), []);
      const told = world.told("peer-refused");
      assert(told.length >= 2 && told.length <= 24 * NO_RESPONSE / REFUSAL_TOLD_MS + 1);
      assert.deepEqual(told[0]!.address, MENTOR);
      assert.equal(told[0]!.refusedBy, "peer");
      assert.match(told[0]!.why, /0xa.*`registrar: true`/);
      // Its file is mended.
      mentor.takeAll("ENRP_LIST_REQUEST");
      world.advance(2 * NO_RESPONSE);
      mentor.takeAll("ENRP_LIST_REQUEST");
      mentor.list([]);
      mentor.page([]);
      assert.equal(world.told("serving").length, 1);
    });
  }

  Deno.test(`a ${size} mentor that it refuses itself keeps it from serving alone, too`, () => {
    const world = secured({ mentors: [MENTOR], permissions: { identities: [] } });
    world.start();
    const until = world.now + 2 * REFUSAL_TOLD_MS;
    for (; world.now < until; world.advance(1_000)) {
      if (world.dials.length > 0) world.answerDial(registrar("r2"));
    }
    assert.deepEqual(world.told("serving"), []);
    const [first, ...later] = world.told("peer-refused");
    assert.equal(first!.refusedBy, "self");
    assert.equal(first!.identity, "r2");
    assert(later.length <= 2);
    permit(world, PERMISSIONS);
    while (world.dials.length === 0) world.advance(1_000);
    const mentor = world.answerPeerDial(identifier, { attends: false, party: registrar("r2") });
    mentor.list([]);
    mentor.page([]);
    assert.equal(world.told("serving").length, 1);
  });
}

Deno.test("a mentor that was refused and is gone does not keep it from serving", () => {
  const world = secured({ mentors: [MENTOR], permissions: { identities: [] } });
  world.start();
  world.answerDial(registrar("r2"));
  while (world.dials.length === 0) world.advance(1_000);
  world.failDial("refused");
  assert.equal(world.told("serving").length, 1);
});

Deno.test("who has not proved to be a registrar keeps nobody from serving", () => {
  for (const party of [{}, ANYBODY, pe("1")]) {
    const world = secured({ mentors: [MENTOR] });
    world.start();
    world.answerDial(party);
    assert.equal(world.told("serving").length, 1, JSON.stringify(party));
    assert.deepEqual(world.told("peer-refused"), []);
  }
});

Deno.test("one that is not configured and refuses does not keep it from serving", () => {
  for (const identifier of IDENTIFIERS) {
    const world = new PlainWorld({ mentors: [MENTOR] });
    const silent = begin(0x2000, world);
    silent.takeAll("ENRP_LIST_REQUEST");
    world.command({ type: "hint", enrp: { host: "192.0.2.66", port: 9901 } });
    const announced = world.answerPeerDial(identifier, { attends: false });
    refuseFor(world, announced, 8);
    assert.equal(world.told("serving").length, 1);
  }
});

Deno.test("a registrar that serves and is refused later tells it, and goes on", () => {
  const world = secured({ mentors: [MENTOR] });
  const mentor = begin(0x1000, world);
  mentor.takeAll("ENRP_LIST_REQUEST");
  mentor.list([]);
  mentor.page([]);
  mentor.leave();
  const again = world.answerPeerDial(0x1000, { attends: false, party: registrar("r2") });
  refuse(again);
  assert.equal(world.told("peer-refused").length, 1);
  assert.deepEqual(world.told("error-received"), []);
  assert.equal(world.told("serving").length, 1);
});
