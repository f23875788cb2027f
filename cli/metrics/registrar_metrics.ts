/** What a registrar measures of itself. RFC 5525 has what a manager wants to read. */

import type {
  Api,
  HandlespaceTally,
  RegistrarTraffic,
  RegistrarView,
  RemovalReason,
} from "../api.ts";
import { COMMAND_EVENTS, REGISTRAR_COMMAND_EVENTS } from "../events/command_events.ts";
import { DISCOVERY_EVENTS } from "../events/client_events.ts";
import { REGISTRAR_EVENTS } from "../events/registrar_events.ts";
import { CommandMetrics } from "./command_metrics.ts";
import { eventMetrics } from "./event_metrics.ts";
import { METRIC_LIMITS, OTHER_POOLS, OTHER_REGISTRARS } from "./limits.ts";
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
import { processMetrics } from "./process_metrics.ts";
import { BINDING_ROWS } from "./registrar_binding_metrics.ts";
import { TRAFFIC_ROWS } from "./traffic_metrics.ts";

/** What is asked about a registrar. */
export interface RegistrarMetricsParts {
  readonly api: Pick<Api, "CAUSE" | "causeName" | "formatIdentifier" | "Histogram">;
  readonly view: () => RegistrarView;
  readonly traffic: () => RegistrarTraffic;
  /** How often each event has happened. */
  readonly eventCounts: () => ReadonlyMap<string, number>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** A registrar at one moment. */
interface Now {
  readonly api: RegistrarMetricsParts["api"];
  readonly view: RegistrarView;
  readonly traffic: RegistrarTraffic;
  readonly tally: HandlespaceTally;
}

/** All of them, as the type holds. */
const REMOVALS = Object.keys(
  {
    "deregistered": 0,
    "expired": 0,
    "keep-alive-timed-out": 0,
    "unreachable-reports": 0,
    "endpoint-unreachable": 0,
    "association-lost": 0,
    "unauthorized": 0,
  } satisfies Record<RemovalReason, 0>,
) as RemovalReason[];

const EVENTS = Object.keys({
  ...COMMAND_EVENTS,
  ...REGISTRAR_COMMAND_EVENTS,
  ...REGISTRAR_EVENTS,
  ...DISCOVERY_EVENTS,
});

const STATES = ["initializing", "serving", "stopping"] as const;
const PEER_STATES = ["active", "suspect", "inactive", "unreachable"] as const;

const HANDLESPACE_ROWS: readonly Row<Now>[] = [
  row(
    gauge("rserpool_registrar_state", "1 for the state that the registrar is in.", ["state"]),
    ({ view }) => STATES.map((state) => [state, view.state === state ? 1 : 0]),
  ),
  row(gauge("rserpool_pools", "Pools in the handlespace, by policy.", ["policy"]), ({ tally }) => {
    return [...tally.policies].map(([policy, { pools }]) => [policy, pools]);
  }),
  row(
    gauge(
      "rserpool_pool_elements",
      "Pool elements in the handlespace, by the policy of the pool.",
      [
        "policy",
      ],
    ),
    ({ tally }) => [...tally.policies].map(([policy, { poolElements }]) => [policy, poolElements]),
  ),
  row(
    gauge(
      "rserpool_pool_elements_by_state",
      "Pool elements: available, lost (association lost, being dialled or in its grace period) " +
        "and inconsistent (other attributes than its pool; listed, not handed out).",
      ["state"],
    ),
    ({ tally }) => Object.entries(tally.states),
  ),
  row(
    gauge(
      "rserpool_pool_elements_by_home",
      `Pool elements by their home registrar: the ${METRIC_LIMITS.registrars} with the most, all ` +
        `others together as ${OTHER_REGISTRARS}.`,
      ["home"],
    ),
    homes,
  ),
  row(
    gauge(
      "rserpool_pool_size",
      `Pool elements of a pool: the ${METRIC_LIMITS.pools} largest pools, all others together as ` +
        `${OTHER_POOLS}.`,
      ["pool"],
    ),
    pools,
  ),
  row(gauge("rserpool_peers", "Other registrars by state.", ["state"]), ({ view }) => {
    const count = (state: string) => view.peers.filter((each) => each.status.state === state);
    return PEER_STATES.map((state) => [state, count(state).length]);
  }),
  row(
    gauge("rserpool_own_pool_elements", "Pool elements that this registrar is the home of."),
    ({ view }) => view.statistics.children,
  ),
  row(
    gauge("rserpool_subscriptions", "Pools that associations are told the changes of."),
    ({ view }) => view.statistics.subscriptions,
  ),
  row(
    gauge("rserpool_table_entries", "Entries of the registrar's tables and timers, by table.", [
      "table",
    ]),
    ({ view }) => Object.entries(view.statistics),
  ),
];

const ASAP_ROWS: readonly Row<Now>[] = [
  row(
    counter("rserpool_registrations_total", "Registrations that were granted: new and renewed.", [
      "kind",
    ]),
    ({ traffic: { registrations: { granted, renewed } } }) => [["new", granted], [
      "renewed",
      renewed,
    ]],
  ),
  row(
    counter("rserpool_registrations_rejected_total", "Registrations that were rejected.", [
      "cause",
    ]),
    ({ api, traffic }) => causes(api, traffic.registrations.rejected),
  ),
  row(
    counter("rserpool_deregistrations_total", "Pool elements that were de-registered."),
    ({ traffic }) => traffic.deregistrations.granted,
  ),
  row(
    counter("rserpool_deregistrations_rejected_total", "De-registrations that were rejected.", [
      "cause",
    ]),
    ({ api, traffic }) => causes(api, traffic.deregistrations.rejected),
  ),
  row(
    counter(
      "rserpool_resolutions_total",
      "Handle resolutions that were answered: once, or as the begin of a subscription.",
      ["kind"],
    ),
    ({ traffic: { resolutions: { answered, subscribed } } }) => [["once", answered], [
      "subscribed",
      subscribed,
    ]],
  ),
  row(
    counter("rserpool_resolutions_rejected_total", "Handle resolutions that were rejected.", [
      "cause",
    ]),
    ({ api, traffic }) => causes(api, traffic.resolutions.rejected),
  ),
  row(
    histogram(
      "rserpool_request_duration_seconds",
      "Time from the bytes of a request to those of its answer in this process, without the wait " +
        "for the event loop; of every registration and resolution.",
      ["request"],
    ),
    ({ traffic }) =>
      [...traffic.workMs].map(([type, workMs]) => [REQUESTS[type] ?? type, inSeconds(workMs)]),
  ),
  row(
    counter("rserpool_pool_elements_removed_total", "Own pool elements that were removed.", [
      "reason",
    ]),
    ({ traffic }) => REMOVALS.map((reason) => [reason, traffic.removals.get(reason) ?? 0]),
  ),
  row(
    counter("rserpool_pool_elements_lost_total", "Own pool elements that lost their association."),
    ({ traffic }) => traffic.elementsLost,
  ),
  row(
    counter(
      "rserpool_pool_elements_recovered_total",
      "Lost pool elements that have answered at their ASAP endpoint.",
    ),
    ({ traffic }) => traffic.elementsRecovered,
  ),
  row(
    counter(
      "rserpool_keep_alives_total",
      "Keep-alives to own pool elements, by what became of it.",
      [
        "result",
      ],
    ),
    ({ traffic: { keepAlives: { sent, acknowledged, timedOut } } }) => [
      ["sent", sent],
      ["acknowledged", acknowledged],
      ["timed-out", timedOut],
    ],
  ),
  row(
    histogram(
      "rserpool_keep_alive_round_trip_seconds",
      "Time from a keep-alive to its acknowledgement.",
    ),
    ({ traffic }) => inSeconds(traffic.keepAlives.roundTripMs),
  ),
  row(
    counter("rserpool_unreachable_reports_total", "Reports of unreachable elements that counted."),
    ({ traffic }) => traffic.unreachableReports,
  ),
];

const REQUESTS: Readonly<Record<string, string>> = {
  ASAP_REGISTRATION: "registration",
  ASAP_HANDLE_RESOLUTION: "resolution",
};

const ENRP_ROWS: readonly Row<Now>[] = [
  row(
    counter(
      "rserpool_checksum_mismatches_total",
      "Times that a peer's checksum was another than expected, and its elements were downloaded.",
    ),
    ({ traffic }) => traffic.checksumMismatches,
  ),
  row(
    counter("rserpool_resynchronizations_total", "Downloads of a peer's own elements that ended.", [
      "result",
    ]),
    ({ traffic: { resynchronizations: { done, failed } } }) => [["done", done], [
      "failed",
      failed,
    ]],
  ),
  row(
    counter("rserpool_takeovers_total", "Registrars that were taken over, by this one or a peer.", [
      "by",
    ]),
    ({ traffic: { takeovers: { own, others } } }) => [["self", own], ["peer", others]],
  ),
  row(
    counter("rserpool_takeovers_begun_total", "Takeovers that this registrar has begun."),
    ({ traffic }) => traffic.takeovers.began,
  ),
  row(
    counter("rserpool_takeovers_stopped_total", "Takeovers that were given up."),
    ({ traffic }) => traffic.takeovers.stopped,
  ),
  row(
    counter(
      "rserpool_pool_elements_adopted_total",
      "Pool elements of other homes that have accepted this one.",
    ),
    ({ traffic }) => traffic.takeovers.adopted,
  ),
  row(
    counter("rserpool_peers_dead_total", "Times that a peer was considered dead."),
    ({ traffic }) => traffic.peersDead,
  ),
];

const SECURITY_ROWS: readonly Row<Now>[] = [
  row(
    counter("rserpool_rate_limited_total", "Requests beyond a rate, by kind of request.", ["kind"]),
    ({ traffic }) => Object.entries(traffic.rateLimited),
  ),
  row(
    counter("rserpool_unauthorized_total", "Messages that their sender may not send."),
    ({ traffic }) => traffic.unauthorized,
  ),
];

const ROWS = [
  ...HANDLESPACE_ROWS,
  ...BINDING_ROWS,
  ...ASAP_ROWS,
  ...ENRP_ROWS,
  ...SECURITY_ROWS,
];

/** What it has, for the documentation. */
export const REGISTRAR_METRICS = metricsOf([...ROWS, ...TRAFFIC_ROWS]);

/** All that a registrar's `/metrics` has; dispose of it when the registrar ends. */
export function registrarMetrics(parts: RegistrarMetricsParts): CommandMetrics {
  const { api, view, traffic, now } = parts;
  const registrar = {
    metrics: REGISTRAR_METRICS,
    measure() {
      const known = { api, view: view(), traffic: traffic() };
      const tally = known.view.tally(METRIC_LIMITS.pools);
      return [...measure(ROWS, { ...known, tally }), ...measure(TRAFFIC_ROWS, known.traffic)];
    },
  };
  const process = processMetrics({ api, command: "registrar", now });
  const events = eventMetrics(EVENTS, parts.eventCounts);
  return new CommandMetrics([registrar, events, process], now);
}

/** Those that never were are there as 0: what begins at 1 has no rate. */
function* causes(
  api: Now["api"],
  counts: ReadonlyMap<number, number>,
): Generator<readonly [string, number]> {
  const known = new Set<number>([...Object.values(api.CAUSE), ...counts.keys()]);
  for (const code of known) yield [api.causeName(code), counts.get(code) ?? 0];
}

function* pools({ tally, view }: Now): Generator<readonly [string, number]> {
  let others = view.statistics.poolElements;
  for (const { poolHandle, poolElements } of tally.largest) {
    others -= poolElements;
    yield [poolHandle, poolElements];
  }
  if (view.statistics.pools > tally.largest.length) yield [OTHER_POOLS, others];
}

function* homes({ api, view }: Now): Generator<readonly [string, number]> {
  const sorted = [...view.homes].sort(([, a], [, b]) => b - a);
  const others = sorted.splice(METRIC_LIMITS.registrars);
  for (const [home, count] of sorted) yield [api.formatIdentifier(home), count];
  if (others.length === 0) return;
  yield [OTHER_REGISTRARS, others.reduce((sum, [, count]) => sum + count, 0)];
}
