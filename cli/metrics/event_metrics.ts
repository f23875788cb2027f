/** How often each event of docs/events.md has happened. */

import type { MetricSource } from "./command_metrics.ts";
import { counter, measure, row } from "./metric.ts";

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

/** Events by name. */
export function eventMetrics(counts: () => ReadonlyMap<string, number>): MetricSource {
  return {
    metrics: ROWS.map(({ metric }) => metric),
    measure: () => measure(ROWS, counts()),
  };
}
