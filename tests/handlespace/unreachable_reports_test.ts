import assert from "node:assert/strict";
import { UnreachableReports } from "../../lib/handlespace/mod.ts";

const options = { windowMs: 1000, maxReporters: 3 };

Deno.test("reports count by distinct reporters", () => {
  const reports = new UnreachableReports(options);
  assert.equal(reports.report("a", 0), 1);
  assert.equal(reports.report("a", 1), 1);
  assert.equal(reports.report("b", 2), 2);
  assert.equal(reports.report("c", 3), 3);
});

Deno.test("a report counts until the window has passed, and each repetition begins it anew", () => {
  const reports = new UnreachableReports(options);
  reports.report("a", 0);
  reports.report("b", 500);
  reports.report("a", 900);
  assert.equal(reports.report("c", 1499), 3);
  assert.equal(reports.report("c", 1500), 2);
  assert.equal(reports.report("c", 1900), 1);
});

Deno.test("an answer of the pool element clears all reports", () => {
  const reports = new UnreachableReports(options);
  reports.report("a", 0);
  reports.report("b", 0);
  reports.clear();
  assert.equal(reports.report("c", 1), 1);
});

Deno.test("maxReporters bounds what is remembered: the longest silent is forgotten", () => {
  const reports = new UnreachableReports(options);
  for (const reporter of ["a", "b", "c", "a"]) reports.report(reporter, 0);
  assert.equal(reports.report("d", 1), 3);
  // Of c, a and d, which are left, a repetition adds none; b was forgotten and pushes c out.
  assert.equal(reports.report("a", 2), 3);
  assert.equal(reports.report("b", 3), 3);
  for (let i = 0; i < 100; i++) assert.equal(reports.report(`${i}`, 4), 3);
});
