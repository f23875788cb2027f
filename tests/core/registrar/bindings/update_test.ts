/** What a DHCP server says goes to all others. docs/dhcp.md §5.1, §5.2 and §6. */
import assert from "node:assert/strict";
import { CAUSE } from "../../../../lib/wire/mod.ts";
import { World } from "../registrar_world.ts";
import { PERMISSIONS, secured } from "../secured_world.ts";
import {
  addressesOf,
  askPeer,
  at,
  dhcp,
  DhcpClient,
  POOL,
  recordOf,
  speakingPeer,
} from "./dhcp_world.ts";

const A = "10.0.0.1";
const B = "10.0.0.2";

Deno.test("an update is taken, told to peers and to the other DHCP servers, and not echoed", () => {
  const world = new World();
  const peer = speakingPeer(world);
  const one = dhcp(world, 1).introduced().subscribed();
  const two = dhcp(world, 2).subscribed();
  peer.received.length = 0;
  const reply = one.says({ bindings: [at(A)] });
  assert.deepEqual([reply.reject, reply.refused, reply.bindings], [false, undefined, []]);
  assert.deepEqual(peer.takeAll("ENRP_BINDING_UPDATE").map(addressesOf), [[A]]);
  assert.deepEqual(two.told().map(addressesOf), [[A]]);
  assert.deepEqual(one.told(), []);
});

Deno.test("what is no news is told to nobody", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  const two = dhcp(world, 2).subscribed();
  one.says({ bindings: [at(A)] });
  two.told();
  one.says({ bindings: [at(A)] });
  assert.deepEqual(two.told(), []);
});

Deno.test("a reply says what is known to be newer", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  one.says({ bindings: [at(A, { counter: 5 })] });
  const reply = one.says({ bindings: [at(A, { counter: 4 }), at(B)] });
  assert.deepEqual(reply.bindings.map(({ address, counter }) => [address, counter]), [[A, 5]]);
});

Deno.test("an address outside the range is refused by name, and nothing else is lost", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  const reply = one.says({ bindings: [at("10.0.0.13"), at(A), at("192.0.2.1")] });
  assert.deepEqual(reply.refused, ["10.0.0.13", "192.0.2.1"]);
  assert.equal(reply.causes![0]!.code, CAUSE.invalidValues);
  assert.deepEqual(addressesOf(one.asks()), [A]);
  assert.equal(world.told("bindings-refused").length, 1);
});

Deno.test("what a peer passes on goes to the DHCP servers here, and to no other peer", () => {
  const world = new World();
  const [peer, other] = [speakingPeer(world, 2), speakingPeer(world, 3)];
  const one = dhcp(world, 1).introduced().subscribed();
  other.received.length = 0;
  peer.send({
    type: "ENRP_BINDING_UPDATE",
    ...peer.between,
    force: false,
    request: 0,
    poolHandle: POOL,
    servers: [recordOf(2)],
    bindings: [at(A)],
  });
  assert.deepEqual(one.told().map(addressesOf), [[A]]);
  assert.deepEqual(other.takeAll("ENRP_BINDING_UPDATE"), []);
});

Deno.test("peers that have not shown that they understand get nothing", () => {
  const world = new World();
  const peer = world.peer(2);
  dhcp(world, 1).introduced().says({ bindings: [at(A)] });
  assert.deepEqual(peer.takeAll("ENRP_BINDING_UPDATE"), []);
  askPeer(peer);
  assert.deepEqual(peer.takeAll("ENRP_BINDING_DUMP").map(addressesOf), [[A]]);
});

Deno.test("only a registered element of the pool writes", () => {
  const world = new World();
  dhcp(world, 1).introduced();
  const stranger = new DhcpClient(world, 2);
  const reply = stranger.says({ bindings: [at(A)] });
  assert.deepEqual([reply.reject, reply.causes![0]!.code], [true, CAUSE.unknownPoolHandle]);
  assert.equal(stranger.asks().reject, true);
});

Deno.test("without security an element is where it has registered from", () => {
  const world = new World();
  dhcp(world, 1).introduced();
  const another = new DhcpClient(world, 1, "192.0.2.66");
  const code = CAUSE.rejectedDueToSecurityConsiderations;
  assert.equal(another.says({ bindings: [at(A)] }).causes![0]!.code, code);
  const again = new DhcpClient(world, 1, "192.0.2.11");
  assert.equal(again.says({ bindings: [at(A)] }).reject, false);
});

Deno.test("a secured registrar takes the element's owner and nobody else", () => {
  const permissions = {
    ...PERMISSIONS,
    identities: [{ proofs: [{ kind: "psk", name: "dhcp*" }], register: ["dhcp/*"] }] as const,
  };
  const world = secured({ permissions });
  const own = { security: "psk", identity: "dhcp1" } as const;
  const other = { security: "psk", identity: "dhcp2" } as const;
  const as = (party: typeof own | typeof other | Record<never, never>, host: string) => {
    const made = Object.create(DhcpClient.prototype) as DhcpClient;
    const client = world.connect(host, party);
    return Object.assign(made, { world, client, identifier: 1, host, poolHandle: POOL });
  };
  as(own, "192.0.2.11").registered().introduced();
  assert.equal(as(own, "192.0.2.77").says({ bindings: [at(A)] }).reject, false);
  const code = CAUSE.rejectedDueToSecurityConsiderations;
  for (const party of [other, {}]) {
    const refused = as(party, "192.0.2.11").says({ bindings: [at(B)] });
    assert.deepEqual([refused.reject, refused.causes![0]!.code], [true, code]);
    assert.equal(as(party, "192.0.2.11").asks().reject, true);
  }
});

Deno.test("a DHCP server has one record, and does not say that it is down itself", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  const again = recordOf(1, { version: 2 });
  for (const servers of [[again, again], [{ ...again, flags: ["down"] as const }]]) {
    const reply = one.says({ servers });
    assert.deepEqual([reply.reject, reply.causes![0]!.code], [true, CAUSE.invalidValues]);
  }
});

Deno.test("a DHCP server passes on what it knows of others; what does not fit is ignored", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  dhcp(world, 2).introduced();
  const versionNow = () => {
    const asked = one.says({ servers: [recordOf(2, { version: 0 })] });
    return asked.servers.map(({ version, flags }) => [version, flags]);
  };
  for (const change of [{ share: 1 }, { shares: 9 }, { last: "10.9.0.0" }]) {
    const reply = one.says({ servers: [recordOf(2, { version: 9, ...change })] });
    assert.equal(reply.reject, false);
    assert.deepEqual(versionNow(), [[1, []]]);
  }
  const down = recordOf(2, { version: 9, flags: ["down"] });
  assert.equal(one.says({ servers: [recordOf(1, { version: 2 }), down] }).reject, false);
  assert.deepEqual(versionNow(), [[9, ["down"]]]);
  assert.deepEqual(one.says({ servers: [recordOf(2, { version: 12, claim: 2 })] }).servers, []);
  assert.deepEqual(versionNow(), [[12, []]]);
});

Deno.test("a record that does not fit the others is refused, with the reason in words", () => {
  const world = new World();
  dhcp(world, 1).introduced();
  const two = dhcp(world, 2);
  for (
    const [change, why] of [
      [{ share: 1 }, "its share 1/3 is that of dhcp1"],
      [{ shares: 4 }, "its share is one of 4, and that of dhcp1 one of 3"],
      [{ last: "10.0.0.99" }, "its range is 10.0.0.1-10.0.0.99, and that of dhcp1 is"],
      [{ last: "10.9.0.0" }, "its range, share or lease is out of bounds"],
    ] as const
  ) {
    const { reject, causes } = two.says({ servers: [recordOf(2, change)] });
    const text = new TextDecoder().decode(causes![0]!.information);
    assert(reject && text.startsWith(why), text);
  }
  assert.equal(two.says({ servers: [recordOf(2)] }).reject, false);
});

Deno.test("nothing is taken of a pool whose range nobody has said", () => {
  const world = new World();
  const reply = dhcp(world, 1).says({ bindings: [at(A)] });
  assert.deepEqual([reply.reject, reply.causes![0]!.code], [true, CAUSE.unknownPoolHandle]);
});

Deno.test("maxBindingPools: one pool more is refused, and the others go on", () => {
  const world = new World({ limits: { maxBindingPools: 1 } });
  const one = dhcp(world, 1).introduced();
  const other = new DhcpClient(world, 2, "192.0.2.12", "dhcp/lan2").registered();
  const reply = other.says({ servers: [recordOf(2)] });
  assert.deepEqual([reply.reject, reply.causes![0]!.code], [true, CAUSE.lackOfResources]);
  assert.equal(one.says({ bindings: [at(A)] }).reject, false);
});

Deno.test("two clients on one address are told of: the same one has it everywhere", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  const two = dhcp(world, 2).introduced();
  one.says({ bindings: [at(A, { counter: 3 })] });
  const loser = at(A, { counter: 2, server: 2, hardware: "52:54:00:00:00:02" });
  const reply = two.says({ bindings: [loser] });
  assert.deepEqual(reply.bindings.map(({ hardware }) => hardware), ["52:54:00:00:00:01"]);
  const [lost] = world.told("binding-lost");
  assert.deepEqual([lost!.ipAddress, lost!.hardware, lost!.winner], [
    A,
    "52:54:00:00:00:02",
    "52:54:00:00:00:01",
  ]);
});

Deno.test("a DHCP server that has left is told nothing, and nothing is remembered of it", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  const two = dhcp(world, 2).subscribed();
  assert.equal(world.statistics().bindingSubscriptions, 1);
  two.client.leave();
  assert.equal(world.statistics().bindingSubscriptions, 0);
  assert.equal(one.says({ bindings: [at(A)] }).reject, false);
});
