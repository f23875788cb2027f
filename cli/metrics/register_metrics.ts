/** What `register` measures of its pool element and of the service behind it. */

import type { PoolElement, PoolElementTraffic } from "../api.ts";
import { CLIENT_EVENTS, DISCOVERY_EVENTS, ELEMENT_EVENTS } from "../events/client_events.ts";
import { COMMAND_EVENTS, REGISTER_COMMAND_EVENTS } from "../events/command_events.ts";
import type { MetricSource } from "./command_metrics.ts";
import { counter, gauge, measure, metricsOf, type Row, row } from "./metric.ts";
import { HUNT_ROWS } from "./pool_user_metrics.ts";
import { TRAFFIC_ROWS } from "./traffic_metrics.ts";

/** What is asked about a registration. */
export interface RegisterMetricsParts {
  readonly state: () => PoolElement["state"];
  /** Absent as long as there is no element. */
  readonly traffic: () => PoolElementTraffic | undefined;
  /** Checks of the service that have passed and failed. */
  readonly checks: () => { readonly passed: number; readonly failed: number };
  /** Whether the last check has passed; `undefined`: there was none. */
  readonly isHealthy: () => boolean | undefined;
}

/** In the order in which an element goes through them. */
const STATES = [
  "idle",
  "hunting",
  "registering",
  "registered",
  "deregistering",
  "stopped",
] as const satisfies readonly PoolElement["state"][];

const ELEMENT_ROWS: readonly Row<RegisterMetricsParts>[] = [
  row(
    gauge("rserpool_register_state", "1 for the state that the registration is in.", ["state"]),
    ({ state }) => {
      const now = state();
      return STATES.map((state) => [state, state === now ? 1 : 0]);
    },
  ),
  row(
    counter("rserpool_register_checks_total", "Checks of the service, by how they came out.", [
      "result",
    ]),
    ({ checks }) => Object.entries(checks()),
  ),
  row(
    gauge("rserpool_register_healthy", "1 if the last check has passed; absent without a check."),
    ({ isHealthy }) => {
      const isPassed = isHealthy();
      return isPassed === undefined ? [] : [[[], isPassed ? 1 : 0]];
    },
  ),
];

const TRAFFIC: readonly Row<PoolElementTraffic>[] = [
  row(
    counter("rserpool_register_registrations_total", "Registrations by their answer.", ["result"]),
    ({ registrations: { granted, renewed, rejected, timedOut } }) => [
      ["granted", granted],
      ["renewed", renewed],
      ["rejected", rejected],
      ["timed-out", timedOut],
    ],
  ),
  row(
    counter("rserpool_register_keep_alives_total", "Keep-alives that were acknowledged."),
    ({ keepAlives }) => keepAlives,
  ),
  row(
    counter(
      "rserpool_register_home_changes_total",
      "Times that another registrar became the home.",
    ),
    ({ homeChanges }) => homeChanges,
  ),
  ...HUNT_ROWS,
  ...TRAFFIC_ROWS,
];

/** Events that are counted from the beginning. */
export const REGISTER_EVENT_NAMES: readonly string[] = Object.keys({
  ...COMMAND_EVENTS,
  ...CLIENT_EVENTS,
  ...ELEMENT_EVENTS,
  ...DISCOVERY_EVENTS,
  ...REGISTER_COMMAND_EVENTS,
});

/** What it has, for the documentation. */
export const REGISTER_METRICS = metricsOf([...ELEMENT_ROWS, ...TRAFFIC]);

/** What `register` measures, besides its process and its events. */
export function registerMetrics(parts: RegisterMetricsParts): MetricSource {
  return {
    metrics: REGISTER_METRICS,
    measure() {
      const traffic = parts.traffic();
      const measured = traffic === undefined ? [] : measure(TRAFFIC, traffic);
      return [...measure(ELEMENT_ROWS, parts), ...measured];
    },
  };
}
