/** What a name server measures of itself. */

import type { PoolUserTraffic } from "../api.ts";
import type { DnsCounts } from "../dns/counts.ts";
import type { PoolViews } from "../dns/pool_views.ts";
import { RCODE } from "../dns/query.ts";
import { CLIENT_EVENTS, DISCOVERY_EVENTS, USER_EVENTS } from "../events/client_events.ts";
import { COMMAND_EVENTS } from "../events/command_events.ts";
import { DNS_EVENTS } from "../events/service_events.ts";
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
import { HUNT_ROWS, POOL_USER_ROWS } from "./pool_user_metrics.ts";
import { TRAFFIC_ROWS } from "./traffic_metrics.ts";

/** What is asked about a name server. */
export interface DnsMetricsParts {
  readonly traffic: () => PoolUserTraffic;
  readonly counts: DnsCounts;
  readonly views: Pick<PoolViews, "size" | "unknownSize">;
}

type Now = Pick<DnsMetricsParts, "counts" | "views">;

const DNS_ROWS: readonly Row<Now>[] = [
  row(
    counter("rserpool_dns_questions_total", "Messages that came.", ["way"]),
    ({ counts }) => Object.entries(counts.questions),
  ),
  row(
    counter("rserpool_dns_answers_total", "Answers by their response code (RFC 1035).", ["rcode"]),
    ({ counts }) => {
      const names = Object.entries(RCODE).filter(([, rcode]) => rcode !== RCODE.BADVERS);
      return names.map(([name, rcode]) => [name, counts.answers.get(rcode) ?? 0]);
    },
  ),
  row(
    counter("rserpool_dns_dropped_total", "Messages that were no question: they have no answer."),
    ({ counts }) => counts.dropped,
  ),
  row(
    counter("rserpool_dns_truncated_total", "Answers that were too long for a datagram."),
    ({ counts }) => counts.truncated,
  ),
  row(
    histogram(
      "rserpool_dns_wait_seconds",
      "Time of those answers for which a registrar had to be asked.",
    ),
    ({ counts }) => inSeconds(counts.waits),
  ),
  row(gauge("rserpool_dns_pools", "Pools that are kept fresh."), ({ views }) => views.size),
  row(
    gauge("rserpool_dns_unknown_pools", "Pools that are remembered as unknown."),
    ({ views }) => views.unknownSize,
  ),
];

const USER_ROWS: readonly Row<PoolUserTraffic>[] = [
  ...POOL_USER_ROWS,
  ...HUNT_ROWS,
  ...TRAFFIC_ROWS,
];

/** Events that are counted from the beginning. */
export const DNS_EVENT_NAMES: readonly string[] = Object.keys({
  ...COMMAND_EVENTS,
  ...CLIENT_EVENTS,
  ...USER_EVENTS,
  ...DISCOVERY_EVENTS,
  ...DNS_EVENTS,
});

/** What it has, for the documentation. */
export const DNS_METRICS = metricsOf([...DNS_ROWS, ...USER_ROWS]);

/** What a name server measures, besides its process and its events. */
export function dnsMetrics(parts: DnsMetricsParts): MetricSource {
  return {
    metrics: DNS_METRICS,
    measure: () => [...measure(DNS_ROWS, parts), ...measure(USER_ROWS, parts.traffic())],
  };
}
