/** What a pool user is made of, and what it is asked and tells. RFC 5352 §3.3, §3.5 and §7. */

import type {
  Limits,
  PoolUserEvent,
  PoolUserOptions,
  PoolUserTiming,
  Random,
  SocketAddress,
  UserSessionTiming,
} from "../core/mod.ts";
import type { Transport } from "../net/mod.ts";
import type { Policy, PoolElement, PoolHandle } from "../wire/mod.ts";
import type { DiscoverSettings } from "./multicast_settings.ts";
import type { Wait } from "./requests.ts";

/** What a pool user is made of. */
export interface PoolUserSettings {
  /** ASAP addresses of registrars, at least one unless it discovers; tried in this order. */
  readonly registrars: readonly SocketAddress[];
  /** Finds registrars that announce themselves by multicast, besides those given. */
  readonly discover?: DiscoverSettings | undefined;
  /** Timers and thresholds of RFC 5352 §7 that differ from their defaults. */
  readonly timing?: Partial<PoolUserTiming>;
  /** Timers of sessions that differ from their defaults. */
  readonly sessionTiming?: Partial<UserSessionTiming>;
  /** Limits that differ from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
  /**
   * The next registrar is tried this many milliseconds after the one before, even if that one is
   * connected and silent. Absent: three are tried at once.
   */
  readonly staggerMs?: number;
  /** Requests fail as soon as every registrar has failed, instead of hunting on. */
  readonly once?: boolean;
  /**
   * Told of everything that happens, in order. It should not throw: what it throws is written to
   * standard error, once, and all goes on.
   */
  readonly onEvent?: (event: PoolUserEvent) => void;
  /** Where random numbers come from. Default: the system. */
  readonly random?: Random;
  /** How registrars are reached: `pskTransport`, `certificateTransport`; default plain TCP. */
  readonly transport?: Transport;
}

/** What the machine is made of. */
export function machineOptions(
  { registrars, discover, staggerMs, once = false, onEvent }: PoolUserSettings,
  whole: Pick<PoolUserOptions, "timing" | "limits" | "random">,
): PoolUserOptions {
  const tellsAttempts = onEvent !== undefined;
  return {
    ...whole,
    registrars,
    discovers: discover !== undefined,
    staggerMs,
    once,
    tellsAttempts,
  };
}

/** The answer to a handle resolution. RFC 5352 §2.2.6. */
export interface Resolution {
  /** The pool. */
  readonly poolHandle: PoolHandle;
  /** The overall policy of the pool; only its name means something. */
  readonly policy: Policy;
  /** In the order of the pool's policy, as the registrar gave them; at least one. */
  readonly poolElements: readonly PoolElement[];
}

/** How a pool handle is to be resolved. */
export interface ResolveOptions extends Wait {
  /** At most so many elements; absent: up to the registrar's limit (128). */
  readonly items?: number | undefined;
}

/** A pool element handle: one element of a pool, wherever it is. RFC 5352 §6.5.3. */
export interface PoolElementHandle {
  /** The pool. */
  readonly poolHandle: PoolHandle;
  /** The PE identifier. */
  readonly identifier: number;
}

/** How an element is reported. */
export interface ReportOptions {
  /** Says that nobody has tried to reach it, which registrars log; default `false`. */
  readonly isForced?: boolean | undefined;
}
