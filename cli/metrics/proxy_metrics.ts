/** What a proxy measures of itself. */

import type { PoolUserTraffic } from "../api.ts";
import { CLIENT_EVENTS, DISCOVERY_EVENTS, USER_EVENTS } from "../events/client_events.ts";
import { COMMAND_EVENTS } from "../events/command_events.ts";
import { PROXY_EVENTS } from "../events/service_events.ts";
import type { ShownListener } from "../proxy/listener.ts";
import type { MetricSource } from "./command_metrics.ts";
import {
  counter,
  gauge,
  histogram,
  inSeconds,
  measure,
  type Metric,
  metricsOf,
  row,
} from "./metric.ts";
import type { Row, Values } from "./metric.ts";
import { HUNT_ROWS, POOL_USER_ROWS } from "./pool_user_metrics.ts";
import { TRAFFIC_ROWS } from "./traffic_metrics.ts";

/** What is asked about a proxy. */
export interface ProxyMetricsParts {
  readonly traffic: () => PoolUserTraffic;
  /** As they are now. */
  readonly listeners: () => readonly ShownListener[];
}

type Listeners = readonly ShownListener[];

const PLACE = ["listen", "pool"] as const;

/** A metric of each listener: the operator has named them, so they are few. */
function ofEach(
  metric: Metric,
  read: (listener: ShownListener) => number | ReturnType<typeof inSeconds>,
): Row<Listeners> {
  return row(metric, (listeners): Values => listeners.map((each) => [placeOf(each), read(each)]));
}

/** The same with one more label. */
function ofEachBy(
  metric: Metric,
  read: (listener: ShownListener) => readonly (readonly [label: string, value: number])[],
): Row<Listeners> {
  return row(
    metric,
    (listeners): Values =>
      listeners.flatMap((each) =>
        read(each).map(([label, value]) => [[...placeOf(each), label], value] as const)
      ),
  );
}

const LISTENER_ROWS: readonly Row<Listeners>[] = [
  ofEach(
    gauge("rserpool_proxy_clients", "Connections that are open, or known clients of datagrams.", [
      ...PLACE,
    ]),
    ({ clients }) => clients,
  ),
  ofEach(
    gauge("rserpool_proxy_pool_elements", "Elements of the pool that may be forwarded to.", [
      ...PLACE,
    ]),
    ({ poolElements }) => poolElements,
  ),
  ofEach(
    counter("rserpool_proxy_clients_total", "Clients that came.", [...PLACE]),
    ({ counts }) => counts.clients,
  ),
  ofEach(
    counter("rserpool_proxy_clients_deserted_total", "Clients that got no element.", [...PLACE]),
    ({ counts }) => counts.deserted,
  ),
  ofEach(
    counter("rserpool_proxy_attempts_failed_total", "Elements that could not be reached.", [
      ...PLACE,
    ]),
    ({ counts }) => counts.attemptsFailed,
  ),
  ofEach(
    counter(
      "rserpool_proxy_own_faults_total",
      "Elements that were not tried as this host had no descriptor or port left.",
      [...PLACE],
    ),
    ({ counts }) => counts.ownFaults,
  ),
  ofEach(
    histogram(
      "rserpool_proxy_wait_seconds",
      "Time that connections waited until they had an element.",
      [...PLACE],
    ),
    ({ counts }) => inSeconds(counts.waits),
  ),
  ofEachBy(
    counter("rserpool_proxy_connections_ended_total", "Forwarded connections, by how they ended.", [
      ...PLACE,
      "how",
    ]),
    ({ counts }) => Object.entries(counts.ends),
  ),
  ofEachBy(
    counter("rserpool_proxy_bytes_total", "Bytes that were forwarded.", [...PLACE, "to"]),
    ({ counts: { bytes } }) => [["element", bytes.toElement], ["client", bytes.toClient]],
  ),
];

const USER_ROWS: readonly Row<PoolUserTraffic>[] = [
  ...POOL_USER_ROWS,
  ...HUNT_ROWS,
  ...TRAFFIC_ROWS,
];

/** Events that are counted from the beginning. */
export const PROXY_EVENT_NAMES: readonly string[] = Object.keys({
  ...COMMAND_EVENTS,
  ...CLIENT_EVENTS,
  ...USER_EVENTS,
  ...DISCOVERY_EVENTS,
  ...PROXY_EVENTS,
});

/** What it has, for the documentation. */
export const PROXY_METRICS = metricsOf([...LISTENER_ROWS, ...USER_ROWS]);

/** What a proxy measures, besides its process and its events. */
export function proxyMetrics({ traffic, listeners }: ProxyMetricsParts): MetricSource {
  return {
    metrics: PROXY_METRICS,
    measure: () => [...measure(LISTENER_ROWS, listeners()), ...measure(USER_ROWS, traffic())],
  };
}

function placeOf({ listen, protocol, poolHandle }: ShownListener): readonly string[] {
  return [protocol === "udp" ? `udp:${listen}` : listen, poolHandle];
}
