import assert from "node:assert/strict";
import { ConnectionGate, MAX_GATE_ADDRESSES } from "../../lib/driver/connection_gate.ts";
import { MAX_TOLD_ADDRESSES, type RefusalEvent, Refusals } from "../../lib/driver/refusals.ts";

const RATES = { connectionsPerSecond: 10, burstSeconds: 2 };

function admitted(gate: ConnectionGate, host: string, now: number, tries: number): number {
  let count = 0;
  for (let i = 0; i < tries; i++) if (gate.admits(host, now)) count++;
  return count;
}

Deno.test("connectionsPerSecond: a burst, then the rate, for each address alone", () => {
  const gate = new ConnectionGate(RATES);
  assert.equal(admitted(gate, "192.0.2.1", 0, 100), 20);
  assert.equal(admitted(gate, "192.0.2.2", 0, 100), 20);
  assert.equal(admitted(gate, "192.0.2.1", 1000, 100), 10);
  assert.equal(admitted(gate, "192.0.2.1", 1050, 100), 0);
  assert.equal(admitted(gate, "192.0.2.1", 1100, 100), 1);
  assert.equal(admitted(gate, "192.0.2.1", 1_000_000, 100), 20);
});

Deno.test("an IPv4-mapped address is the IPv4 address, and a /64 of IPv6 is one address", () => {
  const gate = new ConnectionGate(RATES);
  assert.equal(admitted(gate, "192.0.2.1", 0, 15), 15);
  assert.equal(admitted(gate, "::ffff:192.0.2.1", 0, 100), 5);
  assert.equal(admitted(gate, "2001:db8::1", 0, 15), 15);
  assert.equal(admitted(gate, "2001:db8::abcd:1", 0, 100), 5);
  assert.equal(admitted(gate, "2001:db8:0:1::1", 0, 100), 20);
  assert.equal(admitted(gate, "fe80::1%eth0", 0, 100), 20);
});

Deno.test("a rate below one lets one through now and then; other rates hold at once", () => {
  const gate = new ConnectionGate({ connectionsPerSecond: 0.1, burstSeconds: 1 });
  assert.equal(admitted(gate, "192.0.2.1", 0, 10), 1);
  assert.equal(admitted(gate, "192.0.2.1", 9_999, 10), 0);
  assert.equal(admitted(gate, "192.0.2.1", 10_001, 10), 1);
  gate.change(RATES);
  assert.equal(admitted(gate, "192.0.2.1", 10_101, 10), 1);
});

Deno.test("MAX_GATE_ADDRESSES are remembered, those that came last", () => {
  const gate = new ConnectionGate({ connectionsPerSecond: 1, burstSeconds: 1 });
  const host = (i: number) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  for (let i = 0; i <= MAX_GATE_ADDRESSES; i++) assert(gate.admits(host(i), 0));
  assert.equal(gate.size, MAX_GATE_ADDRESSES);
  assert.equal(gate.admits(host(1), 0), false);
  assert.equal(gate.admits(host(0), 0), true);
});

Deno.test("an address is told of once a second, with how often since", () => {
  const told: RefusalEvent[] = [];
  const tell = (event: RefusalEvent | undefined) => {
    if (event !== undefined) told.push(event);
  };
  const refusals = new Refusals();
  const remote = { host: "192.0.2.1", port: 4000 };
  for (let i = 0; i < 50; i++) tell(refusals.connection(remote, i * 30));
  tell(refusals.handshake(remote, "unknown identity", 0));
  tell(refusals.handshake({ ...remote, host: "192.0.2.2" }, "unknown identity", 0));
  tell(refusals.handshake(remote, "wrong key", 2000));
  assert.deepEqual(told.map(({ type, count, remote }) => [type, remote.host, count]), [
    ["connections-refused", "192.0.2.1", 1],
    ["connections-refused", "192.0.2.1", 34],
    ["handshake-refused", "192.0.2.1", 1],
    ["handshake-refused", "192.0.2.2", 1],
    ["handshake-refused", "192.0.2.1", 1],
  ]);
});

Deno.test("MAX_TOLD_ADDRESSES are remembered as told of", () => {
  const refusals = new Refusals();
  const isTold = (i: number) => {
    const remote = { host: `10.0.${i >> 8}.${i & 255}`, port: 1 };
    return refusals.connection(remote, 0) !== undefined;
  };
  for (let i = 0; i <= MAX_TOLD_ADDRESSES; i++) assert(isTold(i));
  assert.equal(isTold(1), false);
  assert.equal(isTold(0), true);
});
