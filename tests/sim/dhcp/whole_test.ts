/** DHCP servers, registrars and clients as a whole: without faults, and with one each. */
import assert from "node:assert/strict";
import { contentOf } from "../../../lib/bindings/mod.ts";
import {
  type DhcpClient,
  DhcpCluster,
  type DhcpClusterOptions,
  playStorm,
  tableOf,
} from "../../../lib/sim/mod.ts";

const LEASE = 120;
const MINUTE = 60_000;

function clusterOf(change: Partial<DhcpClusterOptions> = {}): DhcpCluster {
  const made = new DhcpCluster({
    seed: 1,
    registrars: 2,
    timing: "fast",
    latencyMs: 2,
    servers: 2,
    clients: 6,
    addresses: 16,
    lease: LEASE,
    lossPermille: 0,
    pings: false,
    hookMs: 5,
    busMs: 2,
    pipeEvents: 300,
    clockErrorPpm: 0,
    ...change,
  });
  for (const site of made.net.sites) made.start(site);
  made.advance(15_000);
  return made;
}

function comeAll(made: DhcpCluster): void {
  for (const client of made.net.clients) {
    client.come();
    made.advance(2000);
  }
  made.advance(10_000);
}

const addressesOf = (clients: readonly DhcpClient[]) => clients.map(({ address }) => address);

Deno.test("without faults: each keeps what it was given; nothing is told twice", () => {
  const made = clusterOf({ clients: 12, addresses: 30 });
  comeAll(made);
  const { clients, law } = made.net;
  const first = addressesOf(clients);
  assert.equal(new Set(first).size, clients.length);
  assert(!first.includes(undefined));
  made.advance(20 * MINUTE);
  assert.deepEqual(addressesOf(clients), first);
  const { granted, renewed, refused, expired } = law.counts;
  assert.deepEqual([granted, refused, expired], [12, 0, 0]);
  assert(renewed >= 12 * 18, `${renewed} renewals`);
  made.updates.check(granted + renewed);
  const { updates, versions } = made.updates.counts;
  // At most one message a renewal, and what servers say of themselves.
  assert(updates <= versions + 10, `${updates} updates of ${versions} versions`);
  made.agree();
});

Deno.test("a client keeps its address at the other server when its own is dead", () => {
  const made = clusterOf();
  comeAll(made);
  const [one] = made.net.sites;
  const first = addressesOf(made.net.clients);
  made.kill(one!);
  made.advance(3 * LEASE * 1000);
  assert.deepEqual(addressesOf(made.net.clients), first);
  assert.equal(made.net.law.counts.expired, 0);
});

Deno.test("a registrar that is killed in the middle: what was done is known at the other", () => {
  const made = clusterOf();
  const [one] = made.cluster.registrars;
  for (const client of made.net.clients) client.come();
  made.advance(1900);
  one!.kill();
  made.advance(2 * MINUTE);
  one!.renew(77);
  one!.start();
  made.advance(MINUTE);
  assert(!addressesOf(made.net.clients).includes(undefined));
  made.agree();
});

Deno.test("cut apart, both give to new clients, each its own, and agree afterwards", () => {
  const made = clusterOf({ clients: 8 });
  const { sites: [one, two], clients, lan } = made.net;
  const [r1, r2] = made.cluster.registrars;
  made.cutOff(one!, [r2!]);
  made.cutOff(two!, [r1!]);
  made.part([r1!]);
  lan.cut([one!.name, ...clients.slice(0, 4).map(({ name }) => name)]);
  for (const client of clients) client.come();
  made.advance(40_000);
  assert.equal(new Set(addressesOf(clients)).size, 8);
  assert(!addressesOf(clients).includes(undefined));
  made.heal();
  made.advance(2 * MINUTE);
  assert.equal(new Set(addressesOf(clients)).size, 8);
  made.agree();
});

Deno.test("partner-down waits a lease, then the survivor gives all until the other is back", () => {
  const made = clusterOf({ clients: 12, addresses: 16 });
  const { sites: [one, two] } = made.net;
  made.kill(one!);
  made.advance(30_000);
  made.partnerDown(one!, made.cluster.registrars[0]!);
  made.advance(LEASE * 1000 - 5000);
  assert.equal(two!.dnsmasq.freeAddresses().length, 8, "not yet");
  made.advance(10_000);
  assert.equal(two!.dnsmasq.freeAddresses().length, 16);
  comeAll(made);
  assert(!addressesOf(made.net.clients).includes(undefined), "more than its own share");
  made.start(one!);
  made.advance(MINUTE);
  assert(one!.agent!.maySpend && one!.isServing);
  const free = [one!, two!].flatMap(({ dnsmasq }) => dnsmasq.freeAddresses());
  assert.deepEqual([free.length, new Set(free).size], [4, 4]);
});

Deno.test("an operator's word is passed on to a registrar that has forgotten it", () => {
  const made = clusterOf({ registrars: 1 });
  const { sites: [one, two] } = made.net;
  const [registrar] = made.cluster.registrars;
  made.kill(one!);
  made.advance(10_000);
  made.partnerDown(one!, registrar!);
  made.advance(8000);
  registrar!.kill();
  made.advance(1000);
  registrar!.renew(77);
  registrar!.start();
  made.advance(5000);
  // Long before half a lease is over, so that it has no doubt of its own.
  made.start(one!);
  made.advance(2 * LEASE * 1000);
  made.agree();
  const free = [one!, two!].flatMap(({ dnsmasq }) => dnsmasq.freeAddresses());
  assert.equal(new Set(free).size, free.length);
});

Deno.test("partner-down is refused while the server is registered, unless it is forced", () => {
  const made = clusterOf();
  const { sites: [one, two] } = made.net;
  const isDown = () =>
    [...tableOf(two!).servers.values()].some(({ flags }) => flags.includes("down"));
  const [r1] = made.cluster.registrars;
  made.cutOff(one!, []);
  made.partnerDown(one!, r1!);
  made.advance(10_000);
  assert.equal(isDown(), false);
  const { element, bindings } = made.member(one!);
  bindings.kill();
  made.partnerDown(one!, r1!, true);
  made.advance(3000);
  assert.equal(isDown(), true);
  assert(element.isRunning);
});

Deno.test("a forced conflict is resolved alike everywhere, and told", () => {
  const made = clusterOf({ keepLines: 5000 });
  const { sites: [one, two], law } = made.net;
  const [r1, r2] = made.cluster.registrars;
  const address = "10.0.0.2";
  law.forced.add(address);
  made.cutOff(one!, [r1!, r2!]);
  made.cutOff(two!, [r1!, r2!]);
  made.advance(1000);
  for (const [at, site] of [one!, two!].entries()) {
    const client = { hardware: `52:54:00:00:01:0${at}` };
    site.dnsmasq.deleteLease(address);
    site.dnsmasq.handle({ type: "SELECTING", client, address, server: site.name });
    site.onServer();
  }
  made.advance(10_000);
  made.heal();
  made.advance(30_000);
  const [winner, other] = [one!, two!].map((site) => tableOf(site).bindings.get(address)!);
  assert.equal(contentOf(winner!), contentOf(other!));
  assert.equal(winner!.state, "BOUND");
  for (const { dnsmasq } of [one!, two!]) {
    assert.equal(dnsmasq.holderOf(address)!.hardware, winner!.hardware);
  }
  assert.match(made.cluster.transcript.tail(), /conflict \{"address":"10\.0\.0\.2"/);
  made.agree();
});

Deno.test("three servers, and a share without one", () => {
  const made = clusterOf({ servers: 3, shares: 4, addresses: 16, clients: 12 });
  const free = made.net.sites.map(({ dnsmasq }) => dnsmasq.freeAddresses().length);
  assert.deepEqual(free, [4, 4, 4]);
  comeAll(made);
  assert.equal(new Set(addressesOf(made.net.clients)).size, 12);
  made.advance(5 * MINUTE);
  made.agree();
});

Deno.test("without D-Bus, by restarts: all the same", () => {
  const made = clusterOf({ busMs: undefined });
  comeAll(made);
  made.advance(2 * MINUTE);
  const first = addressesOf(made.net.clients);
  made.kill(made.net.sites[0]!);
  made.advance(3 * LEASE * 1000);
  assert.deepEqual(addressesOf(made.net.clients), first);
});

Deno.test("a seed replays a storm, line by line", () => {
  const play = (seed: number) => playStorm({ seed, steps: 10, keepLines: 100_000 }).story;
  const story = play(5);
  assert.equal(play(5), story);
  assert.notEqual(play(6), story);
});
