/** The model of dnsmasq does what was measured of dnsmasq. */
import assert from "node:assert/strict";
import { type DhcpRequest, Dnsmasq, type DnsmasqOptions } from "../../../lib/sim/mod.ts";

const ALICE = { hardware: "52:54:00:00:00:01", clientId: "ff:01" };
const BOB = { hardware: "52:54:00:00:00:02" };
const NOBODY = { hardware: "02:00:00:00:00:aa" };
const LEASE = 120;

class Bench {
  now = 1_000_000;
  readonly dnsmasq: Dnsmasq;

  constructor(change: Partial<DnsmasqOptions> = {}) {
    this.dnsmasq = new Dnsmasq({
      name: "dhcp1",
      first: "10.0.0.1",
      last: "10.0.0.4",
      lease: LEASE,
      authoritative: false,
      pipeEvents: 300,
      now: () => this.now,
      ...change,
    });
    this.dnsmasq.start([]);
  }

  ask(request: DhcpRequest): string {
    const reply = this.dnsmasq.handle(request);
    if (reply === undefined) return "nothing";
    return reply.type === "NAK" ? "NAK" : `${reply.type} ${reply.address}`;
  }

  select(client: DhcpRequest["client"], address: string, server = "dhcp1"): string {
    return this.ask({ type: "SELECTING", client, address, server });
  }

  hold(address: string, client: DhcpRequest["client"] = NOBODY, seconds = Infinity): void {
    this.dnsmasq.deleteLease(address);
    this.dnsmasq.addLease({ address, client, expires: this.second + seconds });
  }

  get second(): number {
    return Math.floor(this.now / 1000);
  }

  told(): string[] {
    const told: string[] = [];
    for (let event = this.dnsmasq.takeEvent(); event; event = this.dnsmasq.takeEvent()) {
      const { action, address, client, expires } = event;
      told.push(`${action} ${address} ${client.hardware.slice(-2)} ${expires - this.second}`);
    }
    return told;
  }
}

Deno.test("a new client: an offer by a hash of its address, then a lease, which is told", () => {
  const bench = new Bench();
  assert.equal(bench.ask({ type: "DISCOVER", client: ALICE }), "OFFER 10.0.0.4");
  assert.equal(
    bench.ask({ type: "DISCOVER", client: ALICE, wanted: "10.0.0.2" }),
    "OFFER 10.0.0.2",
  );
  assert.equal(bench.select(ALICE, "10.0.0.2", "dhcp2"), "nothing", "it has chosen another one");
  assert.equal(bench.select(ALICE, "10.0.0.2"), "ACK 10.0.0.2");
  assert.equal(bench.ask({ type: "DISCOVER", client: ALICE }), "OFFER 10.0.0.2");
  assert.deepEqual(bench.told(), ["add 10.0.0.2 01 120"]);
});

Deno.test("an address that is taken: refused to others, and not offered to them", () => {
  const bench = new Bench();
  for (const address of ["10.0.0.1", "10.0.0.2", "10.0.0.3"]) bench.hold(address);
  assert.equal(bench.ask({ type: "DISCOVER", client: BOB, wanted: "10.0.0.1" }), "OFFER 10.0.0.4");
  assert.equal(bench.select(BOB, "10.0.0.1"), "NAK");
  assert.equal(bench.select(BOB, "10.0.0.9"), "NAK", "outside its range");
  bench.hold("10.0.0.4");
  assert.equal(bench.ask({ type: "DISCOVER", client: BOB }), "nothing", "all are taken");
});

Deno.test("what a client has: renewed, refused where it has another, else silence", () => {
  const bench = new Bench();
  const address = "10.0.0.2";
  for (const type of ["RENEWING", "REBINDING", "INIT-REBOOT"] as const) {
    assert.equal(bench.ask({ type, client: ALICE, address }), "nothing", "unknown");
    bench.hold(address);
    assert.equal(bench.ask({ type, client: ALICE, address }), "nothing", "a placeholder");
    bench.hold(address, ALICE, 1 << 30);
    assert.equal(bench.ask({ type, client: ALICE, address }), "ACK 10.0.0.2", "it was kept");
    assert.equal(bench.ask({ type, client: ALICE, address: "10.0.0.3" }), "NAK", "wrong address");
    bench.dnsmasq.deleteLease(address);
  }
  bench.told();
  bench.hold(address, ALICE, 1 << 30);
  bench.ask({ type: "RENEWING", client: ALICE, address });
  assert.deepEqual(bench.told(), ["add 10.0.0.2 01 1073741824", "old 10.0.0.2 01 120"]);
});

Deno.test("an authoritative server believes what is new to it, and refuses what is taken", () => {
  const bench = new Bench({ authoritative: true });
  assert.equal(bench.ask({ type: "REBINDING", client: BOB, address: "10.0.0.3" }), "ACK 10.0.0.3");
  bench.hold("10.0.0.1");
  assert.equal(bench.ask({ type: "REBINDING", client: ALICE, address: "10.0.0.1" }), "NAK");
});

Deno.test("who selects another address loses the one that it had", () => {
  const bench = new Bench();
  bench.select(ALICE, "10.0.0.2");
  bench.told();
  assert.equal(bench.select(ALICE, "10.0.0.3"), "ACK 10.0.0.3");
  assert.deepEqual(bench.told(), ["del 10.0.0.2 01 120", "add 10.0.0.3 01 120"]);
});

Deno.test("a client is known by its identifier, or else by its hardware address", () => {
  const bench = new Bench();
  bench.hold("10.0.0.1", { hardware: ALICE.hardware });
  const found = (client: DhcpRequest["client"]) => bench.ask({ type: "DISCOVER", client });
  assert.equal(found(ALICE), "OFFER 10.0.0.1");
  bench.hold("10.0.0.1", { ...ALICE, clientId: "ff:09" });
  assert.equal(found(ALICE), "OFFER 10.0.0.4", "another identifier is another client");
  assert.equal(found({ hardware: ALICE.hardware }), "OFFER 10.0.0.1");
  assert.equal(found({ hardware: "06", clientId: "ff:09" }), "OFFER 10.0.0.1");
});

Deno.test("releases and ends are told, each with when the lease would have ended", () => {
  const bench = new Bench();
  bench.select(ALICE, "10.0.0.2");
  bench.select(BOB, "10.0.0.3");
  bench.told();
  bench.now += 20_000;
  bench.ask({ type: "RELEASE", client: BOB, address: "10.0.0.2" });
  assert.deepEqual(bench.told(), [], "it is not its own");
  bench.ask({ type: "RELEASE", client: ALICE, address: "10.0.0.2" });
  assert.deepEqual(bench.told(), ["del 10.0.0.2 01 100"]);
  assert.equal(bench.dnsmasq.nextExpiryMs, 1_120_000);
  bench.now = 1_119_999;
  bench.dnsmasq.prune();
  assert.deepEqual(bench.told(), []);
  bench.now = 1_120_000;
  bench.dnsmasq.prune();
  assert.deepEqual(bench.told(), ["del 10.0.0.3 02 0"]);
});

Deno.test("a start tells all that it was given, the first twice, and what is over", () => {
  const bench = new Bench();
  bench.dnsmasq.start([
    { address: "10.0.0.1", client: NOBODY, expires: Infinity },
    { address: "10.0.0.2", client: ALICE, expires: bench.second + 5 },
    { address: "10.0.0.3", client: BOB, expires: bench.second },
  ]);
  assert.deepEqual(bench.told(), [
    "del 10.0.0.3 02 0",
    "old 10.0.0.1 aa Infinity",
    "old 10.0.0.1 aa Infinity",
    "old 10.0.0.2 01 5",
  ]);
});

Deno.test("with a full pipe, what happens to a lease is merged; no deletion is", () => {
  const bench = new Bench({ pipeEvents: 1 });
  bench.select(BOB, "10.0.0.4");
  bench.select(ALICE, "10.0.0.2");
  bench.now += 60_000;
  bench.ask({ type: "RENEWING", client: ALICE, address: "10.0.0.2" });
  bench.hold("10.0.0.2");
  assert.deepEqual(bench.told(), [
    "add 10.0.0.4 02 60",
    "del 10.0.0.2 01 120",
    "add 10.0.0.2 aa Infinity",
  ]);
});

Deno.test("D-Bus: what is empty does not clear what is there, unless it was deleted before", () => {
  const { dnsmasq } = new Bench();
  const named = { ...ALICE, host: "alice" };
  dnsmasq.addLease({ address: "10.0.0.1", client: named, expires: Infinity });
  dnsmasq.addLease({ address: "10.0.0.1", client: NOBODY, expires: Infinity });
  assert.deepEqual(dnsmasq.holderOf("10.0.0.1"), { ...named, hardware: NOBODY.hardware });
  dnsmasq.deleteLease("10.0.0.1");
  dnsmasq.addLease({ address: "10.0.0.1", client: NOBODY, expires: Infinity });
  assert.deepEqual(dnsmasq.holderOf("10.0.0.1"), NOBODY);
});

Deno.test("one that was killed answers nothing, and what it did is told all the same", () => {
  const bench = new Bench({ pipeEvents: 1 });
  bench.select(ALICE, "10.0.0.2");
  bench.select(BOB, "10.0.0.3");
  bench.dnsmasq.stop();
  assert.equal(bench.dnsmasq.isRunning, false);
  assert.deepEqual(bench.dnsmasq.freeAddresses(), []);
  assert.deepEqual(bench.told(), ["add 10.0.0.2 01 120", "add 10.0.0.3 02 120"]);
});

Deno.test("who answers a ping is not offered to others", () => {
  const bench = new Bench({ pings: (address) => address !== "10.0.0.3" });
  assert.equal(bench.ask({ type: "DISCOVER", client: ALICE }), "OFFER 10.0.0.3");
});
