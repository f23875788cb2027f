/** The text format of Prometheus, version 0.0.4. */

import type { HistogramView } from "../api.ts";
import type { Measured, Metric, Sample } from "./metric.ts";

/** All that was measured; each metric must be there once. */
export function metricsText(measured: Iterable<Measured>): string {
  const lines: string[] = [];
  for (const { metric, samples } of measured) {
    lines.push(`# HELP ${metric.name} ${escapeHelp(metric.help)}`);
    lines.push(`# TYPE ${metric.name} ${metric.type}`);
    for (const sample of samples) writeSample(lines, metric, sample);
  }
  return lines.map((line) => `${line}\n`).join("");
}

function writeSample(lines: string[], { name, labels: names }: Metric, sample: Sample): void {
  const labels = sample.labels.map((value, i) => `${names[i]}="${escapeLabel(value)}"`);
  if (typeof sample.value === "number") {
    lines.push(`${name}${braced(labels)} ${numberText(sample.value)}`);
  } else writeHistogram(lines, name, labels, sample.value);
}

/** Buckets count what is no larger, the smaller buckets' values included. */
function writeHistogram(
  lines: string[],
  name: string,
  labels: readonly string[],
  { bounds, counts, sum }: HistogramView,
): void {
  let count = 0;
  for (const [i, more] of counts.entries()) {
    count += more;
    const bound = numberText(bounds[i] ?? Infinity);
    lines.push(`${name}_bucket${braced([...labels, `le="${bound}"`])} ${count}`);
  }
  lines.push(`${name}_sum${braced(labels)} ${numberText(sum)}`);
  lines.push(`${name}_count${braced(labels)} ${count}`);
}

function braced(labels: readonly string[]): string {
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}

/** Label values come from the network: pool handles may have any character that can be seen. */
function escapeLabel(value: string): string {
  return value.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\n", "\\n")
    .replaceAll('"', '\\"');
}

function escapeHelp(help: string): string {
  return help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
