/** Components that are kept, and for how long: strangers send what they like. */

import assert from "node:assert/strict";
import {
  COMPONENT_LIMITS,
  NO_COMPONENTS,
  stateOf,
  withoutSilent,
  withReport,
  withUnreadable,
} from "../../../cli/csp/components.ts";
import { DatagramBound } from "../../../cli/csp/listener.ts";
import { componentId, type ComponentReport } from "../../../cli/csp/report.ts";

function reportOf(object: number, changes: Partial<ComponentReport> = {}): ComponentReport {
  return {
    sender: componentId("pool element", object),
    isFinal: false,
    timestampUs: 0n,
    intervalUs: 1_000_000,
    location: "",
    status: "",
    workload: undefined,
    associations: [],
    associationCount: 0,
    ...changes,
  };
}

function heard(object: number, heardAt: number, changes?: Partial<ComponentReport>) {
  return { report: reportOf(object, changes), from: "192.0.2.1:1", heardAt };
}

Deno.test("components: no more than so many are kept, known ones are still heard", () => {
  let components = NO_COMPONENTS;
  for (let i = 0; i <= COMPONENT_LIMITS.components; i++) {
    components = withReport(components, heard(i, 0));
  }
  assert.equal(components.all.size, COMPONENT_LIMITS.components);
  assert.equal(components.dropped, 1);
  components = withReport(components, heard(0, 7));
  assert.equal([...components.all.values()][0]!.heardAt, 7);
  assert.equal(components.dropped, 1);
});

Deno.test("missedReports, leastSilenceMs: when a component counts as silent", () => {
  const often = heard(1, 0, { intervalUs: 1_000 });
  assert.equal(stateOf(often, COMPONENT_LIMITS.leastSilenceMs), "reports");
  assert.equal(stateOf(often, COMPONENT_LIMITS.leastSilenceMs + 1), "silent");
  const rare = heard(1, 0, { intervalUs: 10_000_000 });
  const missed = COMPONENT_LIMITS.missedReports * 10_000;
  assert.deepEqual([stateOf(rare, missed), stateOf(rare, missed + 1)], ["reports", "silent"]);
  assert.equal(stateOf(heard(1, 0, { isFinal: true }), 0), "ended");
});

Deno.test("keptMs: a silent component is forgotten, whatever interval it has promised", () => {
  const forgotten = (intervalUs: number, now: number) =>
    withoutSilent(withReport(NO_COMPONENTS, heard(1, 0, { intervalUs })), now).all.size === 0;
  const { keptMs, leastSilenceMs } = COMPONENT_LIMITS;
  assert.equal(forgotten(1_000_000, keptMs + leastSilenceMs - 1), false);
  assert.equal(forgotten(1_000_000, keptMs + leastSilenceMs), true);
  assert.equal(forgotten(0xffffffff, 11 * keptMs), true);
});

Deno.test("datagramsPerSecond: of a flood only so many are looked at", () => {
  const bound = new DatagramBound();
  const admitted = (now: number) =>
    Array.from({ length: 2 * COMPONENT_LIMITS.datagramsPerSecond }, () => bound.admits(now))
      .filter((isAdmitted) => isAdmitted).length;
  const { datagramsPerSecond } = COMPONENT_LIMITS;
  assert.deepEqual([admitted(5), admitted(1_004), admitted(1_005)], [
    datagramsPerSecond,
    0,
    datagramsPerSecond,
  ]);
});

Deno.test("datagrams that are no reports are counted", () => {
  assert.equal(withUnreadable(withUnreadable(NO_COMPONENTS)).unreadable, 2);
});
