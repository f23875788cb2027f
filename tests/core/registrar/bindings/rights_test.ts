/** docs/dhcp.md §6: how often, and who reads. */
import assert from "node:assert/strict";
import { DEFAULT_RATES } from "../../../../lib/core/mod.ts";
import { RSPLIB } from "../../../../lib/core/registrar/rsplib.ts";
import { CAUSE, MAX_BINDINGS_PER_MESSAGE } from "../../../../lib/wire/mod.ts";
import { element, World } from "../registrar_world.ts";
import { secured, SECURITY } from "../secured_world.ts";
import { askPeer, at, dhcp, DhcpClient, POOL, recordOf } from "./dhcp_world.ts";

const LEASES = 10_000;

Deno.test("ten thousand leases at once are within the rates that hold when none are given", () => {
  const world = new World({ rates: DEFAULT_RATES });
  const one = dhcp(world, 1);
  const range = { first: "10.0.0.0", last: "10.0.63.255" };
  one.says({ servers: [recordOf(1, range)] });
  const bindings = Array.from(
    { length: LEASES },
    (_, n) => at(`10.0.${n >> 8}.${n & 255}`, { hardware: `52:54:00:00:00:${hex(n)}` }),
  );
  for (let from = 0; from < LEASES; from += MAX_BINDINGS_PER_MESSAGE) {
    const said = one.says({ bindings: bindings.slice(from, from + MAX_BINDINGS_PER_MESSAGE) });
    assert.deepEqual([said.reject, said.causes], [false, undefined]);
  }
  assert.equal(world.view().bindingPools()[0]!.bindings, LEASES);
});

function hex(number: number): string {
  return (number & 255).toString(16).padStart(2, "0");
}

Deno.test("updates count as registrations: one too many is refused, nothing of it taken", () => {
  const rates = { ...DEFAULT_RATES, registrationsPerSecond: 3, burstSeconds: 1 };
  const world = new World({ rates });
  const one = dhcp(world, 1).introduced();
  assert.equal(one.says({ bindings: [at("10.0.0.1")] }).reject, false);
  const { reject, causes } = one.says({ bindings: [at("10.0.0.2")] });
  assert.deepEqual([reject, causes![0]!.code], [true, CAUSE.lackOfResources]);
  assert.equal(world.view().bindingPools()[0]!.bindings, 1);
  world.advance(1_000);
  assert.equal(one.says({ bindings: [at("10.0.0.2")] }).reject, false);
});

Deno.test("requests for tables count as resolutions", () => {
  const rates = { ...DEFAULT_RATES, resolutionsPerSecond: 1, burstSeconds: 1 };
  const one = dhcp(new World({ rates }), 1).introduced();
  assert.equal(one.asks().reject, false);
  const { reject, causes } = one.asks();
  assert.deepEqual([reject, causes![0]!.code], [true, CAUSE.lackOfResources]);
});

Deno.test("an observer is told of the pools that it may read, and of no others", () => {
  const world = secured({
    permissions: {
      read: ["web"],
      identities: [
        { proofs: [{ kind: "psk", name: "dhcp1" }], register: ["dhcp/*"] },
        { proofs: [{ kind: "psk", name: "reader" }], read: ["dhcp/*"] },
      ],
    },
  });
  const client = world.connect("192.0.2.11", { security: "psk", identity: "dhcp1" });
  const made = Object.create(DhcpClient.prototype) as DhcpClient;
  const who = { world, client, identifier: 1, host: "192.0.2.11", poolHandle: POOL };
  Object.assign(made, who).registered().introduced();
  const known = (identity: string, poolHandle: string | undefined) => {
    const observer = world.connect("192.0.2.50", { protocol: "ENRP", security: "psk", identity });
    askPeer(observer, { poolHandle });
    return observer.takeOnly("ENRP_BINDING_DUMP");
  };
  assert.deepEqual(known("reader", undefined).tables.map((each) => each.poolHandle), [POOL]);
  assert.equal(known("reader", POOL).reject, false);
  assert.deepEqual(known("other", undefined).tables, []);
  assert.equal(known("other", POOL).causes![0]!.code, SECURITY);
});

Deno.test("on one host an element is at any of its addresses, without security", () => {
  const world = new World({ interfaceAddresses: () => ["127.0.0.1", "192.0.2.11"] });
  dhcp(world, 1).introduced();
  const local = new DhcpClient(world, 1, "127.0.0.1");
  assert.equal(local.says({ bindings: [at("10.0.0.1")] }).reject, false);
  const far = new DhcpClient(world, 1, "192.0.2.99");
  assert.equal(far.says({ bindings: [at("10.0.0.2")] }).reject, true);
});

Deno.test("an element of the pool that is not registered as that one writes nothing", () => {
  const world = new World();
  dhcp(world, 1).introduced();
  world.connect("192.0.2.12").registered("web", element(2, { host: "192.0.2.12" }));
  const { causes } = new DhcpClient(world, 2, "192.0.2.12").says({ bindings: [at("10.0.0.1")] });
  assert.equal(causes![0]!.code, CAUSE.unknownPoolHandle);
});

Deno.test("rsplib is told nothing of bindings", () => {
  const between = { sender: 1, receiver: 2, poolHandle: POOL, request: 0 };
  const nothing = { servers: [], bindings: [] };
  const messages = [
    { type: "ENRP_BINDING_UPDATE", ...between, ...nothing, force: false },
    { type: "ENRP_BINDING_REPLY", ...between, servers: [], reject: false },
    { type: "ENRP_BINDING_DUMP_REQUEST", ...between, server: 0, after: "0.0.0.0" },
  ] as const;
  for (const message of messages) assert.equal(RSPLIB.outgoing(message), undefined);
});
