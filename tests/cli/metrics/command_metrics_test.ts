import assert from "node:assert/strict";
import { CommandMetrics, METRICS_CACHE_MS } from "../../../cli/metrics/command_metrics.ts";
import { eventMetrics } from "../../../cli/metrics/event_metrics.ts";
import { gauge, measure, metricsOf, row } from "../../../cli/metrics/metric.ts";
import { parseMetrics } from "./parsed.ts";

Deno.test("METRICS_CACHE_MS: who asks sooner gets the same, and nothing is measured", () => {
  let [now, measured, closed] = [0, 0, 0];
  const rows = [row(gauge("m", "M."), () => ++measured)];
  const source = {
    metrics: metricsOf(rows),
    measure: () => measure(rows, undefined),
    close: () => closed++,
  };
  const metrics = new CommandMetrics([source], () => now);
  const first = metrics.text();
  now = METRICS_CACHE_MS - 1;
  assert.equal(metrics.text(), first);
  assert.equal(metrics.collect()[0]!.samples[0]!.value, 1);
  assert.equal(measured, 1);
  now = METRICS_CACHE_MS;
  assert.match(metrics.text(), /^m 2$/m);
  assert.equal(measured, 2);
  metrics[Symbol.dispose]();
  assert.equal(closed, 1);
});

Deno.test("events that never were are there as 0, and others as they come", () => {
  const counts = new Map([["serving", 1], ["new-one", 5]]);
  const metrics = new CommandMetrics(
    [eventMetrics(["serving", "peer-dead"], () => counts)],
    () => 0,
  );
  const { samples } = parseMetrics(metrics.text());
  assert.deepEqual(
    samples.map(({ name, labels, value }) => [name, labels.event, value]),
    [
      ["rserpool_events_total", "serving", 1],
      ["rserpool_events_total", "peer-dead", 0],
      ["rserpool_events_total", "new-one", 5],
    ],
  );
});
