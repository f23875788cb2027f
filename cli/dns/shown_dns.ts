/** `dns --http`: which pools it keeps fresh, and whether a registrar answers it. */

import type { Readiness } from "../http/shown.ts";
import { DNS_LIMITS } from "./limits.ts";
import type { PoolViews } from "./pool_views.ts";

/** Whether it can be asked about pools that it does not know yet. */
export function dnsReadiness(views: PoolViews, isStopping: boolean): Readiness {
  if (isStopping) return { isReady: false, reason: "stopping" };
  return views.isFailing
    ? { isReady: false, reason: "no registrar answers: pools that are not known are SERVFAIL" }
    : { isReady: true, reason: "answering" };
}

/** For `/api/v1/dns`. */
export function shownDns(views: PoolViews, maxPools: number) {
  return {
    pools: views.present().map(({ resolution: { poolHandle, poolElements }, askedAgoMs }) => ({
      poolHandle,
      poolElements: poolElements.length,
      askedAgoMs: Math.round(askedAgoMs),
    })),
    maxPools,
    unknownPools: views.unknownSize,
    outstanding: views.outstanding,
    maxOutstanding: DNS_LIMITS.maxOutstanding,
  };
}
