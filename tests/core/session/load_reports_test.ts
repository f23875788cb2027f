import assert from "node:assert/strict";
import { LoadReports, seededRandom } from "../../../lib/core/mod.ts";
import { LOAD_INTERVAL_MS, LOAD_STEP } from "../../../lib/core/session/load_reports.ts";

Deno.test("the first change is told at once, the next an interval later", () => {
  const reports = new LoadReports(0);
  assert.equal(reports.take(0), undefined);
  reports.change(0.5);
  assert.equal(reports.take(10), 0.5);
  reports.change(0.6);
  assert.equal(reports.take(10), undefined);
  assert.equal(reports.deadline(), 10 + LOAD_INTERVAL_MS);
  assert.equal(reports.take(10 + LOAD_INTERVAL_MS), 0.6);
  assert.equal(reports.deadline(), undefined);
});

Deno.test("a small change is not worth a report, but empty and full are", () => {
  const reports = new LoadReports(0.5);
  reports.change(0.5 + LOAD_STEP / 2);
  assert.equal(reports.deadline(), undefined);
  reports.change(0.5 + LOAD_STEP);
  assert.notEqual(reports.deadline(), undefined);
  for (const edge of [0, 1]) {
    const near = new LoadReports(Math.abs(edge - LOAD_STEP / 4));
    near.change(edge);
    assert.equal(near.take(0), edge);
  }
});

Deno.test("a load that has come back is not told", () => {
  const reports = new LoadReports(0.5);
  reports.change(0.9);
  reports.change(0.5);
  assert.equal(reports.take(0), undefined);
});

Deno.test("above the capacity the load is 1", () => {
  const reports = new LoadReports(0);
  reports.change(1.5);
  assert.equal(reports.take(0), 1);
});

Deno.test("whatever happens, reports are an interval apart and the last one is near", () => {
  const random = seededRandom(5);
  const reports = new LoadReports(0);
  let last = -Infinity;
  let told = 0;
  let load = 0;
  for (let now = 0; now < 60_000; now += random.below(50)) {
    load = random.below(101) / 100;
    reports.change(load);
    const report = reports.take(now);
    if (report === undefined) continue;
    assert(now - last >= LOAD_INTERVAL_MS);
    last = now;
    told = report;
  }
  told = reports.take(last + 120_000) ?? told;
  assert(Math.abs(told - load) < LOAD_STEP);
});
