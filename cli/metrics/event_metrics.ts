/** How often each event of docs/events.md has happened. */

import type { MetricSource } from "./command_metrics.ts";
import { counter, measure, metricsOf, row } from "./metric.ts";

const ROWS = [
  row(
    counter(
      "rserpool_events_total",
      "Events of docs/events.md, written to the log or not, by name.",
      ["event"],
    ),
    (counts: ReadonlyMap<string, number>) => counts,
  ),
];

/** What it has, for the documentation. */
export const EVENT_METRICS = metricsOf(ROWS);

/**
 * Events by name.
 *
 * @param names Those that are there from the beginning, as 0: what begins at 1 has no rate.
 */
export function eventMetrics(
  names: readonly string[],
  counts: () => ReadonlyMap<string, number>,
): MetricSource {
  const zeros = names.map((name) => [name, 0] as const);
  return {
    metrics: EVENT_METRICS,
    measure: () => measure(ROWS, new Map([...zeros, ...counts()])),
  };
}
