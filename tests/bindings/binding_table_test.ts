/** A table of bindings: what it takes, refuses, shows, forgets, and tells lost. */
import assert from "node:assert/strict";
import {
  BindingTable,
  contentOf,
  MAX_LOST_BINDINGS,
  secondsUntil,
  told,
} from "../../lib/bindings/mod.ts";
import { asap, INFINITE_LEASE, MAX_BINDING_SERVERS } from "../../lib/wire/mod.ts";
import { MAX_TAKEN_COUNTER } from "../../lib/bindings/limits.ts";
import { bindingOf, FIRST, LAST, serverOf } from "./samples.ts";

const NOW = 1_000_000;
const OTHER = "52:54:00:00:00:02";

function tableOf(servers = 3): BindingTable {
  const table = new BindingTable();
  const records = Array.from({ length: servers }, (_, at) => ({ ...serverOf(at + 1), freeIn: 0 }));
  table.merge(records, [], NOW);
  return table;
}

Deno.test("a counter that nobody can have counted to is not taken", () => {
  const table = tableOf();
  const high = bindingOf({ counter: MAX_TAKEN_COUNTER });
  assert.deepEqual(table.merge([], [high], NOW).refused, [FIRST]);
  assert.equal(table.bindings.size, 0);
  table.merge([], [bindingOf({ counter: MAX_TAKEN_COUNTER - 1 })], NOW);
  assert.equal(table.highestCounter(), MAX_TAKEN_COUNTER - 1);
});

Deno.test("versions: counter, then the draft's precedence, longest lease, server, client", () => {
  const ascending = [
    bindingOf({ transaction: "EXPIRATION", state: "EXPIRED", counter: 1 }),
    bindingOf({ transaction: "RELEASE", state: "EXPIRED", counter: 1 }),
    bindingOf({ transaction: "RENEWING" }),
    bindingOf({ transaction: "INIT-REBOOT" }),
    bindingOf({ transaction: "REBINDING" }),
    bindingOf({ transaction: "SELECTING" }),
    bindingOf({ transaction: "SELECTING", lease: 601 }),
    bindingOf({ transaction: "SELECTING", lease: 601, server: 2, clientId: "01:aa" }),
    bindingOf({ lease: 601, server: 2, clientId: "01:aa", hardware: OTHER }),
    bindingOf({ lease: 601, server: 2, clientId: "01:bb" }),
    bindingOf({ transaction: "SELECTING", lease: 601, server: 2 }),
    bindingOf({ transaction: "SELECTING", lease: 601, server: 2, hardware: OTHER }),
    bindingOf({ transaction: "SELECTING", lease: INFINITE_LEASE }),
    bindingOf({ transaction: "DECLARATION", state: "UNAVAILABLE" }),
    bindingOf({ transaction: "EXPIRATION", state: "EXPIRED", counter: 2 }),
    bindingOf({ transaction: "SELECTING", counter: 2 ** 40 }),
  ];
  for (const [at, later] of ascending.entries()) {
    for (const earlier of ascending.slice(0, at)) {
      for (const order of [[earlier, later], [later, earlier]]) {
        const table = tableOf();
        for (const each of order) table.merge([], [each], NOW);
        const { transaction, counter } = table.bindings.get(FIRST)!;
        assert.deepEqual([transaction, counter], [later.transaction, later.counter]);
        assert.deepEqual(told(table.bindings.get(FIRST)!, NOW), later);
      }
    }
  }
});

Deno.test("states of one version: BOUND, EXPIRED, BINDABLE; words of one state are united", () => {
  const table = tableOf();
  const expired = bindingOf({ state: "EXPIRED", transaction: "EXPIRATION", counter: 2 });
  const merge = (change: object) => table.merge([], [{ ...expired, ...change }], NOW).bindings;
  assert.equal(merge({ acknowledgedBy: [2] }).length, 1);
  assert.deepEqual(merge({ acknowledgedBy: [1] })[0]!.acknowledgedBy, [1, 2]);
  assert.equal(merge({ acknowledgedBy: [2, 1] }).length, 0, "nothing new");
  const [bindable] = merge({ state: "BINDABLE", acknowledgedBy: [3] });
  assert.deepEqual([bindable!.state, bindable!.acknowledgedBy], ["BINDABLE", [3]]);
  const { newer, bindings } = table.merge([], [{ ...expired, acknowledgedBy: [1, 2, 3] }], NOW);
  assert.equal(bindings.length, 0, "what is BINDABLE does not become EXPIRED again");
  assert.deepEqual(newer.map(({ state }) => state), ["BINDABLE"]);
});

Deno.test("host names of one version: the later text is kept, whatever the states", () => {
  const named = bindingOf({ host: "b" });
  for (const change of [{ host: "a" }, {}, { host: "a", state: "EXPIRED" as const }]) {
    const other = bindingOf(change);
    for (const order of [[named, other], [other, named]]) {
      const table = tableOf();
      for (const each of order) table.merge([], [each], NOW);
      assert.equal(table.bindings.get(FIRST)!.host, "b");
    }
  }
});

Deno.test("what came is told apart: new, older than what is known, the same", () => {
  const table = tableOf();
  const first = table.merge([], [bindingOf({ counter: 5 })], NOW);
  assert.deepEqual([first.bindings.length, first.newer.length], [1, 0]);
  const same = table.merge([], [bindingOf({ counter: 5 })], NOW + 1000);
  assert.deepEqual([same.bindings.length, same.newer.length], [0, 0]);
  const older = table.merge([], [bindingOf({ counter: 4 })], NOW);
  assert.deepEqual([older.bindings.length, older.newer.map(({ counter }) => counter)], [0, [5]]);
});

Deno.test("the expiry that was told later is the one that counts, if it is a later one", () => {
  const table = tableOf();
  table.merge([], [bindingOf({ remaining: 600 })], NOW);
  table.merge([], [bindingOf({ remaining: 590 })], NOW);
  assert.equal(secondsUntil(table.bindings.get(FIRST)!.expiresAt, NOW), 600);
  table.merge([], [bindingOf({ remaining: 600 })], NOW + 5000);
  assert.equal(secondsUntil(table.bindings.get(FIRST)!.expiresAt, NOW), 605);
  table.merge([], [bindingOf({ remaining: INFINITE_LEASE })], NOW);
  assert.equal(told(table.bindings.get(FIRST)!, NOW).remaining, INFINITE_LEASE);
});

Deno.test("addresses outside the range are refused by name, all before there is one", () => {
  const table = new BindingTable();
  assert.deepEqual(table.merge([], [bindingOf()], NOW).refused, [FIRST]);
  table.merge([{ ...serverOf(1), freeIn: 0 }], [], NOW);
  for (const address of ["10.0.0.0", "10.0.0.13", "192.0.2.1", "255.255.255.255"]) {
    const merged = table.merge([], [bindingOf({ address })], NOW);
    assert.deepEqual([merged.refused, merged.bindings], [[address], []]);
  }
  for (const address of [FIRST, LAST]) {
    assert.deepEqual(table.merge([], [bindingOf({ address })], NOW).refused, []);
  }
  assert.equal(table.count, 3);
});

Deno.test("servers: at most MAX_BINDING_SERVERS, and none whose values cannot be meant", () => {
  const table = tableOf(MAX_BINDING_SERVERS);
  assert.equal(table.servers.size, MAX_BINDING_SERVERS);
  const another = { ...serverOf(MAX_BINDING_SERVERS + 1), freeIn: 0 };
  assert.deepEqual(table.merge([another], [], NOW).refusedServers, [another.identifier]);
  const known = { ...serverOf(1), version: 2, freeIn: 0 };
  assert.deepEqual(table.merge([known], [], NOW).refusedServers, []);
  const few = tableOf(1);
  for (
    const change of [
      { first: LAST, last: FIRST },
      { first: "10.0.0.0", last: "10.0.64.0" },
      { share: 0 },
      { share: 4 },
      { shares: 0 },
      { share: 17, shares: 17 },
      { lease: 0 },
      { version: MAX_TAKEN_COUNTER },
      { claim: MAX_TAKEN_COUNTER },
    ]
  ) {
    const merged = few.merge([{ ...serverOf(2), freeIn: 0, ...change }], [], NOW);
    assert.deepEqual(merged.refusedServers, [2], JSON.stringify(change));
  }
  assert.equal(few.servers.size, 1);
});

Deno.test("pages: in the order of the addresses, each behind the last of the one before", () => {
  const table = tableOf();
  for (const at of [12, 3, 10, 1, 9, 2]) {
    table.merge([], [bindingOf({ address: `10.0.0.${at}` })], NOW);
  }
  const pages: string[][] = [];
  let after: string | undefined = "0.0.0.0";
  while (after !== undefined) {
    const page: string[] = table.page(after, 4).map(({ address }) => address);
    pages.push(page);
    after = page.length === 4 ? page.at(-1) : undefined;
  }
  assert.deepEqual(pages, [
    ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.9"],
    ["10.0.0.10", "10.0.0.12"],
  ]);
  assert.deepEqual(table.page(LAST, 4), []);
  assert.deepEqual(new BindingTable().page(undefined, 4), []);
});

Deno.test("two clients with one address: who has lost is told until its lease ends", () => {
  const table = tableOf();
  const loser = bindingOf({ remaining: 100 });
  table.merge([], [loser], NOW);
  const { lost } = table.merge([], [bindingOf({ hardware: OTHER, server: 2 })], NOW);
  assert.deepEqual(lost.map(({ hardware }) => hardware), [loser.hardware]);
  assert.deepEqual(table.merge([], [loser], NOW).lost, [], "once");
  assert.equal(table.lost(NOW + 99_999).length, 1);
  assert.equal(table.lost(NOW + 100_000).length, 0);
});

Deno.test("nobody has lost whose lease had ended, or who is the same client", () => {
  const table = tableOf();
  const next = (change: object) =>
    table.merge([], [bindingOf({ counter: ++counter, ...change })], NOW).lost.length;
  let counter = 0;
  assert.equal(next({ remaining: 0 }), 0);
  assert.equal(next({ hardware: OTHER }), 0, "its lease had ended");
  assert.equal(next({ hardware: OTHER, clientId: "01" }), 0, "it has a client identifier by now");
  assert.equal(next({ hardware: "06", clientId: "01" }), 0, "it has another interface");
  assert.equal(next({ state: "EXPIRED", transaction: "RELEASE" }), 0);
  assert.equal(next({ hardware: "07" }), 0, "it was given back");
  assert.equal(next({ hardware: "08" }), 1);
});

Deno.test("clients that have lost are remembered, at most MAX_LOST_BINDINGS of them", () => {
  const table = tableOf();
  for (let counter = 0; counter <= MAX_LOST_BINDINGS + 1; counter++) {
    const hardware = `06:${counter.toString(16).padStart(2, "0")}`;
    table.merge([], [bindingOf({ counter, hardware })], NOW);
  }
  const lost = table.lost(NOW);
  assert.equal(lost.length, MAX_LOST_BINDINGS);
  assert.equal(lost[0]!.hardware, "06:01", "the oldest goes");
});

Deno.test("what is BINDABLE is forgotten when its time is over and all hold it", () => {
  const table = tableOf();
  const bindable = bindingOf({ state: "BINDABLE", transaction: "EXPIRATION", remaining: 600 });
  table.merge([], [{ ...bindable, acknowledgedBy: [1, 2] }], NOW);
  table.merge([], [bindingOf({ address: LAST, remaining: 0 })], NOW);
  const { digest } = table;
  assert.deepEqual(table.prune(NOW + 600_000), [], "one has not said that it holds it");
  table.merge([], [{ ...bindable, acknowledgedBy: [3] }], NOW);
  assert.notEqual(table.digest, digest);
  assert.deepEqual(table.prune(NOW + 599_999), [], "its time is not over");
  assert.deepEqual(table.prune(NOW + 600_000), [FIRST]);
  assert.deepEqual([...table.bindings.keys()], [LAST], "what is BOUND never is");
  const alone = tableOf();
  alone.merge([], [bindingOf({ address: LAST, remaining: 0 })], NOW);
  assert.equal(table.digest, alone.digest);
});

Deno.test("the word of a server that is freed is not waited for", () => {
  const table = tableOf();
  table.merge([], [bindingOf({ state: "BINDABLE", remaining: 0, acknowledgedBy: [1, 2] })], NOW);
  table.merge([{ ...serverOf(3), version: 2, flags: ["down"], freeIn: 600 }], [], NOW);
  assert.deepEqual(table.prune(NOW + 599_999), []);
  assert.deepEqual(table.prune(NOW + 600_000), [FIRST]);
});

Deno.test("a misfit: another range, other shares, the share of another", () => {
  const table = tableOf(2);
  const server = { ...serverOf(3), freeIn: 0 };
  assert.equal(table.misfit(server), undefined);
  assert.match(table.misfit({ ...server, last: "10.0.0.13" })!, /its range is .* of dhcp1 is/);
  assert.match(table.misfit({ ...server, shares: 4 })!, /its share is one of 4, .* one of 3/);
  assert.match(table.misfit({ ...server, share: 2 })!, /its share 2\/3 is that of dhcp2/);
  assert.equal(table.misfit({ ...serverOf(2), freeIn: 0 }), undefined, "it may be itself");
  table.merge([{ ...serverOf(2), version: 2, flags: ["down"], freeIn: 9 }], [], NOW);
  assert.equal(
    table.misfit({ ...server, share: 2 }),
    undefined,
    "in the place of one that is down",
  );
});

Deno.test("the pool has another range: what is outside of it is forgotten", () => {
  const table = tableOf(1);
  for (const address of [FIRST, LAST]) table.merge([], [bindingOf({ address })], NOW);
  table.merge([{ ...serverOf(1), version: 2, last: "10.0.0.11", freeIn: 0 }], [], NOW);
  assert.deepEqual([...table.bindings.keys()], [FIRST]);
  const other = new BindingTable();
  other.merge([{ ...serverOf(1), version: 2, last: "10.0.0.11", freeIn: 0 }], [], NOW);
  other.merge([], [bindingOf({ address: FIRST }), bindingOf({ address: LAST })], NOW);
  assert.equal(table.digest, other.digest);
});

Deno.test("nothing is lost on the way over the wire, but for parts of a second", () => {
  const table = tableOf();
  const binding = bindingOf({ clientId: "ff:01", host: "printer", acknowledgedBy: [1, 3] });
  table.merge([], [binding], NOW);
  const message = {
    type: "ASAP_BINDING_UPDATE",
    request: 1,
    poolHandle: "dhcp/lan1",
    peIdentifier: 1,
    servers: [],
    bindings: [told(table.bindings.get(FIRST)!, NOW)],
  } as const;
  const decoded = asap.decode(asap.encode(message));
  assert(decoded.ok && decoded.message.type === "ASAP_BINDING_UPDATE");
  const other = tableOf();
  other.merge([], decoded.message.bindings, NOW + 500);
  assert.equal(contentOf(other.bindings.get(FIRST)!), contentOf(table.bindings.get(FIRST)!));
  assert.equal(other.digest, table.digest);
});

Deno.test("other bindings of a client are found, by identifier or hardware address", () => {
  const table = tableOf();
  const at = (number: number, change: object) =>
    table.merge([], [bindingOf({ address: `10.0.0.${number}`, ...change })], NOW);
  at(1, { clientId: "01" });
  at(2, { clientId: "01", hardware: OTHER });
  at(3, { clientId: "02" });
  const others = (number: number) =>
    table.othersOf(table.bindings.get(`10.0.0.${number}`)!).map(({ address }) => address).sort();
  assert.deepEqual(others(1), ["10.0.0.2"], "another identifier is another client");
  at(4, {});
  assert.deepEqual(others(4), ["10.0.0.1", "10.0.0.3"], "without an identifier");
  assert.deepEqual(others(3), ["10.0.0.4"]);
  at(1, { counter: 2, hardware: "06" });
  assert.deepEqual(others(2), [], "the address is another client's");
  assert.deepEqual(others(4), ["10.0.0.3"]);
  table.merge([{ ...serverOf(1), version: 2, last: "10.0.0.3", freeIn: 0 }], [], NOW);
  assert.deepEqual(others(3), [], "it is forgotten");
  at(2, { counter: 2, state: "UNAVAILABLE", hardware: undefined });
  assert.deepEqual(others(2), [], "nobody's");
});
