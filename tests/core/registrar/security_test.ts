import assert from "node:assert/strict";
import type { Permissions } from "../../../lib/core/mod.ts";
import type { Party } from "../../../lib/core/security/authorize.ts";
import { ADD_PE, CAUSE } from "../../../lib/wire/mod.ts";
import { codes, element, REGISTRAR } from "./registrar_world.ts";
import {
  ANYBODY,
  ownerNamed,
  pe,
  PERMISSIONS,
  permit,
  registrar,
  secured,
  SECURITY,
  takeCauses,
} from "./secured_world.ts";

Deno.test("who comes without security is answered with 0xa, and changes nothing", () => {
  const world = secured();
  const plain = world.connect();
  assert.deepEqual(codes(plain.rejected("web", element(1))), [SECURITY]);
  assert.deepEqual(codes(plain.deregister("web", 1).causes), [SECURITY]);
  assert.deepEqual(codes(plain.resolve("web").causes), [SECURITY]);
  plain.reportUnreachable("web", 1);
  assert.deepEqual(codes(takeCauses(plain)), [SECURITY]);
  plain.acknowledge("web", 1);
  assert.deepEqual(plain.received, []);
  assert.equal(world.statistics().poolElements, 0);
});

Deno.test("a secured registrar's plaintext ENRP is reject-only, and makes nobody a peer", () => {
  const world = secured();
  const observer = world.observer();
  observer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
  assert.deepEqual(codes(takeCauses(observer)), [SECURITY]);
  assert.equal(observer.take("ENRP_LIST_RESPONSE").reject, true);
  observer.send({
    type: "ENRP_HANDLE_TABLE_REQUEST",
    sender: 0,
    receiver: 0,
    ownChildrenOnly: false,
  });
  assert.deepEqual(codes(takeCauses(observer)), [SECURITY]);
  assert.equal(observer.take("ENRP_HANDLE_TABLE_RESPONSE").reject, true);
  const peer = world.unknownPeer(0x2);
  peer.presence();
  assert.deepEqual(codes(takeCauses(peer)), [SECURITY]);
  assert.equal(world.statistics().peers, 0);
});

Deno.test("with insecure resolution allowed, plaintext users resolve, and do nothing else", () => {
  const world = secured({ allowInsecureResolution: true });
  world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const plain = world.connect("192.0.2.11");
  assert.equal(plain.resolve("web").poolElements.length, 1);
  plain.reportUnreachable("web", 1);
  assert.deepEqual(codes(takeCauses(plain)), [SECURITY]);
  assert.deepEqual(codes(plain.rejected("web", element(2, { host: "192.0.2.11" }))), [SECURITY]);
});

Deno.test("an element registers in the pools of its permission, and in no other", () => {
  const world = secured();
  const client = world.connect("192.0.2.10", pe("1"));
  client.registered("web", element(1));
  assert.deepEqual(codes(client.rejected("mail", element(1))), [SECURITY]);
  assert.match(world.told("registration-rejected")[0]!.why, /certificate:pe-1 .* pool "mail"/);
  assert.deepEqual(codes(world.connect("192.0.2.9", ANYBODY).rejected("web", element(2))), [
    SECURITY,
  ]);
});

Deno.test("nobody else re-registers, de-registers or answers for an element, lost or not", () => {
  const world = secured();
  const owner = world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const other = world.connect("192.0.2.10", pe("2"));
  const attempt = () => {
    assert.deepEqual(codes(other.rejected("web", element(1))), [SECURITY]);
    assert.deepEqual(codes(other.deregister("web", 1).causes), [SECURITY]);
    other.acknowledge("web", 1);
  };
  attempt();
  owner.leave();
  attempt();
  assert.equal(world.statistics().poolElements, 1);
  const again = world.connect("192.0.2.11", pe("1"));
  assert.equal(again.deregister("web", 1).causes, undefined);
});

Deno.test("what a registration says of an owner counts for nothing", () => {
  const world = secured();
  const owner = ownerNamed("pe-2");
  world.connect("192.0.2.10", pe("1")).registered("web", { ...element(1), owner });
  const other = world.connect("192.0.2.10", pe("2"));
  assert.deepEqual(codes(other.rejected("web", element(1))), [SECURITY]);
  assert.equal("owner" in other.resolve("web").poolElements[0]!, false, "users are not told");
});

Deno.test("registered addresses are the observed one or of the identity's ranges", () => {
  const world = secured();
  const wide = world.connect("192.0.2.10", { security: "psk", identity: "wide" });
  wide.registered("web", element(1, { host: "198.51.100.7", asapPort: 4000 }));
  assert.deepEqual(codes(wide.rejected("web", element(2, { host: "203.0.113.1" }))), [
    CAUSE.invalidValues,
  ]);
  const narrow = world.connect("192.0.2.10", pe("1"));
  assert.deepEqual(codes(narrow.rejected("web", element(3, { host: "198.51.100.7" }))), [
    CAUSE.invalidValues,
  ]);
  wide.leave();
  assert.deepEqual(world.takeDial().to, { host: "198.51.100.7", port: 4000 });
});

Deno.test("an endpoint is dialled as its owner is secured, and only the owner answers", () => {
  const world = secured();
  for (
    const [party, security] of [[pe("1"), "certificate"], [
      { security: "psk", identity: "wide" },
      "psk",
    ]] as const
  ) {
    const host = security === "psk" ? "192.0.2.20" : "192.0.2.21";
    const owner = world.connect(host, party).registered(
      "web",
      element(1, { host, asapPort: 4000 }),
    );
    owner.leave();
    assert.equal(world.dials[0]!.security, security);
    const impostor = world.answerDial(pe("2"));
    impostor.take("ASAP_ENDPOINT_KEEP_ALIVE");
    impostor.acknowledge("web", 1);
    assert.deepEqual(world.told("pool-element-recovered"), []);
    world.advance(world.timing.keepAliveTimeoutMs);
    assert.equal(world.removals().at(-1), "keep-alive-timed-out");
  }
  const client = world.connect("192.0.2.10", pe("1"));
  client.registered("web", element(2, { asapPort: 4000 })).leave();
  const same = world.answerDial(pe("1"));
  same.take("ASAP_ENDPOINT_KEEP_ALIVE");
  same.acknowledge("web", 2);
  assert.equal(world.told("pool-element-recovered").length, 1);
});

Deno.test("a peer needs the permission, and in a certificate the role", () => {
  const world = secured();
  const attempts: readonly Party[] = [
    { security: "certificate", identity: "r2" },
    { security: "certificate", identity: "pe-1", isRegistrar: true },
    { security: "psk", identity: "oncall" },
    ANYBODY,
  ];
  for (const party of attempts) {
    const peer = world.unknownPeer(0x2, { party });
    peer.presence();
    assert.deepEqual(codes(takeCauses(peer)), [SECURITY], JSON.stringify(party));
  }
  assert.equal(world.statistics().peers, 0);
  world.peer(0x2, { party: registrar("r2") });
  assert.equal(world.statistics().peers, 1);
});

Deno.test("a registrar's identifier is that of its identity as long as it is a peer", () => {
  const world = secured();
  world.peer(0x2, { party: registrar("r2") });
  const other = world.unknownPeer(0x2, { party: registrar("r3") });
  other.presence();
  assert.deepEqual(codes(takeCauses(other)), [SECURITY]);
  assert.equal(other.isClosed, true);
  assert.match(world.told("refused").at(-1)!.why, /certificate:r3 may not speak for 0x00000002/);
  world.peer(0x2, { party: registrar("r2") });
  world.peer(0x3, { party: registrar("r3") });
  assert.equal(world.statistics().peers, 2);
});

Deno.test("peers are told who owns an element, operators are not", () => {
  const world = secured();
  const peer = world.peer(0x2, { party: registrar("r2") });
  world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const update = peer.take("ENRP_HANDLE_UPDATE");
  assert.deepEqual(update.poolElement.owner, ownerNamed("pe-1"));
  peer.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...peer.between, ownChildrenOnly: true });
  const [pool] = peer.take("ENRP_HANDLE_TABLE_RESPONSE").pools;
  assert.deepEqual(pool!.poolElements[0]!.owner, ownerNamed("pe-1"));
  const operator = world.connect("192.0.2.9", {
    protocol: "ENRP",
    security: "psk",
    identity: "oncall",
  });
  const request = { sender: 0, receiver: 0, ownChildrenOnly: false };
  operator.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...request });
  const [seen] = operator.take("ENRP_HANDLE_TABLE_RESPONSE").pools;
  assert.equal("owner" in seen!.poolElements[0]!, false);
});

Deno.test("whoever reads some pools sees those in the handle table, and no others", () => {
  const permissions: Permissions = { ...PERMISSIONS, read: ["web"] };
  const world = secured({ permissions });
  const wide = world.connect("192.0.2.10", { security: "psk", identity: "wide" });
  wide.registered("web", element(1)).registered("mail", element(2));
  const reader = world.connect("192.0.2.9", { protocol: "ENRP", ...ANYBODY });
  const request = { sender: 0, receiver: 0, ownChildrenOnly: false };
  reader.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...request });
  const { pools } = reader.take("ENRP_HANDLE_TABLE_RESPONSE");
  assert.deepEqual(pools.map(({ poolHandle }) => poolHandle), ["web"]);
});

Deno.test("an element of a peer belongs to its owner here, too", () => {
  const world = secured();
  const peer = world.peer(0x2, { party: registrar("r2") });
  const owner = ownerNamed("pe-1");
  peer.update(ADD_PE, "web", { ...element(1), home: 0x2, owner });
  const other = world.connect("192.0.2.10", pe("2"));
  assert.deepEqual(codes(other.rejected("web", element(1))), [SECURITY]);
  assert.deepEqual(codes(other.deregister("web", 1).causes), [SECURITY]);
  // From any address: it is known by what it proves.
  world.connect("192.0.2.77", pe("1")).registered("web", element(1, { host: "192.0.2.77" }));
  assert.equal(world.statistics().children, 1);
});

Deno.test("an update that names no owner is refused: there is no mixed database", () => {
  const world = secured();
  const peer = world.peer(0x2, { party: registrar("r2") });
  peer.update(ADD_PE, "web", { ...element(1), home: 0x2 });
  assert.deepEqual(codes(takeCauses(peer)), [SECURITY]);
  assert.equal(world.statistics().poolElements, 0);
});

Deno.test("of two homes that granted one identifier to two owners the larger one decides", () => {
  for (const identifier of [REGISTRAR - 1, REGISTRAR + 1]) {
    const world = secured();
    const mine = world.connect("192.0.2.10", pe("1")).registered("web", element(1));
    const peer = world.peer(identifier, { party: registrar("r2") });
    const rival = { ...element(1), home: identifier, owner: ownerNamed("pe-2") };
    peer.received.length = 0;
    peer.update(ADD_PE, "web", rival);
    const yields = identifier > REGISTRAR;
    assert.equal(mine.isClosed, yields);
    assert.equal(world.statistics().children, yields ? 0 : 1);
    const [conflict] = world.told("owner-conflict");
    assert.equal(conflict!.yields, yields);
    if (!yields) assert.deepEqual(codes(takeCauses(peer)), [SECURITY]);
    const [listed] = world.connect("192.0.2.9", ANYBODY).resolve("web").poolElements;
    assert.equal(listed!.home, yields ? identifier : REGISTRAR);
  }
});

Deno.test("a home that has removed one owner's element and granted another's is believed", () => {
  const world = secured();
  const peer = world.peer(0x2, { party: registrar("r2") });
  peer.update(ADD_PE, "web", { ...element(1), home: 0x2, owner: ownerNamed("pe-1") });
  peer.update(ADD_PE, "web", { ...element(1), home: 0x2, owner: ownerNamed("pe-2") });
  assert.deepEqual(peer.takeAll("ENRP_ERROR"), []);
  const other = world.connect("192.0.2.10", pe("2"));
  other.registered("web", element(1));
});

Deno.test("reporters are told apart by identity, and without one by address", () => {
  const world = secured({ timing: { maxBadPeReport: 1 } });
  world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  for (const _ of [1, 2, 3]) world.connect("192.0.2.50", ANYBODY).reportUnreachable("web", 1);
  assert.deepEqual(world.told("unreachable-reported").map(({ reporters }) => reporters), [1, 1, 1]);
});

Deno.test("other permissions disturb nobody who is still entitled", () => {
  const world = secured();
  const owner = world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const peer = world.peer(0x2, { party: registrar("r2") });
  const user = world.connect("192.0.2.9", ANYBODY);
  user.resolve("web", undefined, true);
  permit(world, { ...PERMISSIONS, identities: [...PERMISSIONS.identities] });
  for (const client of [owner, peer, user]) {
    assert.equal(client.isClosed, false);
    assert.deepEqual(client.received, []);
  }
  assert.equal(world.statistics().children, 1);
});

Deno.test("other permissions drop elements, peers and subscribers entitled no more", () => {
  const world = secured();
  const owner = world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const peer = world.peer(0x2, { party: registrar("r2") });
  const user = world.connect("192.0.2.9", ANYBODY);
  world.connect("192.0.2.11", { security: "psk", identity: "wide" })
    .registered("web", element(2, { host: "192.0.2.11" }));
  user.resolve("web", undefined, true);
  permit(world, { identities: [PERMISSIONS.identities[1]!] });
  assert.deepEqual(world.removals(), ["unauthorized"]);
  assert.equal(owner.isClosed && peer.isClosed && user.isClosed, true);
  assert.deepEqual(codes(user.take("ASAP_HANDLE_RESOLUTION_RESPONSE").causes), [SECURITY]);
  assert.equal(world.statistics().children, 1, "the other one's is still here");
  assert.equal(world.statistics().subscriptions, 0);
});

Deno.test("insecure resolution that is allowed no more ends what plaintext users watch", () => {
  const world = secured({ allowInsecureResolution: true });
  world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const plain = world.connect("192.0.2.9");
  plain.resolve("web", undefined, true);
  permit(world, PERMISSIONS);
  assert.deepEqual(codes(plain.take("ASAP_HANDLE_RESOLUTION_RESPONSE").causes), [SECURITY]);
});
