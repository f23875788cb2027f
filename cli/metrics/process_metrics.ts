/** What every command measures of its process: how late its turns are, memory, descriptors. */

import type { Api, HistogramView } from "../api.ts";
import type { MetricSource } from "./command_metrics.ts";
import {
  counter,
  gauge,
  histogram,
  inSeconds,
  measure,
  metricsOf,
  type Row,
  row,
} from "./metric.ts";
import { VERSION } from "../version.ts";

/** So often it is looked how late a timer comes: what lasts longer is certainly seen. */
export const LAG_INTERVAL_MS = 50;
/** Milliseconds that a turn of the event loop may come late. */
const LAG_BOUNDS_MS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];
/** Ticks of a second in /proc: the same on all Linux machines, whatever their kernel's timer is. */
const TICKS_PER_SECOND = 100;

/** What processes are measured with. */
export interface ProcessMetricsParts {
  readonly api: Pick<Api, "Histogram">;
  /** `registrar`, `register`, `proxy` or `dns`. */
  readonly command: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Calls again and again, until the result is called. Default: a timer that keeps nobody up. */
  readonly every?: ((milliseconds: number, call: () => void) => () => void) | undefined;
}

/** A process at one moment. */
interface Now {
  readonly command: string;
  readonly lagMs: HistogramView;
  readonly memory: Deno.MemoryUsage;
}

const ROWS: readonly Row<Now>[] = [
  row(
    gauge("rserpool_build_info", "1; the labels say what runs.", ["version", "deno", "command"]),
    ({ command }) => [[[VERSION, Deno.version.deno, command], 1]],
  ),
  row(
    histogram(
      "rserpool_event_loop_lag_seconds",
      `How much later than due a timer of ${LAG_INTERVAL_MS} ms came: all else waits as long.`,
    ),
    ({ lagMs }) => inSeconds(lagMs),
  ),
  row(
    gauge("process_start_time_seconds", "When the process started, in seconds since 1970."),
    () => Math.round(performance.timeOrigin) / 1000,
  ),
  row(
    gauge("process_resident_memory_bytes", "Memory of the process that is in use."),
    ({ memory }) => memory.rss,
  ),
  row(
    gauge(
      "rserpool_heap_bytes",
      "Memory of the JavaScript heap: used, and taken from the system.",
      [
        "kind",
      ],
    ),
    ({ memory: { heapUsed, heapTotal } }) => [["used", heapUsed], ["total", heapTotal]],
  ),
  row(
    counter("process_cpu_seconds_total", "Time of processors that was spent; on Linux."),
    () => valueOr(cpuSeconds),
  ),
  row(
    gauge("process_open_fds", "Open file descriptors; on Linux."),
    () => valueOr(openDescriptors),
  ),
  row(
    gauge("process_max_fds", "File descriptors that may be open; on Linux."),
    () => valueOr(maxDescriptors),
  ),
];

/** What it has, for the documentation. */
export const PROCESS_METRICS = metricsOf(ROWS);

/** Measures until it is closed. */
export function processMetrics(parts: ProcessMetricsParts): MetricSource {
  const { api, command, now, every = everyUnreferenced } = parts;
  const lag = new api.Histogram(LAG_BOUNDS_MS);
  let before = now();
  const close = every(LAG_INTERVAL_MS, () => {
    const at = now();
    lag.observe(Math.max(0, at - before - LAG_INTERVAL_MS));
    before = at;
  });
  return {
    metrics: PROCESS_METRICS,
    measure: () => measure(ROWS, { command, lagMs: lag.view(), memory: Deno.memoryUsage() }),
    close,
  };
}

function everyUnreferenced(milliseconds: number, call: () => void): () => void {
  const timer = setInterval(call, milliseconds);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}

/** A value without labels, or none where the system does not tell. */
function valueOr(read: () => number | undefined): Iterable<readonly [readonly string[], number]> {
  try {
    const value = read();
    return value === undefined ? [] : [[[], value]];
  } catch {
    return [];
  }
}

/** proc(5): user and system time are the 14th and 15th field; the second one may have spaces. */
function cpuSeconds(): number {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Linux 6.2 tells the number as the size of the directory; before that they must be counted. */
function openDescriptors(): number | undefined {
  const { size } = Deno.statSync("/proc/self/fd");
  return size > 0 ? size : Array.from(Deno.readDirSync("/proc/self/fd")).length;
}

function maxDescriptors(): number | undefined {
  const limit = /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/limits"))?.[1];
  return limit === undefined ? undefined : Number(limit);
}
