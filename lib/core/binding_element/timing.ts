/** What the machine of a DHCP server's bindings measures by. docs/dhcp.md §5.6. */

import type { HuntTiming, TimingProfile } from "../timing.ts";
import { FAST_POOL_ELEMENT_TIMING, POOL_ELEMENT_TIMING } from "../timing.ts";

/** Its timers. No RFC gives a number. */
export interface BindingElementTiming extends HuntTiming {
  /** How long a registrar may take to answer before another one is sought. */
  readonly bindingReplyMs: number;
  /** Silence after which the registrar is asked for a sign of life: TCP has no heartbeat. */
  readonly bindingContactMs: number;
  /** Time after which the whole table is asked for again, whatever is heard. */
  readonly bindingRefreshMs: number;
  /** The first pause after a rejection; doubled each time, and varied by ±50 %. */
  readonly bindingRetryMs: number;
  /** The longest of these pauses, before it is varied. */
  readonly bindingRetryMaxMs: number;
  /** How long the owner may take for a page of its own table. */
  readonly bindingTableMs: number;
}

const PAUSES = { bindingRefreshMs: 600_000, bindingRetryMs: 1_000, bindingTableMs: 4_000 };

/** Its timers and thresholds, by profile. */
export const BINDING_ELEMENT_PROFILES: Readonly<Record<TimingProfile, BindingElementTiming>> = {
  rfc: {
    ...hunt(POOL_ELEMENT_TIMING),
    ...PAUSES,
    bindingReplyMs: 5_000,
    bindingContactMs: 10_000,
    bindingRetryMaxMs: 30_000,
  },
  fast: {
    ...hunt(FAST_POOL_ELEMENT_TIMING),
    ...PAUSES,
    bindingReplyMs: 2_500,
    bindingContactMs: 2_500,
    bindingRetryMaxMs: 5_000,
  },
};

function hunt({ t5ServerHuntMs, retranMaxMs, huntPauseMs }: HuntTiming): HuntTiming {
  return { t5ServerHuntMs, retranMaxMs, huntPauseMs };
}
