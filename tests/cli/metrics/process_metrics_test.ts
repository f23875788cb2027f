import assert from "node:assert/strict";
import { CommandMetrics } from "../../../cli/metrics/command_metrics.ts";
import { LAG_INTERVAL_MS, processMetrics } from "../../../cli/metrics/process_metrics.ts";
import { Histogram } from "../../../mod.ts";
import { parseMetrics } from "./parsed.ts";

/** A process under a clock of the test's. */
function start() {
  const clock = { now: 1000, call: () => {}, interval: 0, stopped: 0 };
  const source = processMetrics({
    api: { Histogram },
    command: "dns",
    now: () => clock.now,
    every(milliseconds, call) {
      clock.interval = milliseconds;
      clock.call = call;
      return () => clock.stopped++;
    },
  });
  return { clock, source };
}

Deno.test("a timer that comes late tells by how much the event loop lags", () => {
  const { clock, source } = start();
  assert.equal(clock.interval, LAG_INTERVAL_MS);
  for (const lag of [0, 0.5, 30, 1_500]) {
    clock.now += LAG_INTERVAL_MS + lag;
    clock.call();
  }
  const { samples } = parseMetrics(new CommandMetrics([source], () => 0).text());
  const bucket = (le: string) =>
    samples.find(({ name, labels }) =>
      name === "rserpool_event_loop_lag_seconds_bucket" && labels.le === le
    )!.value;
  assert.deepEqual(["0.001", "0.02", "0.05", "1", "5"].map(bucket), [2, 2, 3, 3, 4]);
  source.close!();
  assert.equal(clock.stopped, 1);
});

Deno.test("the process says what it is and what it takes", () => {
  const { source } = start();
  const { samples } = parseMetrics(new CommandMetrics([source], () => 0).text());
  const value = (name: string) => samples.find((each) => each.name === name)?.value;
  const info = samples.find(({ name }) => name === "rserpool_build_info")!;
  assert.equal(info.labels.command, "dns");
  assert.equal(info.labels.deno, Deno.version.deno);
  assert(value("process_resident_memory_bytes")! > 1e6);
  const startedAt = value("process_start_time_seconds")! * 1000;
  assert(startedAt <= Date.now() && startedAt > Date.now() - 3_600_000);
  if (Deno.build.os !== "linux") return;
  assert(value("process_open_fds")! >= 3);
  assert(value("process_open_fds")! <= value("process_max_fds")!);
  assert(value("process_cpu_seconds_total")! > 0);
});
