/** What has changed between two answers, and the words for it. */

import assert from "node:assert/strict";
import { changeLines, sizeLine } from "../../../cli/watch/change_lines.ts";
import { changesBetween, contentOf } from "../../../cli/watch/changes.ts";
import type { PoolElementView } from "../../../cli/views.ts";

function element(id: number, changed: Partial<PoolElementView> = {}): PoolElementView {
  return {
    identifier: `0x0000000${id}`,
    home: "0x00c0ffee",
    lifetimeMs: 300_000,
    transport: { protocol: "tcp", addresses: ["192.0.2.1"], port: 8080 + id, use: "data" },
    policy: { name: "least-used", load: 0.5, loadRaw: "0x80000000" },
    ...changed,
  };
}

function linesOf(before: readonly PoolElementView[], after: readonly PoolElementView[]): string[] {
  return changeLines("web", changesBetween(before, after), before.length);
}

Deno.test("who went and who came, with what a person needs to know", () => {
  assert.deepEqual(linesOf([element(1), element(2)], [element(3), element(2)]), [
    "web: 0x00000001 went: tcp 192.0.2.1:8081 (1 pool element)",
    "web: 0x00000003 came: tcp 192.0.2.1:8083, least-used:load=0.5, home 0x00c0ffee " +
    "(2 pool elements)",
  ]);
  assert.deepEqual(linesOf([element(1)], []), [
    "web: 0x00000001 went: tcp 192.0.2.1:8081 (no pool elements)",
  ]);
});

Deno.test("the order of an answer is no change", () => {
  const [one, two] = [element(1), element(2)];
  assert.deepEqual(changesBetween([one, two], [two, one]), []);
  assert.equal(contentOf([one, two]), contentOf([two, one]));
  assert.notEqual(contentOf([one, two]), contentOf([one]));
  assert.equal(contentOf([]), "");
});

Deno.test("what changed of an element: each value that it has", () => {
  const rows: readonly [Partial<PoolElementView>, string][] = [
    [{ home: "0x0badcafe" }, "home 0x00c0ffee -> 0x0badcafe"],
    [{ lifetimeMs: null }, "life 300s -> infinite"],
    [{ policy: { name: "random" } }, "policy least-used:load=0.5 -> random"],
    [
      { transport: { ...element(1).transport, addresses: ["192.0.2.1", "::1"] } },
      "endpoint tcp 192.0.2.1:8081 -> tcp 192.0.2.1:8081 [::1]:8081",
    ],
    [{ transport: { ...element(1).transport, use: "data+control" } }, "use data -> data+control"],
  ];
  for (const [changed, words] of rows) {
    const lines = linesOf([element(1)], [element(1, changed)]);
    assert.deepEqual(lines, [`web: 0x00000001 changed: ${words}`]);
  }
});

Deno.test("an opaque transport has no endpoint to show", () => {
  const opaque = element(1, { transport: { protocol: "opaque", data: "00" } });
  const [line] = linesOf([], [opaque]);
  assert.match(line!, /^web: 0x00000001 came: opaque, /);
});

Deno.test("a hostile pool handle is quoted, and makes no line and no colour of its own", () => {
  assert.equal(sizeLine("web", 1), "web: 1 pool element");
  assert.equal(sizeLine("hex:0a0b", 0), "hex:0a0b: no pool elements");
  assert.equal(sizeLine('a b: "c"', 2), '"a b: \\"c\\"": 2 pool elements');
  const escape = sizeLine("a\x1b[31m\nb\u202e", 2);
  assert.equal(escape, '"a\\u001b[31m\\nb\\u{202e}": 2 pool elements');
});
