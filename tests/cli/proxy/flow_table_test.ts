/** Clients of UDP: how many, how long, and who goes first. */
import assert from "node:assert/strict";
import { FlowTable } from "../../../cli/proxy/flow_table.ts";

Deno.test("a flow is found until it was silent for idleMs", () => {
  const flows = new FlowTable<string>({ maxFlows: 10, idleMs: 100 });
  flows.add("a", "A", 0);
  assert.equal(flows.use("a", 60), "A");
  assert.equal(flows.use("b", 60), undefined);
  assert.equal(flows.nextExpiry(), 160);
  assert.deepEqual(flows.expire(159), []);
  assert.deepEqual(flows.expire(160), ["A"]);
  assert.equal(flows.size, 0);
  assert.equal(flows.nextExpiry(), undefined);
});

Deno.test("beyond maxFlows the one that was silent for longest goes", () => {
  const flows = new FlowTable<string>({ maxFlows: 2, idleMs: 100 });
  assert.equal(flows.add("a", "A", 0), undefined);
  assert.equal(flows.add("b", "B", 1), undefined);
  flows.use("a", 2);
  assert.equal(flows.add("c", "C", 3), "B");
  assert.deepEqual([...flows], ["A", "C"]);
  assert.equal(flows.size, 2);
});

Deno.test("only those that are over expire", () => {
  const flows = new FlowTable<string>({ maxFlows: 10, idleMs: 100 });
  flows.add("a", "A", 0);
  flows.add("b", "B", 50);
  flows.add("c", "C", 90);
  flows.delete("b");
  assert.deepEqual(flows.expire(120), ["A"]);
  assert.equal(flows.nextExpiry(), 190);
});
