/** How long a hint lives, and how many there are. */

import assert from "node:assert/strict";
import { type Heard, HintTable } from "../../../lib/core/discovery/hints.ts";
import { address, discoveryOptions } from "./discovery_stage.ts";

const SOURCE = "192.0.2.200";
/** Deadlines of the table, taken until one address is outdated. */
function outdatedAt(table: HintTable): number {
  for (;;) {
    const now = table.next();
    assert.ok(now !== undefined, "no hint is outdated ever");
    if (table.takeOutdated(now).length > 0) return now;
  }
}

Deno.test("a hint that is heard once lives for T7-ENRPoutdate", () => {
  const table = new HintTable(discoveryOptions());
  assert.equal(table.hear(address(1), SOURCE, 1_000).outcome, "new");
  assert.deepEqual(table.takeOutdated(5_999), []);
  assert.deepEqual(table.takeOutdated(6_000), [address(1)]);
  assert.deepEqual(table.takeOutdated(7_000), [], "each once");
});

Deno.test("a hint lives max(T7-ENRPoutdate, 3 × its observed interval)", () => {
  for (const [intervalMs, lifeMs] of [[1_000, 5_000], [2_000, 6_000], [4_900, 14_700]] as const) {
    const table = new HintTable(discoveryOptions());
    table.hear(address(1), SOURCE, 0);
    table.hear(address(1), SOURCE, intervalMs);
    assert.equal(outdatedAt(table) - intervalMs, lifeMs, `every ${intervalMs} ms`);
  }
});

Deno.test("an interval longer than T7-ENRPoutdate is observed, too: one in 21 s", () => {
  const table = new HintTable(discoveryOptions());
  const outcomes: string[] = [];
  for (let now = 0; now <= 210_000; now += 21_000) {
    table.takeOutdated(now);
    outcomes.push(table.hear(address(1), SOURCE, now).outcome);
  }
  assert.deepEqual(outcomes, ["new", "new", ...Array(9).fill("known")]);
  assert.equal(table.isConfirmed(address(1)), true);
  assert.equal(outdatedAt(table), 210_000 + 63_000);
});

Deno.test("copies of one announcement are no interval", () => {
  const table = new HintTable(discoveryOptions());
  for (const now of [0, 3, 4_000, 4_003, 8_000, 8_003]) table.hear(address(1), SOURCE, now);
  assert.equal(outdatedAt(table), 8_000 + 12_000);
});

Deno.test("limit maxHintLifeMs: no interval makes a hint live longer", () => {
  const table = new HintTable(discoveryOptions({ maxHintLifeMs: 60_000 }));
  for (const now of [0, 19_000, 49_000]) {
    table.takeOutdated(now);
    table.hear(address(1), SOURCE, now);
  }
  assert.equal(outdatedAt(table), 49_000 + 60_000);
  const deadline = table.next()!;
  table.takeOutdated(deadline);
  assert.equal(table.size, 0, "and nothing of it is left");
});

Deno.test("limit maxHintsPerSource: a source has so many, and one outdated gives way", () => {
  const table = new HintTable(discoveryOptions({ maxHintsPerSource: 3 }));
  const outcomes = [1, 2, 3, 4].map((n) => table.hear(address(n), SOURCE, 0).outcome);
  assert.deepEqual(outcomes, ["new", "new", "new", "refused"]);
  assert.equal(table.hear(address(4), "192.0.2.201", 0).outcome, "new");
  assert.equal(table.hear(address(1), SOURCE, 4_000).outcome, "confirmed");
  table.takeOutdated(5_000);
  assert.equal(table.hear(address(5), SOURCE, 5_000).outcome, "new");
  assert.equal(table.hear(address(6), SOURCE, 5_000).outcome, "new");
  assert.equal(table.hear(address(7), SOURCE, 5_000).outcome, "refused");
});

Deno.test("limit maxHints: a further one replaces any, however many sources are made up", () => {
  const evicted = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const table = new HintTable(discoveryOptions({ maxHints: 4 }, seed));
    for (const n of [1, 2, 3, 4]) table.hear(address(n), `10.0.0.${n}`, 0);
    const heard = table.hear(address(5), "10.0.0.5", 0) as Heard & { outcome: "new" };
    assert.equal(table.size, 4);
    evicted.add(heard.evicted!.host);
    for (let n = 6; n < 200; n++) table.hear(address(n), `10.0.1.${n}`, 0);
    assert.equal(table.size, 4);
  }
  assert.equal(evicted.size, 4, "picked at random");
});

Deno.test("limit maxHints: one that is outdated gives way first, without a word", () => {
  const table = new HintTable(discoveryOptions({ maxHints: 2 }));
  table.hear(address(1), "10.0.0.1", 0);
  table.hear(address(2), "10.0.0.2", 4_000);
  table.takeOutdated(5_000);
  assert.deepEqual(table.hear(address(3), "10.0.0.3", 5_000), {
    outcome: "new",
    evicted: undefined,
  });
  assert.equal(table.hear(address(2), "10.0.0.2", 5_000).outcome, "confirmed");
});

Deno.test("in a flood of addresses that are heard once, one that is heard again stays", () => {
  const table = new HintTable(discoveryOptions({ maxHints: 8 }));
  const outcomes: string[] = [];
  for (let second = 0; second < 60; second++) {
    table.takeOutdated(second * 1_000);
    // It takes a moment without a flood: before its second announcement it is one of many.
    if (second > 1) {
      for (let n = 0; n < 50; n++) {
        table.hear(address(2 + second * 50 + n), `10.${second}.0.${n}`, second * 1_000);
      }
    }
    outcomes.push(table.hear(address(1), SOURCE, second * 1_000 + 999).outcome);
  }
  assert.deepEqual(outcomes.slice(0, 3), ["new", "confirmed", "known"]);
  assert.ok(outcomes.slice(2).every((each) => each === "known"), outcomes.join(" "));
});
