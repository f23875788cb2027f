/** RFC 5355, the requirements that a registrar, its elements and its users hold by themselves. */
import assert from "node:assert/strict";
import type { Party } from "../../lib/core/security/authorize.ts";
import { Cluster, type Credentials } from "../../lib/sim/mod.ts";
import { ADD_PE, CAUSE, DEL_PE } from "../../lib/wire/mod.ts";
import { codes, element, REGISTRAR, World } from "../core/registrar/registrar_world.ts";
import {
  ANYBODY,
  ownerNamed,
  pe,
  PERMISSIONS,
  registrar,
  secured,
  SECURITY,
  takeCauses,
} from "../core/registrar/secured_world.ts";

/** Who asks, and may not: without TLS, without a certificate, with one that is not entitled. */
const UNAUTHENTICATED: readonly Party[] = [{}, ANYBODY];
const UNAUTHORIZED: readonly Party[] = [
  { security: "certificate", identity: "nobody" },
  { security: "psk", identity: "nobody" },
  { security: "psk", identity: "pe-1" },
  { security: "psk", identity: "oncall" },
  registrar("r2"),
];

/** Sizes of all tables but those of who is connected. */
function stateOf(world: World): object {
  const { associations: _, ...others } = world.statistics();
  return others;
}

/** Nothing that they ask of an element leaves anything behind, and all of it is refused. */
function assertNoState(parties: readonly Party[], poolHandle = "web"): void {
  const world = secured();
  const own = world.connect("192.0.2.10", pe("1")).registered("web", element(1));
  const before = stateOf(world);
  for (const party of parties) {
    const client = world.connect("192.0.2.66", party);
    for (const identifier of [1, 2]) {
      const rejected = client.rejected(poolHandle, element(identifier, { host: "192.0.2.66" }));
      assert.deepEqual(codes(rejected), [SECURITY], JSON.stringify(party));
      assert.deepEqual(codes(client.deregister(poolHandle, identifier).causes), [SECURITY]);
      client.acknowledge(poolHandle, identifier);
    }
    assert.deepEqual(client.received, []);
  }
  assert.deepEqual(stateOf(world), before);
  assert.deepEqual([own.received, own.isClosed, world.dials], [[], false, []]);
}

Deno.test(
  "RFC 5355 §2.1.3: An ENRP server that receives a registration/de-registration MUST NOT create " +
    "or update state information until it has authenticated the PE.",
  () => assertNoState(UNAUTHENTICATED),
);

Deno.test(
  "RFC 5355 §2.2.3: An ENRP server … MUST NOT create or update state information until the " +
    "authentication information of the registering/de-registering entity is verified.",
  () => assertNoState([...UNAUTHENTICATED, ...UNAUTHORIZED]),
);

Deno.test(
  "RFC 5355 §2.3.3: A PE can register only for itself and cannot register on behalf of other PEs.",
  () => {
    const world = secured();
    const own = world.connect("192.0.2.10", pe("1")).registered("web", element(1));
    const peer = world.peer(0x2, { party: registrar("r2") });
    peer.update(ADD_PE, "web", { ...element(2), owner: ownerNamed("pe-1") });
    const others: readonly Party[] = [pe("2"), { security: "psk", identity: "wide" }];
    for (const party of others) {
      const other = world.connect("192.0.2.10", party);
      for (const identifier of [1, 2]) {
        assert.deepEqual(codes(other.rejected("web", element(identifier))), [SECURITY]);
        assert.deepEqual(codes(other.deregister("web", identifier).causes), [SECURITY]);
      }
    }
    assert.deepEqual([own.received, own.isClosed], [[], false]);
    assert.deepEqual(peer.takeAll("ENRP_HANDLE_UPDATE"), []);
    const narrow = world.connect("192.0.2.66", pe("3"));
    const elsewhere = codes(narrow.rejected("web", element(3, { host: "192.0.2.10" })));
    assert.deepEqual(elsewhere, [CAUSE.invalidValues], "nor at the address of another");
  },
);

Deno.test(
  "RFC 5355 §2.4.3: An ENRP server … MUST NOT create or update state information until it has " +
    "authorized the requesting entity.",
  () => {
    assertNoState(UNAUTHORIZED);
    assertNoState([pe("1"), pe("2")], "mail");
  },
);

Deno.test("RFC 5355 §2.4.3: having a pre-shared-key constitutes authorization", () => {
  const world = secured();
  const wide = world.connect("192.0.2.10", { security: "psk", identity: "wide" });
  wide.registered("web", element(1)).registered("anything", element(1));
  assert.equal(world.statistics().children, 2);
});

Deno.test("RFC 5355 §2.5.3: ENRP servers MUST perform mutual authentication.", () => {
  const world = secured();
  const before = stateOf(world);
  const parties: readonly Party[] = [
    ...UNAUTHENTICATED,
    ...UNAUTHORIZED.slice(0, 4),
    pe("1"),
    { security: "certificate", identity: "r2" },
    { security: "certificate", identity: "pe-1", isRegistrar: true },
  ];
  for (const party of parties) {
    const rogue = world.unknownPeer(0x2, { party, attends: false });
    rogue.presence();
    rogue.update(ADD_PE, "web", { ...element(1), owner: ownerNamed("pe-1") });
    rogue.update(DEL_PE, "web", { ...element(1), owner: ownerNamed("pe-1") });
    rogue.takeOver(REGISTRAR);
    rogue.initTakeover(0x3);
    rogue.list([]);
    rogue.page([]);
    for (const { causes } of rogue.takeAll("ENRP_ERROR")) {
      assert.deepEqual(codes(causes), [SECURITY]);
    }
    assert.deepEqual(rogue.received, [], JSON.stringify(party));
    rogue.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...rogue.between, ownChildrenOnly: false });
    assert.equal(rogue.takeOnly("ENRP_HANDLE_TABLE_RESPONSE").reject, true);
  }
  assert.deepEqual(stateOf(world), before);
});

Deno.test(
  "RFC 5355 §2.5.3: ENRP servers MUST perform mutual authentication: who was dialled, too",
  () => {
    const world = secured({ mentors: [{ host: "192.0.2.2", port: 9902 }] });
    world.start();
    const rogue = world.answerDial({ security: "certificate", identity: "r2" });
    assert.deepEqual([rogue.received, rogue.isClosed], [[], true]);
    assert.equal(world.statistics().peers, 0);
  },
);

/** Who listens where a registrar should, and is none: it has no role, no proof, or is another's. */
const ROGUES: readonly (readonly Credentials[])[] = [
  [],
  [{ kind: "certificate" }],
  [{ kind: "certificate", identity: "registrar-R9" }],
];

function withRogue(credentials: readonly Credentials[]) {
  const cluster = new Cluster({ seed: 1, security: {} });
  const rogue = cluster.addRegistrar("rogue", { credentials });
  const honest = cluster.addRegistrar("honest");
  return { cluster, rogue, honest, registrars: [rogue.asap, honest.asap] };
}

Deno.test("RFC 5355 §2.6.3: The PE MUST authenticate the ENRP server.", () => {
  for (const credentials of ROGUES) {
    const { cluster, honest, registrars } = withRogue(credentials);
    const client = cluster.addElement({ registrars, order: "given" });
    client.register();
    cluster.advance(60_000);
    assert.deepEqual([client.state, client.home], ["registered", honest.identifier]);
  }
});

Deno.test("RFC 5355 §2.7.3: ASAP SHOULD authenticate the ENRP server.", () => {
  for (const credentials of ROGUES) {
    const { cluster, honest, registrars } = withRogue(credentials);
    const user = cluster.addUser({ registrars, order: "given" });
    user.resolve("web");
    cluster.advance(60_000);
    assert.deepEqual([user.home, user.openRequests], [honest.asap, 0]);
  }
});

Deno.test(
  "RFC 5355 §2.15.3: the entire ENRP server database MUST be secure; that is, it has " +
    "registrations exclusively from PEs that have used security mechanisms",
  () => {
    const world = secured({ allowInsecureResolution: true });
    assert.deepEqual(codes(world.connect().rejected("web", element(1))), [SECURITY]);
    const peer = world.peer(0x2, { party: registrar("r2"), attends: false });
    peer.update(ADD_PE, "web", element(1));
    assert.deepEqual(codes(takeCauses(peer)), [SECURITY], "an element without an owner");
    peer.leave();
    world.advance(world.timing.maxTimeLastHeardMs + 2 * world.timing.maxTimeNoResponseMs);
    assert.equal(world.statistics().poolElements, 0);
  },
);

Deno.test(
  "RFC 5355 §2.15.3: the entire database MUST be insecure; that is, registrations are from PEs " +
    "that have used no security mechanisms: nobody has an owner then",
  () => {
    const world = new World();
    const peer = world.peer(0x2);
    world.connect("192.0.2.10").registered("web", { ...element(1), owner: ownerNamed("pe-1") });
    assert.equal(peer.take("ENRP_HANDLE_UPDATE").poolElement.owner, undefined);
  },
);

Deno.test(
  "RFC 5355 §2.15.3: ENRP servers that support security MUST reject any PE server registration " +
    "that does not use the security mechanisms.",
  () => assertNoState([{}]),
);

Deno.test(
  "RFC 5355 §2.15.3: ENRP servers that support security MUST NOT accept updates from other ENRP " +
    "servers that do not use security mechanisms.",
  () => {
    const world = secured();
    const rogue = world.unknownPeer(0x2);
    rogue.update(ADD_PE, "web", { ...element(1), owner: ownerNamed("pe-1") });
    assert.deepEqual(codes(takeCauses(rogue)), [SECURITY]);
    assert.deepEqual([world.statistics().poolElements, world.statistics().peers], [0, 0]);
  },
);

Deno.test(
  "RFC 5355 §2.15.3: any information not sent using TLS to a secure ENRP server MUST be rejected.",
  () => {
    const world = secured({ permissions: { ...PERMISSIONS, read: ["*"] } });
    const asap = world.connect();
    assert.deepEqual(codes(asap.resolve("web").causes), [SECURITY]);
    asap.reportUnreachable("web", 1);
    assert.deepEqual(codes(takeCauses(asap)), [SECURITY]);
    const enrp = world.observer();
    for (const type of ["ENRP_LIST_REQUEST", "ENRP_PRESENCE"] as const) {
      enrp.send({ type, sender: 0, receiver: 0, replyRequired: true });
      assert.deepEqual(codes(enrp.takeOnly("ENRP_ERROR").causes), [SECURITY]);
    }
    assert.deepEqual(enrp.takeAll("ENRP_PRESENCE"), []);
  },
);
