/** What a DHCP server has at the end of a lease, or of a client that moved. docs/dhcp.md §2.7. */
import assert from "node:assert/strict";
import { Lan, LEASE, type Site } from "./lan.ts";

const ALICE = { hardware: "02:00:00:00:00:01", clientId: "01:02:00:00:00:00:01" };
const BOB = { hardware: "02:00:00:00:00:02" };
/** 34 years: what is kept for its old client. */
const KEPT_MS = 0x4000_0000 * 500;

function two(): { lan: Lan; a: Site; b: Site } {
  const lan = new Lan(2);
  lan.start();
  const [a, b] = lan.sites as [Site, Site];
  return { lan, a, b };
}

function isKept({ dhcp }: Site, address: string, now: number): boolean {
  const expiresAt = dhcp.leases.get(address)?.expiresAt ?? 0;
  return Number.isFinite(expiresAt) && expiresAt - now > KEPT_MS;
}

Deno.test("a lease is kept before its end, so that no DHCP server frees it by itself", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  lan.pass(LEASE - 60);
  for (const site of [a, b]) assert(!isKept(site, "10.0.0.3", lan.now));
  lan.pass(50);
  for (const site of [a, b]) assert(isKept(site, "10.0.0.3", lan.now));
  assert.equal(lan.registrar.bindings.get("10.0.0.3")!.state, "BOUND");
  assert(b.dhcp.grant(ALICE, "10.0.0.3", lan.now), "its client renews it nevertheless");
  lan.settle();
  lan.pass(LEASE / 2);
  assert.equal(lan.registrar.bindings.get("10.0.0.3")!.state, "BOUND");
});

Deno.test("a renewal that was not told is, before others believe in the end of the lease", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  lan.pass(LEASE / 10);
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  const until = lan.now + LEASE * 1000;
  lan.settle();
  a.published.length = 0;
  lan.pass(LEASE - LEASE / 10 - 10);
  assert.deepEqual(a.published, ["10.0.0.3 BOUND"]);
  assert(Math.abs(lan.registrar.bindings.get("10.0.0.3")!.expiresAt - until) <= 1000);
  assert.deepEqual(b.published, []);
});

Deno.test("a release elsewhere does not end a grant that came after it and was not told", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  a.isConnected = false;
  b.dhcp.delete("10.0.0.3", lan.now);
  lan.settle();
  lan.pass(LEASE / 10);
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  const until = lan.now + LEASE * 1000;
  lan.settle();
  a.isConnected = true;
  a.synchronize();
  lan.settle();
  const { state, expiresAt } = lan.registrar.bindings.get("10.0.0.3")!;
  assert.equal(state, "BOUND");
  assert(Math.abs(expiresAt - until) <= 1000);
  assert.equal(a.dhcp.leases.get("10.0.0.3")!.client.hardware, ALICE.hardware);
});

Deno.test("what an owner may give is held first: it may have been renewed just now", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  b.dhcp.delete("10.0.0.3", lan.now);
  const seen = new Set<string>();
  for (let step = 0; step < 100; step++) {
    seen.add(a.dhcp.leases.get("10.0.0.3")?.client.hardware ?? "free");
    if (![a, b].map((site) => site.step()).includes(true)) break;
  }
  assert.deepEqual([...seen], [ALICE.hardware, a.options.placeholder, "free"]);
});

Deno.test("of a client with two bindings a DHCP server has the lease that ends last", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  b.isConnected = false;
  a.isConnected = false;
  lan.pass(60);
  b.dhcp.delete("10.0.0.3", lan.now);
  b.dhcp.grant(ALICE, "10.0.0.9", lan.now);
  lan.settle();
  for (const site of [a, b]) {
    site.isConnected = true;
    site.synchronize();
    lan.settle();
  }
  for (const { dhcp, options } of [a, b]) {
    const leases = [...dhcp.leases].filter(([, { client }]) => client.hardware === ALICE.hardware);
    assert.deepEqual(leases.map(([address]) => address), ["10.0.0.9"], options.name);
  }
});

Deno.test("what a server gave is not ended by an older lease of another client", () => {
  const { lan, a } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  const older = {
    address: "10.0.0.3",
    state: "EXPIRED",
    transaction: "EXPIRATION",
    counter: 99,
    server: 0x2222,
    lease: LEASE,
    remaining: 0,
    hardware: BOB.hardware,
  } as const;
  a.agent.onRecords([], [older], lan.now);
  lan.settle();
  const { state, hardware, counter } = lan.registrar.bindings.get("10.0.0.3")!;
  assert.deepEqual([state, hardware, counter], ["BOUND", ALICE.hardware, 100]);
});
