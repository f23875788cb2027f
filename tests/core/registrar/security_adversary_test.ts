/** Ways around a secured registrar's gate that somebody could look for, each tried. */
import assert from "node:assert/strict";
import { DEFAULT_RATES, type Permissions } from "../../../lib/core/mod.ts";
import { ADD_PE, CAUSE, poolElementBytes } from "../../../lib/wire/mod.ts";
import { codes, element, REGISTRAR, server, type World } from "./registrar_world.ts";
import {
  ANYBODY,
  digest,
  ownerNamed,
  pe,
  PERMISSIONS,
  permit,
  registrar,
  secured,
  SECURITY,
  takeCauses,
} from "./secured_world.ts";

const WIDE = { security: "psk", identity: "wide" } as const;

Deno.test("a request that waited is refused if its sender may not ask for it any more", () => {
  const world = secured();
  world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const second = world.connect("192.0.2.10", pe("1"));
  second.register("web", element(1));
  assert.equal(world.statistics().contenders, 1);
  permit(world, { ...PERMISSIONS, identities: PERMISSIONS.identities.slice(1) });
  assert.equal(world.statistics().poolElements, 0);
  assert.equal(world.told("pool-element-registered").length, 1);
});

Deno.test("a request that waited is refused if the identifier is another's by then", () => {
  const world = secured();
  const peer = world.peer(REGISTRAR + 1, { party: registrar("r2") });
  world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const second = world.connect("192.0.2.10", pe("1"));
  second.register("web", element(1));
  peer.update(ADD_PE, "web", { ...element(1), owner: ownerNamed("pe-2") });
  assert.deepEqual(codes(second.takeRejection()), [SECURITY]);
  assert.equal(world.statistics().children, 0);
  const other = world.connect("192.0.2.10", pe("2"));
  other.registered("web", element(1));
});

Deno.test("a pool handle as long as a message is refused without security, whatever asks", () => {
  const world = secured();
  const poolHandle = "a".repeat(65_512);
  const plain = world.connect();
  for (const length of [65_512, 65_511, 65_508, 65_504]) {
    const peIdentifier = 1;
    const handle = poolHandle.slice(0, length);
    plain.send({ type: "ASAP_DEREGISTRATION", poolHandle: handle, peIdentifier });
    const answer = plain.received.shift();
    assert(answer?.type === "ASAP_ERROR" || answer?.type === "ASAP_DEREGISTRATION_RESPONSE");
    assert.deepEqual(codes(answer.causes), [SECURITY]);
  }
  plain.send({ type: "ASAP_HANDLE_RESOLUTION", poolHandle, dynamicUpdates: true });
  assert.deepEqual(codes(plain.take("ASAP_HANDLE_RESOLUTION_RESPONSE").causes), [SECURITY]);
});

Deno.test("an element as long as it may be is stored with its owner, too", () => {
  const bytes = poolElementBytes(element(1));
  const world = secured({ limits: { maxElementBytes: bytes } });
  const peer = world.peer(0x2, { party: registrar("r2") });
  peer.update(ADD_PE, "web", { ...element(1), owner: ownerNamed("pe-1") });
  assert.deepEqual(world.told("update-not-stored"), []);
  assert.equal(world.statistics().poolElements, 1);
});

Deno.test("an owner of an unknown kind is refused: nobody is dialled without security", () => {
  const world = secured();
  const peer = world.peer(0x2, { party: registrar("r2") });
  const owner = { ...ownerNamed("pe-1"), kind: "0x0007" } as const;
  peer.update(ADD_PE, "web", { ...element(1, { asapPort: 4000 }), owner });
  assert.deepEqual(codes(takeCauses(peer)), [SECURITY]);
  assert.equal(world.statistics().poolElements, 0);
});

Deno.test("who was dialled and may be no registrar is told nothing, and dialled again", () => {
  for (const party of [{}, ANYBODY, pe("1"), { security: "psk", identity: "oncall" }] as const) {
    const world = secured({ mentors: [{ host: "192.0.2.2", port: 9902 }] });
    world.start();
    const stranger = world.answerDial(party);
    assert.deepEqual(stranger.received, [], JSON.stringify(party));
    assert.equal(stranger.isClosed, true);
    assert.equal(world.told("peer-unreachable")[0]!.reason, "unauthorized");
    world.advance(60_000);
    assert(world.dials.length > 0);
  }
});

Deno.test("a registrar whose permission ends before it says who it is is dialled again", () => {
  const mentors = [{ host: "192.0.2.2", port: 9902 }];
  const world = secured({ mentors });
  world.start();
  const peer = world.answerDial(registrar("r2"));
  permit(world, { identities: [] });
  assert.equal(peer.isClosed, true);
  world.advance(2000);
  assert.deepEqual(world.takeDial().to, mentors[0]);
});

Deno.test("nobody takes a peer's place by naming its address", () => {
  const world = secured();
  const victim = world.peer(0x2, { party: registrar("r2"), host: "192.0.2.2" });
  victim.leave();
  const rogue = world.unknownPeer(0x3, { party: registrar("r3"), host: "192.0.2.3" });
  rogue.presence({ serverInformation: server(0x3, "192.0.2.2") });
  assert.deepEqual(world.told("peer-dead"), []);
  world.advance(world.timing.maxTimeNoResponseMs / 2);
  assert(world.dials.some(({ to }) => to.host === "192.0.2.2"), "it is dialled all the same");
});

Deno.test("a registrar that has restarted with another identifier replaces itself", () => {
  const world = secured();
  world.peer(0x2, { party: registrar("r2"), host: "192.0.2.2" }).leave();
  world.peer(0x4, { party: registrar("r2"), host: "192.0.2.2" });
  assert.deepEqual(world.told("peer-dead").map(({ why }) => why), ["replaced"]);
});

Deno.test("a secured registrar has no rsplib for a peer", () => {
  assert.throws(() => secured({ rsplibPeers: "all" }), RangeError);
  const rsplibPeers = [{ host: "192.0.2.7", port: 9901 }];
  assert.throws(() => secured({ rsplibPeers }), RangeError);
  secured({ rsplibPeers: [] });
});

Deno.test("reporters without an identity are one, whatever addresses they have", () => {
  const world = secured({ timing: { maxBadPeReport: 1 } });
  world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  for (const host of ["192.0.2.51", "192.0.2.52", "192.0.2.53"]) {
    world.connect(host, ANYBODY).reportUnreachable("web", 1);
  }
  assert.deepEqual(world.removals(), []);
  for (const name of ["1", "2"]) world.connect("192.0.2.60", pe(name)).reportUnreachable("web", 1);
  assert.deepEqual(world.removals(), ["unreachable-reports"]);
});

Deno.test("an endpoint that two identities name is dialled as each of them is secured", () => {
  const world = secured();
  const host = "192.0.2.10";
  const rogue = world.connect(host, WIDE).registered("web", element(2, { asapPort: 4000 }));
  const owner = world.connect(host, pe("1")).registered("web", element(1, { asapPort: 4000 }));
  rogue.leave();
  owner.leave();
  assert.deepEqual(world.dials.map(({ security }) => security), ["psk", "certificate"]);
  world.failDial("security");
  const same = world.answerDial(pe("1"));
  same.acknowledge("web", 1);
  assert.deepEqual(world.told("pool-element-recovered").map(({ identifier }) => identifier), [1]);
  assert.equal(world.statistics().dialledEndpoints, 1);
  same.leave();
});

function readTable(world: World, host: string) {
  const reader = world.connect(host, { protocol: "ENRP", ...ANYBODY });
  const request = { sender: 0, receiver: 0, ownChildrenOnly: false };
  reader.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...request });
  return reader.take("ENRP_HANDLE_TABLE_RESPONSE");
}

Deno.test("whoever reads the table leaves half of the downloads to peers", () => {
  const world = secured({ limits: { maxDownloads: 4, tablePageElements: 1 } });
  const owner = world.connect("192.0.2.10", pe("1"));
  for (const identifier of [1, 2, 3]) owner.registered("web", element(identifier));
  const answers = [1, 2, 3].map((each) => readTable(world, `192.0.2.10${each}`));
  assert.deepEqual(answers.map(({ reject }) => reject), [false, false, true]);
  for (const identifier of [0x2, 0x3]) {
    const peer = world.peer(identifier, { party: registrar(`r${identifier}`) });
    assert.equal(peer.requestTable(false).reject, false);
  }
  const last = world.peer(0x4, { party: registrar("r4") });
  assert.equal(last.requestTable(false).reject, true);
});

Deno.test("what observers ask is counted, what peers ask is not", () => {
  const rates = { ...DEFAULT_RATES, resolutionsPerSecond: 1, burstSeconds: 2 };
  const world = secured({ rates });
  const operator = world.connect("192.0.2.9", {
    protocol: "ENRP",
    security: "psk",
    identity: "oncall",
  });
  const list = { type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 } as const;
  for (let i = 0; i < 3; i++) operator.send(list);
  assert.deepEqual(operator.takeAll("ENRP_LIST_RESPONSE").map(({ reject }) => reject), [
    false,
    false,
    true,
  ]);
  assert.deepEqual(codes(operator.takeOnly("ENRP_ERROR").causes), [CAUSE.lackOfResources]);
  const peer = world.peer(0x2, { party: registrar("r2") });
  for (let i = 0; i < 5; i++) assert.equal(peer.requestList().reject, false);
});

Deno.test("whoever reads one pool reads of one's own children those in it", () => {
  const world = secured({ permissions: { ...PERMISSIONS, read: ["web"] } });
  world.connect("192.0.2.10", WIDE).registered("mail", element(1)).registered("web", element(2));
  const peer = world.peer(0x2, { party: registrar("r2") });
  peer.update(ADD_PE, "web", { ...element(3), owner: ownerNamed("pe-1") });
  const reader = world.connect("192.0.2.9", { protocol: "ENRP", ...ANYBODY });
  const request = { sender: 0, receiver: 0, ownChildrenOnly: true };
  reader.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...request });
  const { pools } = reader.take("ENRP_HANDLE_TABLE_RESPONSE");
  assert.deepEqual(pools.map(({ poolHandle, poolElements }) => [poolHandle, poolElements.length]), [
    ["web", 1],
  ]);
});

/** The same permissions, but who is called `pe-1` or `r2` has a name. */
const NAMED: Permissions = {
  ...PERMISSIONS,
  identities: [
    { name: "one", proofs: [{ kind: "certificate", name: "pe-1" }], register: ["web"] },
    { name: "two", proofs: [{ kind: "certificate", name: "r2" }], registrar: true },
    ...PERMISSIONS.identities,
  ],
};

Deno.test("who gets another name in the permissions keeps what it has", () => {
  const world = secured();
  const owner = world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const peer = world.peer(0x2, { party: registrar("r2") });
  permit(world, NAMED);
  assert.equal(owner.isClosed || peer.isClosed, false);
  assert.deepEqual(world.removals(), []);
  const { poolElement } = peer.takeOnly("ENRP_HANDLE_UPDATE");
  assert.equal(poolElement.owner?.digest, digest("name:one"));
  owner.registered("web", element(1));
  peer.leave();
  world.peer(0x2, { party: registrar("r2") });
  assert.equal(world.statistics().peers, 1);
  assert.equal(world.told("refused").length, 0);
});

Deno.test("an element that may be registered no more is told, if its association stays", () => {
  const world = secured();
  const owner = world.connect("192.0.2.10", WIDE);
  owner.registered("web", element(1)).registered("mail", element(2));
  const identities = [{ ...PERMISSIONS.identities[1]!, register: ["web"] }];
  permit(world, { ...PERMISSIONS, identities });
  const told = owner.takeOnly("ASAP_DEREGISTRATION_RESPONSE");
  assert.deepEqual([told.poolHandle, told.peIdentifier, codes(told.causes)], ["mail", 2, [
    SECURITY,
  ]]);
  assert.equal(owner.isClosed, false);
});

Deno.test("an element that loses its identifier to another owner is told, if others stay", () => {
  const world = secured();
  const peer = world.peer(REGISTRAR + 1, { party: registrar("r2") });
  const owner = world.connect("192.0.2.10", pe("1"));
  owner.registered("web", element(1)).registered("web", element(2));
  peer.update(ADD_PE, "web", { ...element(1), owner: ownerNamed("pe-2") });
  const { peIdentifier, causes } = owner.takeOnly("ASAP_DEREGISTRATION_RESPONSE");
  assert.deepEqual([peIdentifier, codes(causes)], [1, [SECURITY]]);
  assert.equal(owner.isClosed, false);
  assert.equal(world.statistics().children, 1);
});

Deno.test("after a restart with its identifier, what it owned is still its owners'", () => {
  const world = secured({ mentors: [{ host: "192.0.2.2", port: 9902 }] });
  world.start();
  const mentor = world.answerPeerDial(0x2, { party: registrar("r2"), attends: false });
  mentor.list([]);
  const before = [1, 2].map((identifier) => ({
    ...element(identifier, { asapPort: 4000 + identifier }),
    home: REGISTRAR,
    owner: ownerNamed("pe-1"),
  }));
  mentor.page([{ poolHandle: "web", poolElements: before }]);
  world.advance(10);
  assert.deepEqual(world.dials.map(({ security }) => security), ["certificate", "certificate"]);
  const impostor = world.answerDial(pe("2"));
  impostor.acknowledge("web", 1);
  const same = world.answerDial(pe("1"));
  same.acknowledge("web", 2);
  assert.deepEqual(world.told("pool-element-adopted").map(({ identifier }) => identifier), [2]);
  world.advance(world.timing.keepAliveTimeoutMs);
  assert.deepEqual(world.removals(), ["keep-alive-timed-out"]);
  world.advance(2 * world.timing.maxTimeNoResponseMs);
  const other = world.connect("192.0.2.10", pe("2"));
  assert.deepEqual(codes(other.rejected("web", element(2))), [SECURITY]);
});

Deno.test("elements of a registrar that is taken over answer to it as who they are", () => {
  const world = secured();
  const peer = world.peer(0x2, { party: registrar("r2") });
  const own = { ...element(1, { asapPort: 4000 }), owner: ownerNamed("pe-1") };
  peer.update(ADD_PE, "web", own, { takeoverSuggestion: true });
  const impostor = world.answerDial(pe("2"));
  impostor.take("ASAP_ENDPOINT_KEEP_ALIVE");
  impostor.acknowledge("web", 1);
  assert.deepEqual(codes(impostor.rejected("web", element(1))), [SECURITY]);
  assert.deepEqual(codes(impostor.deregister("web", 1).causes), [SECURITY]);
  assert.deepEqual(world.told("pool-element-adopted"), []);
  world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  assert.deepEqual(world.removals(), []);
});

Deno.test("a peer that speaks as an observer, or as another, changes nothing", () => {
  const world = secured();
  const peer = world.peer(0x2, { party: registrar("r2") });
  const own = { ...element(1), home: 0x2, owner: ownerNamed("pe-1") };
  peer.send({
    type: "ENRP_HANDLE_UPDATE",
    sender: 0,
    receiver: 0,
    takeoverSuggestion: false,
    action: ADD_PE,
    poolHandle: "web",
    poolElement: own,
  });
  assert.deepEqual(codes(takeCauses(peer)), [SECURITY]);
  for (const sender of [REGISTRAR, 0x3]) {
    const update = { sender, poolElement: { ...own, home: sender } };
    peer.update(ADD_PE, "web", own, update);
  }
  assert.equal(world.statistics().poolElements, 0);
  assert.equal(world.statistics().peers, 1);
});

Deno.test("a pool handle that is refused is told short and on one line", () => {
  const world = secured();
  const plain = world.connect();
  const poolHandle = `a\nb${"c".repeat(60_000)}`;
  plain.send({ type: "ASAP_HANDLE_RESOLUTION", poolHandle, dynamicUpdates: false });
  const { why } = world.told("refused")[0]!;
  assert(why.length < 200 && !why.includes("\n"), why);
});
