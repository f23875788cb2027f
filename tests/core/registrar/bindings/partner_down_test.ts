/** An operator's word that a DHCP server is down. docs/dhcp.md §3.5 and §6. */
import assert from "node:assert/strict";
import { CAUSE, INFINITE_LEASE } from "../../../../lib/wire/mod.ts";
import { World } from "../registrar_world.ts";
import { secured } from "../secured_world.ts";
import { dhcp, partnerDown, POOL, recordOf, speakingPeer } from "./dhcp_world.ts";

const LOCAL = "127.0.0.1";

/** A world with two DHCP servers, the first of which has gone. */
function withoutOne(lease = 600): World {
  const world = new World();
  const one = dhcp(world, 1).introduced({ lease });
  dhcp(world, 2).introduced();
  one.client.deregister(POOL, 1);
  return world;
}

function why(reply: ReturnType<typeof partnerDown>): [boolean, string] {
  return [reply.reject, new TextDecoder().decode(reply.causes?.[0]?.information)];
}

Deno.test("its share is free one longest lease later, which everybody is told", () => {
  const world = withoutOne(900);
  const peer = speakingPeer(world);
  const { servers: [server], reject } = partnerDown(world.observer(LOCAL));
  assert.deepEqual([reject, server!.flags, server!.freeIn], [false, ["down"], 900]);
  assert.deepEqual(peer.takeOnly("ENRP_BINDING_UPDATE").servers.map(({ flags }) => flags), [
    ["down"],
  ]);
  assert.equal(world.told("dhcp-server-changed").at(-1)!.name, "dhcp1");
});

Deno.test("said again, what remains is answered", () => {
  const world = withoutOne();
  partnerDown(world.observer(LOCAL));
  world.advance(100_000);
  assert.equal(partnerDown(world.observer(LOCAL)).servers[0]!.freeIn, 500);
});

Deno.test("it is refused while that server is heard, unless it is forced", () => {
  const world = new World();
  dhcp(world, 1).introduced();
  const operator = world.observer(LOCAL);
  const refused = partnerDown(operator);
  assert.deepEqual(why(refused), [true, "dhcp1 is heard"]);
  assert.equal(refused.causes![0]!.code, CAUSE.nonUniquePeIdentifier);
  assert.equal(partnerDown(operator, {}, { force: true }).reject, false);
});

Deno.test("a server is named by its name, or by its identifier", () => {
  const world = withoutOne();
  const operator = world.observer(LOCAL);
  assert.deepEqual(why(partnerDown(operator, { name: "dhcp7" })), [true, "no DHCP server dhcp7"]);
  const { servers } = partnerDown(operator, { name: "x", identifier: 1 });
  assert.equal(servers[0]!.name, "dhcp1");
  const { causes } = partnerDown(operator, {}, { poolHandle: "dhcp/none" });
  assert.equal(causes![0]!.code, CAUSE.unknownPoolHandle);
});

Deno.test("leases for ever never leave a share free", () => {
  const refused = partnerDown(withoutOne(INFINITE_LEASE).observer(LOCAL));
  assert.deepEqual(why(refused), [true, "leases are for ever, so that its share cannot be free"]);
});

Deno.test("nothing else can be said by an operator", () => {
  const refused = partnerDown(withoutOne().observer(LOCAL), { flags: [] });
  assert.deepEqual(why(refused), [true, "only that a server is down can be said"]);
});

Deno.test("without security only this host says so", () => {
  const world = withoutOne();
  const code = CAUSE.rejectedDueToSecurityConsiderations;
  assert.equal(partnerDown(world.observer("192.0.2.99")).causes![0]!.code, code);
  assert.equal(partnerDown(world.observer("192.0.2.1")).reject, false);
});

Deno.test("with security only an operator says so", () => {
  const world = secured();
  const code = CAUSE.rejectedDueToSecurityConsiderations;
  const as = (identity: string) =>
    world.connect(LOCAL, { protocol: "ENRP", security: "psk", identity });
  for (const nobody of [as("wide"), world.observer(LOCAL)]) {
    assert.equal(partnerDown(nobody).causes![0]!.code, code);
  }
  const known = partnerDown(as("oncall"));
  assert.equal(known.causes![0]!.code, CAUSE.unknownPoolHandle);
});

Deno.test("down holds until the server claims its share anew", () => {
  const world = withoutOne();
  partnerDown(world.observer(LOCAL));
  const one = dhcp(world, 1);
  const { servers } = one.says({ servers: [recordOf(1, { version: 99 })] });
  assert.deepEqual(servers[0]!.flags, ["down"]);
  one.says({ servers: [recordOf(1, { version: 100, claim: 2 })] });
  assert.deepEqual(one.asks().servers.find(({ identifier }) => identifier === 1)!.flags, []);
});
