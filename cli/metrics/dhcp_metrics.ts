/** What a DHCP server that shares its bindings measures of itself. */

import type { Traffic } from "../api.ts";
import { CLIENT_EVENTS, DISCOVERY_EVENTS, ELEMENT_EVENTS } from "../events/client_events.ts";
import { COMMAND_EVENTS, REGISTER_COMMAND_EVENTS } from "../events/command_events.ts";
import { DHCP_RUN_EVENTS } from "../events/dhcp_events.ts";
import type { MetricSource } from "./command_metrics.ts";
import { counter, gauge, measure, metricsOf, type Row, row } from "./metric.ts";
import { TRAFFIC_ROWS } from "./traffic_metrics.ts";

/** What is asked about a DHCP server. */
export interface DhcpMetricsParts {
  readonly isServing: boolean;
  readonly mayGive: boolean;
  readonly isPublished: boolean;
  /** Bindings by their state. */
  readonly bindings: ReadonlyMap<string, number>;
  /** Starts of dnsmasq by why. */
  readonly starts: ReadonlyMap<string, number>;
  /** Events of dnsmasq by what happened. */
  readonly events: ReadonlyMap<string, number>;
}

const DHCP_ROWS: readonly Row<DhcpMetricsParts>[] = [
  row(
    gauge("rserpool_dhcp_serving", "1 while dnsmasq serves clients."),
    ({ isServing }) => Number(isServing),
  ),
  row(
    gauge("rserpool_dhcp_share_confirmed", "1 while new clients may get addresses of its share."),
    ({ mayGive }) => Number(mayGive),
  ),
  row(
    gauge("rserpool_dhcp_published", "1 while registrars have all that has happened here."),
    ({ isPublished }) => Number(isPublished),
  ),
  row(
    gauge("rserpool_dhcp_bindings", "Bindings that it knows, by state.", ["state"]),
    ({ bindings }) => bindings,
  ),
  row(
    counter("rserpool_dhcp_starts_total", "Starts of dnsmasq, by why.", ["why"]),
    ({ starts }) => starts,
  ),
  row(
    counter("rserpool_dhcp_lease_events_total", "What dnsmasq has told of leases.", ["action"]),
    ({ events }) => events,
  ),
];

/** Events that are counted from the beginning. */
export const DHCP_EVENT_NAMES: readonly string[] = Object.keys({
  ...COMMAND_EVENTS,
  ...CLIENT_EVENTS,
  ...ELEMENT_EVENTS,
  ...DISCOVERY_EVENTS,
  ...REGISTER_COMMAND_EVENTS,
  ...DHCP_RUN_EVENTS,
});

/** What it has, for the documentation. */
export const DHCP_METRICS = metricsOf([...DHCP_ROWS, ...TRAFFIC_ROWS]);

/** What it measures, besides its process and its events; messages are those about bindings. */
export function dhcpMetrics(parts: () => DhcpMetricsParts, traffic: () => Traffic): MetricSource {
  return {
    metrics: DHCP_METRICS,
    measure: () => [...measure(DHCP_ROWS, parts()), ...measure(TRAFFIC_ROWS, traffic())],
  };
}
