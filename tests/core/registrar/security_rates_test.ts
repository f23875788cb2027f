import assert from "node:assert/strict";
import { DEFAULT_RATES, type Rates } from "../../../lib/core/mod.ts";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { type Client, codes, element, World } from "./registrar_world.ts";

const RATES: Rates = {
  ...DEFAULT_RATES,
  registrationsPerSecond: 2,
  resolutionsPerSecond: 2,
  reportsPerSecond: 2,
  burstSeconds: 1,
};

function resolved(client: Client, times: number): number {
  let granted = 0;
  for (let i = 0; i < times; i++) {
    const { causes } = client.resolve("web");
    if (causes === undefined) granted++;
    else assert.deepEqual(codes(causes), [CAUSE.lackOfResources]);
  }
  return granted;
}

function served(): World {
  const world = new World({ rates: RATES });
  world.connect("127.0.0.1").registered("web", element(1, { host: "192.0.2.1" }));
  return world;
}

Deno.test("who resolves too often is told so, told of, and not read for a while", () => {
  const world = served();
  const user = world.connect("198.51.100.1");
  assert.equal(resolved(user, 5), 2);
  assert.deepEqual(world.pauses, [user.association, user.association, user.association]);
  const [told] = world.told("rate-limited");
  assert.equal(told!.who, "198.51.100.1");
  assert.equal(told!.kind, "resolutions");
  assert.equal(world.told("rate-limited").length, 1);
  world.advance(1_000);
  assert.equal(resolved(user, 5), 2);
});

Deno.test("one address has one rate, however many associations it has; others are served", () => {
  const world = served();
  assert.equal(resolved(world.connect("198.51.100.1"), 5), 2);
  assert.equal(resolved(world.connect("198.51.100.1"), 5), 0);
  assert.equal(resolved(world.connect("198.51.100.2"), 2), 2);
});

Deno.test("an IPv6 host has one rate for all of its addresses", () => {
  const world = served();
  assert.equal(resolved(world.connect("2001:db8::1"), 2), 2);
  assert.equal(resolved(world.connect("2001:db8::ffff:1"), 2), 0);
  assert.equal(resolved(world.connect("2001:db8:0:1::1"), 2), 2);
});

Deno.test("who is on the registrar's own host is not counted, where nothing is secured", () => {
  const world = served();
  assert.equal(resolved(world.connect("127.0.0.1"), 100), 100);
});

Deno.test("registrations and de-registrations too many are rejected with Lack of Resources", () => {
  const world = new World({ rates: RATES });
  const client = world.connect();
  client.registered("web", element(1)).registered("web", element(2));
  assert.deepEqual(codes(client.rejected("web", element(3))), [CAUSE.lackOfResources]);
  assert.deepEqual(codes(client.deregister("web", 1).causes), [CAUSE.lackOfResources]);
  assert.equal(world.statistics().poolElements, 2);
});

Deno.test("reports too many are dropped without an answer", () => {
  const world = served();
  const user = world.connect("198.51.100.1");
  for (let i = 0; i < 5; i++) user.reportUnreachable("web", 1);
  assert.equal(world.told("unreachable-reported").length, 2);
  assert.deepEqual(user.received, []);
});

Deno.test("other rates hold with other permissions", () => {
  const world = new World({
    rates: RATES,
    security: { permissions: { identities: [], read: ["*"] }, digest: (identity) => identity },
  });
  const user = world.connect("198.51.100.1", { security: "certificate" });
  for (let i = 0; i < 2; i++) user.resolve("web");
  assert.deepEqual(codes(user.resolve("web").causes), [CAUSE.lackOfResources]);
  const rates = { ...RATES, resolutionsPerSecond: 1_000 };
  const rules = { permissions: { identities: [], read: ["*"] } };
  world.command({ type: "permissions", rules, rates });
  world.advance(10);
  assert.deepEqual(codes(user.resolve("web").causes), [CAUSE.unknownPoolHandle]);
});
