/** What `dhcp check` finds in tables that should say the same. */
import assert from "node:assert/strict";
import { MAX_SHOWN_FINDINGS, rowsOf } from "../../../../cli/commands/dhcp_check.ts";
import { clientOf, isSameClient } from "../../../../cli/dhcp/operator/client_text.ts";
import {
  compareAddresses,
  conflicts,
  duplicates,
  type Finding,
  isClean,
  lasting,
  type NamedTable,
  remarks,
  serverFindings,
  unreplicated,
} from "../../../../cli/dhcp/operator/compare.ts";
import * as library from "../../../../lib/bindings/mod.ts";
import type { Binding } from "../../../../lib/wire/mod.ts";
import { bindingOf } from "../../../bindings/samples.ts";
import { recordOf } from "../../../driver/dhcp_server.ts";

const ONE = "52:54:00:00:00:01";
const TWO = "52:54:00:00:00:02";

function table(of: string, ...bindings: Partial<Binding>[]): NamedTable {
  return { of, bindings: bindings.map(bindingOf) };
}

Deno.test("tables that say the same have no findings, whatever is on its way", () => {
  const tables = [
    table("r1", { remaining: 600, acknowledgedBy: [1] }),
    table("r2", { remaining: 597, acknowledgedBy: [1, 2] }),
    table("dhcp1", { remaining: 598 }),
  ];
  assert.deepEqual([...duplicates(tables), ...unreplicated(tables), ...remarks(tables)], []);
});

Deno.test("two clients of one address are found across all tables, in order", () => {
  const tables = [
    table("r1", { address: "10.0.0.10" }, { address: "10.0.0.9" }),
    table("dhcp1", { address: "10.0.0.10", hardware: TWO }),
    table("dhcp2", { address: "10.0.0.9", hardware: TWO }, { address: "10.0.0.10" }),
  ];
  assert.deepEqual(duplicates(tables), [
    { kind: "duplicate", about: "10.0.0.9", detail: `${ONE} at r1; ${TWO} at dhcp2` },
    { kind: "duplicate", about: "10.0.0.10", detail: `${ONE} at r1, dhcp2; ${TWO} at dhcp1` },
  ]);
});

Deno.test("who has no lease that runs is no duplicate", () => {
  const others: Partial<Binding>[] = [{ state: "EXPIRED" }, { state: "BINDABLE" }, {
    remaining: 0,
  }];
  for (const other of others) {
    const tables = [table("r1", {}), table("r2", { hardware: TWO, ...other })];
    assert.deepEqual(duplicates(tables), [], JSON.stringify(other));
  }
});

Deno.test("one hardware address with two client identifiers is two clients", () => {
  const tables = [table("r1", { clientId: "00:aa" }), table("r2", { clientId: "00:bb" })];
  const [found, ...more] = duplicates(tables);
  assert.deepEqual(more, []);
  assert.equal(found?.detail, `${ONE} (client 00:aa) at r1; ${ONE} (client 00:bb) at r2`);
});

Deno.test("one client identifier with two hardware addresses is one client", () => {
  const tables = [
    table("r1", { clientId: "00:aa" }),
    table("r2", {
      clientId: "00:aa",
      hardware: TWO,
    }),
  ];
  assert.deepEqual(duplicates(tables), []);
});

Deno.test("clients are the same here as in the library", () => {
  const clients = [undefined, ONE, TWO].flatMap((hardware) =>
    [undefined, "00:aa", "00:bb"].map((clientId) => ({ hardware, clientId }))
  );
  for (const one of clients) {
    for (const other of clients) {
      assert.equal(isSameClient(one, other), library.isSameClient(one, other));
    }
  }
});

Deno.test("a client is shown by its hardware address, and its identifier if that says more", () => {
  assert.equal(clientOf({ hardware: ONE }), ONE);
  assert.equal(clientOf({ hardware: ONE, clientId: `01:${ONE}` }), ONE);
  assert.equal(clientOf({ hardware: ONE, clientId: "ff:00" }), `${ONE} (client ff:00)`);
  assert.equal(clientOf({ clientId: "ff:00" }), "client ff:00");
  assert.equal(clientOf({}), "nobody");
});

Deno.test("what some have and others have not, or otherwise, is unreplicated", () => {
  const cases: [Partial<Binding> | undefined, RegExp][] = [
    [undefined, /BOUND for 52:.*:01 \(1\) at r1; free at r2/],
    [{ counter: 2 }, /\(1\) at r1; BOUND for .* \(2\) at r2/],
    [{ state: "EXPIRED" }, /at r1; EXPIRED for .* at r2/],
    [{ hardware: TWO }, /:01 \(1\) at r1; BOUND for .*:02 \(1\) at r2/],
  ];
  for (const [other, words] of cases) {
    const tables = [table("r1", {}), other ? table("r2", other) : table("r2")];
    const [found, ...more] = unreplicated(tables);
    assert.deepEqual([found?.kind, found?.about, more], ["unreplicated", "10.0.0.1", []]);
    assert.match(found!.detail, words);
  }
});

Deno.test("a tombstone that some have forgotten is no difference", () => {
  assert.deepEqual(unreplicated([table("r1", { state: "BINDABLE" }), table("r2")]), []);
});

Deno.test("one client with two addresses in a table is a remark, and all is well", () => {
  const found = remarks([table("r1", { address: "10.0.0.10" }, { address: "10.0.0.9" })]);
  const detail = "has leases of 10.0.0.9, 10.0.0.10";
  assert.deepEqual(found, [{ kind: "remark", about: ONE, detail }]);
  assert.equal(isClean(found), true);
  const moved = [table("r1", { address: "10.0.0.9" }), table("r2", { address: "10.0.0.10" })];
  assert.deepEqual(remarks(moved), [], "one table has it still, the other one already elsewhere");
});

Deno.test("who has lost an address is told once, however many registrars say so", () => {
  const lost = bindingOf({ hardware: TWO });
  const [found, ...more] = conflicts([lost, lost]);
  assert.deepEqual([found?.about, more], ["10.0.0.1", []]);
  assert.match(found!.detail, /^52:54:00:00:00:02 has lost it/);
  assert.equal(isClean([found!]), false);
});

Deno.test("servers that are down, withheld, silent, gone", () => {
  const servers = [
    recordOf(1),
    recordOf(2, { flags: ["down"], freeIn: 30 }),
    recordOf(3, { flags: ["down"], freeIn: 0 }),
    recordOf(4, { flags: ["withheld"] }),
    recordOf(5),
    recordOf(6),
  ];
  const found = serverFindings(servers, new Set([1, 4]), new Map([[5, "is connected, but"]]));
  const told = found.map(({ kind, about, detail }) => `${kind} ${about}: ${detail}`);
  assert.equal(told.length, 5);
  assert.match(told[0]!, /^server dhcp2: down by an operator's word; its share is free in 30 s$/);
  assert.match(told[1]!, /^server dhcp3: down .*; its share is free$/);
  assert.match(told[2]!, /^server dhcp4: gives new clients nothing/);
  assert.match(told[3]!, /^server dhcp5: is connected, but$/);
  assert.match(told[4]!, /^server dhcp6: is connected to no registrar; .*partner-down/);
});

Deno.test("what the second look does not show was on its way", () => {
  const first: Finding[] = [
    { kind: "unreplicated", about: "10.0.0.1", detail: "then" },
    { kind: "unreplicated", about: "10.0.0.2", detail: "then" },
  ];
  const second: Finding[] = [
    { kind: "unreplicated", about: "10.0.0.2", detail: "now" },
    { kind: "duplicate", about: "10.0.0.1", detail: "new" },
    { kind: "unreplicated", about: "10.0.0.3", detail: "new" },
  ];
  assert.deepEqual(lasting(first, second), [second[0]]);
});

Deno.test("addresses are in the order of their numbers", () => {
  const sorted = ["10.0.0.10", "9.255.0.1", "10.0.0.9", "250.0.0.1"].sort(compareAddresses);
  assert.deepEqual(sorted, ["9.255.0.1", "10.0.0.9", "10.0.0.10", "250.0.0.1"]);
});

Deno.test("of a kind MAX_SHOWN_FINDINGS are shown to eyes, and how many more there are", () => {
  const all = (count: number): Finding[] =>
    Array.from({ length: count }, (_, i) => ({
      kind: "unreplicated",
      about: `${i}`,
      detail: "",
    }));
  assert.equal(rowsOf(all(MAX_SHOWN_FINDINGS)).length, MAX_SHOWN_FINDINGS);
  const rows = rowsOf([...all(10_000), { kind: "server", about: "dhcp1", detail: "" }]);
  assert.equal(rows.length, MAX_SHOWN_FINDINGS + 2);
  assert.deepEqual(rows.at(-2), ["unreplicated", "9980 more", "all of them: -o json"]);
});
