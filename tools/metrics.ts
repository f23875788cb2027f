/**
 * Writes the tables of docs/metrics.md from the definitions of the metrics:
 * `deno run -A tools/metrics.ts`.
 *
 * @module
 */

import { METRICS_CACHE_MS } from "../cli/metrics/command_metrics.ts";
import { DHCP_METRICS } from "../cli/metrics/dhcp_metrics.ts";
import { DNS_METRICS } from "../cli/metrics/dns_metrics.ts";
import { EVENT_METRICS } from "../cli/metrics/event_metrics.ts";
import { METRIC_LIMITS, OTHER_POOLS, OTHER_REGISTRARS } from "../cli/metrics/limits.ts";
import { type Metric, metricsOf } from "../cli/metrics/metric.ts";
import { HUNT_ROWS, POOL_USER_ROWS } from "../cli/metrics/pool_user_metrics.ts";
import { PROCESS_METRICS } from "../cli/metrics/process_metrics.ts";
import { PROXY_METRICS } from "../cli/metrics/proxy_metrics.ts";
import { REGISTER_METRICS } from "../cli/metrics/register_metrics.ts";
import { REGISTRAR_METRICS } from "../cli/metrics/registrar_metrics.ts";
import { TRAFFIC_ROWS } from "../cli/metrics/traffic_metrics.ts";

const FILE = new URL("../docs/metrics.md", import.meta.url);
const BEGIN = "<!-- tables: begin -->";
const END = "<!-- tables: end -->";

const TRAFFIC = metricsOf(TRAFFIC_ROWS);
const USERS = metricsOf(POOL_USER_ROWS);
const HUNTS = metricsOf(HUNT_ROWS);
const SHARED = new Set([...TRAFFIC, ...USERS, ...HUNTS]);

const SECTIONS: readonly (readonly [title: string, about: string, metrics: readonly Metric[]])[] = [
  ["A registrar", "Of `rserpool registrar`.", own(REGISTRAR_METRICS)],
  ["`register`", "Of `rserpool register`.", own(REGISTER_METRICS)],
  ["`proxy`", "Of `rserpool proxy`, for each listener.", own(PROXY_METRICS)],
  ["`dns`", "Of `rserpool dns`.", own(DNS_METRICS)],
  ["`dhcp run`", "Of `rserpool dhcp run`.", own(DHCP_METRICS)],
  ["Pool users", "Of `proxy` and `dns`, which are such.", USERS],
  ["Server hunts", "Of `register`, `proxy` and `dns` (RFC 5352 §3.6).", HUNTS],
  [
    "Associations",
    "Of all five: what goes over their ASAP and ENRP associations; of `dhcp run` about bindings.",
    TRAFFIC,
  ],
  ["Processes and events", "Of all five.", [...PROCESS_METRICS, ...EVENT_METRICS]],
];

/** The document with the tables as they must be now. */
export function renderMetrics(current: string): string {
  const [head, rest] = current.split(BEGIN);
  const tail = rest?.split(END)[1];
  if (head === undefined || tail === undefined) throw new SyntaxError(`there is no ${BEGIN}`);
  const tables = SECTIONS.map(([title, about, metrics]) =>
    [`### ${title}`, about, table(metrics)].join("\n\n")
  );
  return [head + BEGIN, limits(), ...tables, END + tail].join("\n\n");
}

function limits(): string {
  return [
    `Others can name pools as they like, so at most ${METRIC_LIMITS.pools} pools have a series of`,
    `their own, the largest; all others together are \`pool="${OTHER_POOLS}"\`, which is no pool`,
    `handle. Likewise ${METRIC_LIMITS.registrars} registrars, and \`home="${OTHER_REGISTRARS}"\`.`,
    `Whoever asks again within ${METRICS_CACHE_MS} ms gets the same answer: nothing is counted`,
    "anew.",
  ].join("\n");
}

function own(metrics: readonly Metric[]): readonly Metric[] {
  return metrics.filter((metric) => !SHARED.has(metric));
}

function table(metrics: readonly Metric[]): string {
  const rows = metrics.map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(", "),
    help.replaceAll("|", "\\|"),
  ]);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const head = ["Name", "Type", "Labels", "Meaning"];
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

if (import.meta.main) {
  await Deno.writeTextFile(FILE, renderMetrics(await Deno.readTextFile(FILE)));
}
