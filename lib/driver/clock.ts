/** The clock of the driver: it only goes forward. */

import type { Instant } from "../core/mod.ts";

/** Milliseconds since some moment. */
export function now(): Instant {
  return performance.now();
}
