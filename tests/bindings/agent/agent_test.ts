/** The agent beside a DHCP server. docs/dhcp.md §2, §3 and §6. */
import assert from "node:assert/strict";
import { told } from "../../../lib/bindings/mod.ts";
import { Lan, LEASE, type Site } from "./lan.ts";

const ALICE = { hardware: "02:00:00:00:00:01", clientId: "01:02:00:00:00:00:01", host: "alice" };
const BOB = { hardware: "02:00:00:00:00:02" };

function two(): { lan: Lan; a: Site; b: Site } {
  const lan = new Lan(2);
  lan.start();
  const [a, b] = lan.sites as [Site, Site];
  return { lan, a, b };
}

function freeAt(site: Site): string[] {
  const free: string[] = [];
  for (let n = 1; n <= 12; n++) if (!site.dhcp.leases.has(`10.0.0.${n}`)) free.push(`${n}`);
  return free;
}

function clientAt(site: Site, address: string): string | undefined {
  return site.dhcp.leases.get(address)?.client.hardware;
}

function stateOf(lan: Lan, address: string): string | undefined {
  return lan.registrar.bindings.get(address)?.state;
}

/** What everybody knows, but for when it ends. */
function assertEqualTables({ registrar, sites, now }: Lan): void {
  const expected = registrar.page(undefined, Infinity).map((each) => told(each, now));
  for (const { agent } of sites) {
    const actual = [...agent.bindings(now)];
    assert.deepEqual(
      actual.map(({ remaining: _, ...others }) => others),
      expected.map(({ remaining: _, ...others }) => others),
    );
  }
}

Deno.test("each gives new clients its own share and nothing else", () => {
  const { a, b } = two();
  assert.deepEqual(freeAt(a), ["1", "2", "3", "4", "5", "6"]);
  assert.deepEqual(freeAt(b), ["7", "8", "9", "10", "11", "12"]);
});

Deno.test("a binding is known everywhere, by one update", () => {
  const { lan, a, b } = two();
  a.published.length = b.published.length = 0;
  assert(a.dhcp.grant(ALICE, "10.0.0.3", lan.now));
  lan.settle();
  assert.equal(clientAt(b, "10.0.0.3"), ALICE.hardware);
  assert.deepEqual([a.published, b.published], [["10.0.0.3 BOUND"], []]);
  assertEqualTables(lan);
});

Deno.test("at most one update per renewal, and none by those who are told of it", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  lan.pass(LEASE / 2);
  a.published.length = b.published.length = 0;
  assert(b.dhcp.grant(ALICE, "10.0.0.3", lan.now));
  lan.settle();
  assert.deepEqual([a.published, b.published], [[], ["10.0.0.3 BOUND"]]);
  assert.equal(lan.registrar.bindings.get("10.0.0.3")!.transaction, "REBINDING");
  assertEqualTables(lan);
});

Deno.test("a renewal that earns less than an eighth of a lease is not told", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  a.published.length = 0;
  lan.pass(LEASE / 10);
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  assert.deepEqual([a.published, b.published], [[], []]);
});

Deno.test("a release at one server frees the address at its owner once all hold it", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  b.dhcp.delete("10.0.0.3", lan.now);
  lan.settle();
  assert.equal(stateOf(lan, "10.0.0.3"), "BINDABLE");
  assert(freeAt(a).includes("3"));
  assert.equal(clientAt(b, "10.0.0.3"), b.options.placeholder);
  assertEqualTables(lan);
});

Deno.test("a lease that runs out is free again when it has run out everywhere", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  lan.pass(LEASE + 30);
  assert.equal(stateOf(lan, "10.0.0.3"), "BINDABLE");
  assert(freeAt(a).includes("3"));
  assert(!freeAt(b).includes("3"));
  assertEqualTables(lan);
  lan.pass(LEASE + 30);
  assert.equal(stateOf(lan, "10.0.0.3"), undefined);
  assertEqualTables(lan);
});

Deno.test("while a server is away its clients' addresses are kept for them", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  b.dhcp.grant(BOB, "10.0.0.9", lan.now);
  lan.settle();
  a.kill();
  lan.pass(2 * LEASE);
  assert.equal(stateOf(lan, "10.0.0.3"), "EXPIRED");
  assert.equal(stateOf(lan, "10.0.0.9"), "EXPIRED");
  assert.equal(clientAt(b, "10.0.0.9"), BOB.hardware);
  assert(!b.dhcp.grant(BOB, "10.0.0.3", lan.now));
  assert(b.dhcp.grant(ALICE, "10.0.0.3", lan.now));
  lan.settle();
  assert.equal(stateOf(lan, "10.0.0.3"), "BOUND");
});

Deno.test("a client keeps its address at the other server, and tables are equal afterwards", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  a.kill();
  lan.pass(LEASE / 2);
  assert(b.dhcp.grant(ALICE, "10.0.0.3", lan.now));
  lan.settle();
  lan.pass(60);
  a.restart();
  lan.settle();
  assert.equal(clientAt(a, "10.0.0.3"), ALICE.hardware);
  assertEqualTables(lan);
});

Deno.test("cut from each other both go on with their own, and agree when it is over", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  b.isConnected = false;
  a.dhcp.delete("10.0.0.3", lan.now);
  a.dhcp.grant(BOB, "10.0.0.4", lan.now);
  b.dhcp.grant({ hardware: "02:00:00:00:00:03" }, "10.0.0.8", lan.now);
  lan.settle();
  assert(!freeAt(a).includes("3"), "b may still renew it");
  b.isConnected = true;
  b.synchronize();
  lan.settle();
  assertEqualTables(lan);
  assert(freeAt(a).includes("3"));
  assert.equal(clientAt(a, "10.0.0.8"), "02:00:00:00:00:03");
});

Deno.test("without a registrar for half a lease new clients get nothing until all agree", () => {
  const { lan, a, b } = two();
  b.isConnected = false;
  lan.pass(LEASE / 2 + 10);
  assert.deepEqual(freeAt(b), []);
  const withheld = b.told.filter(({ type }) => type === "share-withheld").at(-1);
  assert.deepEqual(withheld, { type: "share-withheld", why: "silent", waitsFor: ["dhcp1"] });
  b.isConnected = true;
  b.synchronize();
  lan.settle();
  assert.deepEqual(freeAt(b), ["7", "8", "9", "10", "11", "12"]);
  assert.equal(freeAt(a).length, 6);
});

Deno.test("a share is free one lease after an operator's word, until its server returns", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  a.kill();
  lan.pass(10);
  const record = lan.registrar.servers.get(a.options.self)!;
  const down = { ...record, version: record.version + 1, flags: ["down"] as const };
  const { freeAt: _, ...others } = down;
  lan.publish(a, [{ ...others, freeIn: LEASE }], []);
  lan.settle();
  lan.pass(LEASE - 30);
  assert.deepEqual(freeAt(b).length, 6, "not before");
  lan.pass(60);
  assert(["1", "2", "4", "5", "6"].every((each) => freeAt(b).includes(each)));
  lan.pass(LEASE);
  assert(freeAt(b).includes("3"), "its client did not come back");
  b.dhcp.grant(BOB, "10.0.0.2", lan.now);
  lan.settle();

  a.restart();
  assert(!a.isRunning, "b may be giving its addresses just now");
  lan.settle();
  assert.deepEqual(freeAt(a), ["1", "3", "4", "5", "6"]);
  assert.deepEqual(freeAt(b), ["7", "8", "9", "10", "11", "12"]);
  assert.equal(clientAt(a, "10.0.0.2"), BOB.hardware);
  assertEqualTables(lan);
});

Deno.test("two clients on one address: one has to give it up, the same one everywhere", () => {
  const { lan, a, b } = two();
  b.isConnected = false;
  b.dhcp.leases.delete("10.0.0.3");
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  b.dhcp.grant(BOB, "10.0.0.3", lan.now);
  lan.settle();
  b.isConnected = true;
  b.synchronize();
  lan.settle();
  assert.equal(clientAt(a, "10.0.0.3"), clientAt(b, "10.0.0.3"));
  assertEqualTables(lan);
  const [atA, atB] = [a, b].map(({ told }) => told.filter(({ type }) => type === "conflict"));
  assert.equal(atA!.length, 1);
  assert.deepEqual(atA, atB);
  assert.equal(lan.registrar.lost(lan.now).length, 1);
});

Deno.test("what the DHCP server gave away just before it was told otherwise is put back", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  lan.pass(LEASE);
  // Its own lease has run out; before the agent hears of it another client has the address.
  b.dhcp.grant(ALICE, "10.0.0.9", lan.now);
  lan.settle();
  b.dhcp.leases.delete("10.0.0.4");
  b.dhcp.leases.set("10.0.0.4", { client: BOB, expiresAt: lan.now + LEASE * 1000 });
  a.dhcp.grant({ hardware: "02:00:00:00:00:05" }, "10.0.0.4", lan.now);
  lan.settle();
  assert.equal(stateOf(lan, "10.0.0.4"), "BOUND");
  assert(b.told.some(({ type }) => type === "grant-found"));
  assertEqualTables(lan);
});

Deno.test("a registrar that has forgotten all is told all again", () => {
  const { lan, a, b } = two();
  a.dhcp.grant(ALICE, "10.0.0.3", lan.now);
  lan.settle();
  lan.registrar.bindings.clear();
  lan.registrar.servers.clear();
  a.synchronize();
  b.synchronize();
  lan.settle();
  assert.equal(stateOf(lan, "10.0.0.3"), "BOUND");
  assertEqualTables(lan);
});

Deno.test("a host's own address is nobody's, until the host has another one", () => {
  const lan = new Lan(2);
  const [a, b] = lan.sites as [Site, Site];
  Object.assign(a.options, { unavailable: ["10.0.0.8"] });
  a.restart();
  lan.settle();
  b.start();
  lan.settle();
  assert(!freeAt(b).includes("8"));
  assert.equal(stateOf(lan, "10.0.0.8"), "UNAVAILABLE");
  Object.assign(a.options, { unavailable: [] });
  a.restart();
  lan.settle();
  assert(freeAt(b).includes("8"));
});
