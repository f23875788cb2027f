/** The profiles of timers that a whole cluster may have. */

import {
  FAST_POOL_ELEMENT_TIMING,
  FAST_REGISTRAR_TIMING,
  POOL_ELEMENT_TIMING,
  POOL_USER_TIMING,
  REGISTRAR_TIMING,
  type TimingProfile,
} from "../core/mod.ts";
import type { ClusterTiming } from "./bounds.ts";

/** The profiles of timers. */
export const TIMINGS: Readonly<Record<TimingProfile, ClusterTiming>> = {
  rfc: { registrar: REGISTRAR_TIMING, element: POOL_ELEMENT_TIMING, user: POOL_USER_TIMING },
  fast: {
    registrar: FAST_REGISTRAR_TIMING,
    element: FAST_POOL_ELEMENT_TIMING,
    user: POOL_USER_TIMING,
  },
};
