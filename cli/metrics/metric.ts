/** What is measured: definitions, of which docs/metrics.md is made, and values of one moment. */

import type { HistogramView } from "../api.ts";

/** What kind of number it is, in the words of Prometheus. */
export type MetricType = "counter" | "gauge" | "histogram";

/** Something that is measured. */
export interface Metric {
  /** By the conventions of Prometheus: base units, and `_total` behind what only grows. */
  readonly name: string;
  readonly type: MetricType;
  /** One sentence. */
  readonly help: string;
  readonly labels: readonly string[];
}

/** One value. */
export interface Sample {
  /** One for each label of the metric, in their order. */
  readonly labels: readonly string[];
  readonly value: number | HistogramView;
}

/** A metric and its values at one moment. */
export interface Measured {
  readonly metric: Metric;
  readonly samples: readonly Sample[];
}

/** Something that only grows while the process lives. */
export function counter(name: string, help: string, labels: readonly string[] = []): Metric {
  return { name, type: "counter", help, labels };
}

/** Something that is as it is now. */
export function gauge(name: string, help: string, labels: readonly string[] = []): Metric {
  return { name, type: "gauge", help, labels };
}

/** Values counted by their size. */
export function histogram(name: string, help: string, labels: readonly string[] = []): Metric {
  return { name, type: "histogram", help, labels };
}

/** Values of one metric: one alone, or each with the value of its label, or of all its labels. */
export type Values =
  | number
  | HistogramView
  | Iterable<readonly [labels: string | readonly string[], value: number | HistogramView]>;

/** A metric, and how its values are read out of what is known at one moment. */
export interface Row<Now> {
  readonly metric: Metric;
  readonly read: (now: Now) => Values;
}

/** A row of a table of metrics. */
export function row<Now>(metric: Metric, read: (now: Now) => Values): Row<Now> {
  return { metric, read };
}

/** What a table of metrics is about. */
export function metricsOf(rows: readonly { readonly metric: Metric }[]): readonly Metric[] {
  return rows.map(({ metric }) => metric);
}

/** What a table of metrics has to say now. */
export function measure<Now>(rows: readonly Row<Now>[], now: Now): Measured[] {
  return rows.map(({ metric, read }) => ({ metric, samples: samplesOf(read(now)) }));
}

function samplesOf(values: Values): Sample[] {
  if (typeof values === "number" || "counts" in values) return [{ labels: [], value: values }];
  return Array.from(values, ([labels, value]) => {
    return { labels: typeof labels === "string" ? [labels] : labels, value };
  });
}

/** What was measured in milliseconds: Prometheus wants seconds. */
export function inSeconds({ bounds, counts, sum }: HistogramView): HistogramView {
  return { bounds: bounds.map((bound) => bound / 1000), counts, sum: sum / 1000 };
}
