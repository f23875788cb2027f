/** What a command measures of its pool user: how it is served by registrars. */

import type { PoolUserTraffic } from "../api.ts";
import { counter, type Row, row } from "./metric.ts";

/** Why a question had no answer. */
const FAILURES = [
  "unknown-pool-handle",
  "rejected",
  "no-registrar",
  "too-many-requests",
  "stopped",
] as const;

/** Questions, changes, reports and server hunts of a pool user. */
export const POOL_USER_ROWS: readonly Row<PoolUserTraffic>[] = [
  row(
    counter(
      "rserpool_pool_user_resolutions_total",
      "Handle resolutions that were answered, by the cache or by a registrar.",
      ["by"],
    ),
    ({ resolutions: { cached, answered } }) => [["cache", cached], ["registrar", answered]],
  ),
  row(
    counter(
      "rserpool_pool_user_resolutions_failed_total",
      "Handle resolutions without an answer, or with a negative one.",
      ["why"],
    ),
    ({ resolutions }) => FAILURES.map((why) => [why, resolutions.failed.get(why) ?? 0]),
  ),
  row(
    counter("rserpool_pool_user_updates_total", "Changes of watched pools that came."),
    ({ updates }) => updates,
  ),
  row(
    counter(
      "rserpool_pool_user_reports_total",
      "Reports of unreachable elements: sent, or dropped without a registrar or as repeated.",
      ["result"],
    ),
    ({ reports: { sent, dropped } }) => [["sent", sent], ["dropped", dropped]],
  ),
];

/** Server hunts, of pool users and pool elements. RFC 5352 §3.6. */
export const HUNT_ROWS: readonly Row<
  Pick<PoolUserTraffic, "hunts" | "huntFailures" | "homesLost">
>[] = [
  row(
    counter("rserpool_server_hunts_total", "Searches for a registrar that have begun."),
    ({ hunts }) => hunts,
  ),
  row(
    counter("rserpool_server_hunt_failures_total", "Times that all registrars were tried in vain."),
    ({ huntFailures }) => huntFailures,
  ),
  row(
    counter("rserpool_homes_lost_total", "Times that the association with the registrar was lost."),
    ({ homesLost }) => homesLost,
  ),
];
