/** The metrics of one command, collected when somebody asks for them. */

import type { Measured, Metric } from "./metric.ts";
import { metricsText } from "./text.ts";

/** Who asks more often than so gets the same once more: to count all costs time. */
export const METRICS_CACHE_MS = 1_000;

/** A part of a command's metrics. */
export interface MetricSource {
  /** All that it measures, for the documentation. */
  readonly metrics: readonly Metric[];
  measure(): readonly Measured[];
  /** Ends what it does by itself, if anything. */
  close?(): void;
}

/** All metrics of a command; disposing of them ends what they measure by themselves. */
export class CommandMetrics implements Disposable {
  private readonly sources: readonly MetricSource[];
  private readonly now: () => number;
  private latest: readonly Measured[] = [];
  private latestText: string | undefined;
  private measuredAt = -Infinity;

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(sources: readonly MetricSource[], now: () => number) {
    this.sources = sources;
    this.now = now;
  }

  /** What may be measured. */
  get metrics(): readonly Metric[] {
    return this.sources.flatMap(({ metrics }) => metrics);
  }

  /** What is measured now, or was just before. */
  collect(): readonly Measured[] {
    const now = this.now();
    if (now - this.measuredAt < METRICS_CACHE_MS) return this.latest;
    this.measuredAt = now;
    this.latestText = undefined;
    return this.latest = this.sources.flatMap((source) => source.measure());
  }

  /** The same as `/metrics` has it. */
  text(): string {
    const measured = this.collect();
    return this.latestText ??= metricsText(measured);
  }

  [Symbol.dispose](): void {
    for (const source of this.sources) source.close?.();
  }
}
