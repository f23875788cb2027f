/**
 * The handlespace: pools, pool elements, who owns them, and the policies by which they are
 * selected. RFC 5352 §3.1, RFC 5353 §3.6, RFC 5356. A pure data structure; time and randomness are
 * arguments.
 *
 * @module
 */

export type { PoolAttributes, RegistrationCause } from "./attributes.ts";
export {
  Handlespace,
  type HandlespaceLimits,
  type HandlespaceOptions,
  type RegistrationOutcome,
} from "./handlespace.ts";
export type { PoolElementEntry, PoolView } from "./pool.ts";
export { type Random, randomFrom, seededRandom } from "./random.ts";
export { type PoolUserAnswer, PoolUserSelection } from "./selection/pool_user_selection.ts";
export { UnreachableReports, type UnreachableReportsOptions } from "./unreachable_reports.ts";
