/**
 * The same metrics by OpenTelemetry: Deno itself sends them, where its OTEL_ variables say, if it
 * was started with OTEL_DENO=true. Without that, nothing of it is loaded.
 */

import type { Attributes, BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import type { HistogramView } from "../api.ts";
import { VERSION } from "../version.ts";
import type { CommandMetrics } from "./command_metrics.ts";
import type { Metric } from "./metric.ts";

/** What the system says. */
export interface Environment {
  env(name: string): string | undefined;
}

/** Whether Deno sends telemetry. */
export function isTelemetryOn(environment: Environment): boolean {
  return /^true$/i.test(environment.env("OTEL_DENO") ?? "");
}

/** Gives all metrics of a command to whoever collects them, until it is disposed of. */
export async function startTelemetry(metrics: CommandMetrics): Promise<Disposable> {
  const { metrics: otel } = await import("@opentelemetry/api");
  const meter = otel.getMeter("rserpool", VERSION);
  const instruments = new Map(
    metrics.metrics.flatMap((metric) => instrumentsOf(meter, metric)),
  );
  const observe = (result: BatchObservableResult) => observeAll(result, metrics, instruments);
  const observables = [...instruments.values()];
  meter.addBatchObservableCallback(observe, observables);
  return {
    [Symbol.dispose]: () => meter.removeBatchObservableCallback(observe, observables),
  };
}

/**
 * What is counted already can be observed, but as a histogram only what is recorded one by one: so
 * its buckets are counters, by the names that they have at `/metrics`.
 */
function instrumentsOf(
  meter: Meter,
  { name, type, help: description }: Metric,
): (readonly [name: string, instrument: Observable])[] {
  const unit = /_seconds(_total)?$/.test(name) ? "s" : /_bytes(_|$)/.test(name) ? "By" : "";
  const options = { description, unit };
  if (type === "gauge") return [[name, meter.createObservableGauge(name, options)]];
  if (type === "counter") return [[name, meter.createObservableCounter(name, options)]];
  return ["_bucket", "_sum", "_count"].map((suffix) => {
    const unit = suffix === "_sum" ? options.unit : "";
    const counter = meter.createObservableCounter(name + suffix, { description, unit });
    return [name + suffix, counter] as const;
  });
}

function observeAll(
  result: BatchObservableResult,
  metrics: CommandMetrics,
  instruments: ReadonlyMap<string, Observable>,
): void {
  for (const { metric: { name, labels: names }, samples } of metrics.collect()) {
    for (const { labels, value } of samples) {
      const attributes = Object.fromEntries(labels.map((label, i) => [names[i]!, label]));
      const tell = (suffix: string, value: number, more: Attributes = {}) => {
        result.observe(instruments.get(name + suffix)!, value, { ...attributes, ...more });
      };
      if (typeof value === "number") tell("", value);
      else tellHistogram(value, tell);
    }
  }
}

function tellHistogram(
  { bounds, counts, sum }: HistogramView,
  tell: (suffix: string, value: number, more?: Attributes) => void,
): void {
  let count = 0;
  for (const [i, more] of counts.entries()) {
    count += more;
    tell("_bucket", count, { le: i < bounds.length ? String(bounds[i]) : "+Inf" });
  }
  tell("_sum", sum);
  tell("_count", count);
}
