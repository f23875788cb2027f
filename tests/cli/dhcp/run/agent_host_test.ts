import assert from "node:assert/strict";
import { BindingAgent } from "../../../../lib/bindings/mod.ts";
import { AgentHost } from "../../../../cli/dhcp/run/agent_host.ts";
import { EventFeeder } from "../../../../cli/dhcp/run/event_feeder.ts";
import type { LeaseEvent } from "../../../../cli/dhcp/dnsmasq/lease.ts";
import { LocalLeases } from "../../../../cli/dhcp/run/local_leases.ts";

const PLACEHOLDER = "02:aa:aa:aa:aa:aa";
const WALL = 1_700_000_000_000;
const CLOCK = { now: () => 1000, wall: () => WALL };

/** An agent whose disk is as slow as the test; what leaves it is in `told`. */
function hosted() {
  const told: string[] = [];
  const published: number[] = [];
  const saves: ((done: boolean) => void)[] = [];
  const agent = new BindingAgent({
    self: 7,
    name: "a",
    first: "192.0.2.10",
    last: "192.0.2.19",
    share: 1,
    shares: 1,
    lease: 120,
    authoritative: false,
    placeholder: PLACEHOLDER,
  }, CLOCK.now());
  const save = () => {
    told.push("save");
    return new Promise<boolean>((resolve) => saves.push(resolve));
  };
  const host = new AgentHost({
    agent,
    clock: CLOCK,
    apply: () => {},
    tell: () => {},
    save,
    publish: (servers, bindings) => {
      published.push(...servers.map(({ identifier }) => identifier));
      told.push(`publish ${servers.length} ${bindings.map(({ address }) => address)}`);
    },
    changed: () => {},
  });
  return { host, told, published, saves, save, agent };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

function added(address: string) {
  const client = { hardware: "02:00:00:00:00:01" };
  return { action: "add", address, client, remaining: 120 } as const;
}

Deno.test("nothing is told to others before it is on the disk", async () => {
  const { host, told, saves } = hosted();
  host.do((agent, now) => agent.onLeaseEvent(added("192.0.2.10"), now));
  await turns();
  assert.deepEqual(told.splice(0), ["save"]);
  // This one comes while the first is saved: it may not be in that file.
  host.do((agent, now) => agent.onLeaseEvent(added("192.0.2.11"), now));
  await turns();
  assert.deepEqual(told.splice(0), []);
  saves[0]!(true);
  await turns();
  assert.deepEqual(told.splice(0), ["publish 1 192.0.2.10", "save"]);
  saves[1]!(true);
  await host.published();
  assert.deepEqual(told, ["publish 0 192.0.2.11"]);
  host.close();
});

Deno.test("records of other servers that are passed on do not displace its own", async () => {
  const { host, saves, published } = hosted();
  const own = { first: "192.0.2.10", last: "192.0.2.19", share: 1, shares: 1, lease: 120 } as const;
  const other = { ...own, identifier: 8, name: "b", claim: 1, freeIn: 0, acknowledgements: [] };
  host.do((agent, now) => agent.onRecords([{ ...other, version: 2, flags: ["down"] }], [], now));
  await turns();
  // While the disk is slow: a registrar knows neither this server nor the newest of the other.
  host.do((agent, now) => {
    agent.onTableBegan();
    agent.onSynchronized(now);
  });
  host.do((agent, now) => agent.onRecords([{ ...other, version: 1, flags: [] }], [], now));
  saves[0]!(true);
  await turns();
  saves[1]?.(true);
  await host.published();
  assert.deepEqual(published, [7, 7, 8]);
  host.close();
});

Deno.test("what cannot be saved is not told", async () => {
  const { host, told, saves } = hosted();
  host.do((agent, now) => agent.onLeaseEvent(added("192.0.2.10"), now));
  await turns();
  saves[0]!(false);
  await host.published();
  assert.deepEqual(told, ["save"]);
  host.close();
});

Deno.test("an event is acknowledged once a save that began after it is on the disk", async () => {
  const { host, told, saves, save } = hosted();
  const lease = { mac: "02:00:00:00:00:01", expires: WALL / 1000 + 120 };
  const waiting: LeaseEvent[] = ["192.0.2.10", "192.0.2.11"]
    .map((address) => ({ action: "add", lease: { ...lease, address }, remaining: 120 }));
  const spool = {
    take: () => Promise.resolve(waiting.splice(0).map((event, at) => ({ offset: 10 + at, event }))),
    acknowledge: (offset: number) => Promise.resolve(void told.push(`acknowledge ${offset}`)),
    async *[Symbol.asyncIterator]() {},
  };
  const leases = new LocalLeases(PLACEHOLDER);
  const feeder = new EventFeeder({
    spool,
    clock: CLOCK,
    leases,
    take: (event) => host.do((agent, now) => agent.onLeaseEvent(event, now)),
    save,
    savedAgoMs: undefined,
    failed: (reason) => told.push(reason),
    stepped: () => told.push("stepped"),
  });
  await feeder.drain();
  assert.equal(leases.size, 2);
  const acknowledged = feeder.acknowledge();
  await turns();
  assert.deepEqual(told.splice(0).sort(), ["save", "save"]);
  saves.forEach((done) => done(true));
  await acknowledged;
  assert(told.includes("acknowledge 11"));
  // dnsmasq ends by a clock that was set what has just begun: the agent does not hear of it.
  const over = { ...lease, address: "192.0.2.10", expires: WALL / 1000 };
  waiting.push({ action: "del", lease: over });
  await feeder.drain();
  assert(told.includes("stepped"));
  assert.equal(leases.size, 2);
  const again = feeder.acknowledge();
  saves.at(-1)!(true);
  await again;
  host.close();
});

Deno.test("that a disk does not take that events are known ends nothing", async () => {
  const told: string[] = [];
  const lease = { address: "192.0.2.10", mac: "02:00:00:00:00:01", expires: WALL / 1000 + 120 };
  const waiting: LeaseEvent[] = [{ action: "add", lease, remaining: 120 }];
  const feeder = new EventFeeder({
    spool: {
      take: () => Promise.resolve(waiting.splice(0).map((event) => ({ offset: 1, event }))),
      acknowledge: () => Promise.reject(new Error("disk full")),
      async *[Symbol.asyncIterator]() {},
    },
    clock: CLOCK,
    leases: new LocalLeases(PLACEHOLDER),
    take: () => {},
    save: () => Promise.resolve(true),
    savedAgoMs: undefined,
    failed: (reason) => told.push(reason),
    stepped: () => {},
  });
  await feeder.drain();
  await feeder.acknowledge();
  assert.deepEqual(told, ["disk full"]);
});
