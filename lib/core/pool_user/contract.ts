/** What a pool user's machine is told, asked and tells. RFC 5352 §3.3, §3.5, §3.6 and §3.7. */

import type { ErrorCause, Policy, PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { Random } from "../../handlespace/random.ts";
import type { Attempt, AttemptEvent } from "../attempt.ts";
import type { HintCommand } from "../discovery/client_discovery.ts";
import type { Limits } from "../limits.ts";
import type { Association, DisconnectReason, Instant, SocketAddress } from "../machine.ts";
import type { PoolUserTiming } from "../timing.ts";

/** What a pool user's machine is made of. */
export interface PoolUserOptions {
  /** ASAP addresses of registrars, at least one unless it discovers. RFC 5352 §3.6. */
  readonly registrars: readonly SocketAddress[];
  /** Whether hints of registrars that announce themselves will come. */
  readonly discovers?: boolean | undefined;
  readonly timing: PoolUserTiming;
  readonly limits: Limits;
  readonly random: Random;
  /** Default `given`. */
  readonly order?: "given" | "random";
  /**
   * The next registrar is tried this long after the one before, even if that is connected and
   * silent, and at once when it failed. Absent: three at once, and the next after T1-ENRPrequest.
   */
  readonly staggerMs?: number | undefined;
  /** Requests fail as soon as every registrar has failed, instead of at their deadline. */
  readonly once?: boolean;
  /** Whether each attempt to be served by a registrar is told. */
  readonly tellsAttempts?: boolean | undefined;
}

/** What the user of a pool user asks for. */
export type PoolUserCommand =
  | HintCommand
  | {
    readonly type: "resolve";
    /** A number of the caller's that `resolved` or `failed` will name: one of them comes, once. */
    readonly request: number;
    readonly poolHandle: PoolHandle;
    /** How many elements are wanted at most; absent: the registrar's limit (decision 22). */
    readonly items?: number | undefined;
    /** Only shortens the wait: T1-ENRPrequest × (1 + MAX-REQUEST-RETRANSMIT) ends it anyway. */
    readonly deadline?: Instant | undefined;
    /** Asks even if the cache has the answer, which is renewed so. RFC 5352 §6.3. */
    readonly refresh?: boolean | undefined;
  }
  /** Forgets a request: neither `resolved` nor `failed` comes for it. */
  | { readonly type: "cancel"; readonly request: number }
  /**
   * Watches a pool until `unsubscribe`, through all changes of the home: `updated` tells what is in
   * it now, at every change and after a change of the home. RFC 5352 §2.2.5.
   */
  | {
    readonly type: "subscribe";
    /** A number that no open request has. `failed` ends it. */
    readonly request: number;
    readonly poolHandle: PoolHandle;
    /** When it fails if no registrar has answered until then; absent: never. */
    readonly deadline?: Instant | undefined;
  }
  /** Ends a subscription: neither `updated` nor `failed` comes for it any more. */
  | { readonly type: "unsubscribe"; readonly request: number }
  /** One failure to reach an element that was sent to: reported once. RFC 5352 §3.5. */
  | {
    readonly type: "report-unreachable";
    readonly poolHandle: PoolHandle;
    readonly peIdentifier: number;
    /** Says that nobody has tried to reach it (docs/tcp-mapping.md §9). */
    readonly isForced?: boolean | undefined;
  }
  /** Empties the cache, or removes one pool from it. RFC 5352 §6.4. */
  | { readonly type: "purge"; readonly poolHandle?: PoolHandle | undefined }
  /** Ends the machine: open requests fail, all associations are closed. */
  | { readonly type: "stop" };

/** Why a request failed. */
export type ResolutionFailure =
  /** Error cause 0x9. RFC 5352 §3.3. */
  | { readonly why: "unknown-pool-handle"; readonly causes: readonly ErrorCause[] }
  /** Another error cause. RFC 5352 §2.2.6. */
  | { readonly why: "rejected"; readonly causes: readonly ErrorCause[] }
  /** No registrar answered rightly in time. */
  | { readonly why: "no-registrar"; readonly attempts: readonly Attempt[] }
  /** More requests are open than the limit `maxOutstandingResolutions`; nothing was sent. */
  | { readonly why: "too-many-requests" }
  /** The machine was stopped. */
  | { readonly why: "stopped" };

/** What a pool user's machine tells. */
export type PoolUserEvent =
  | {
    readonly type: "resolved";
    readonly request: number;
    readonly poolHandle: PoolHandle;
    /** Overall policy of the pool. RFC 5352 §2.2.6: round robin, if the answer names none. */
    readonly policy: Policy;
    /** In the order in which the registrar gave them; at least one. */
    readonly poolElements: readonly PoolElement[];
    /** Whether the answer is from the cache. */
    readonly cached: boolean;
  }
  | (
    & {
      readonly type: "failed";
      readonly request: number;
      readonly poolHandle: PoolHandle;
    }
    & ResolutionFailure
  )
  /** A pool that is watched, as it is now. */
  | {
    readonly type: "updated";
    readonly request: number;
    readonly poolHandle: PoolHandle;
    /** Overall policy of the pool; absent if the pool is unknown. */
    readonly policy?: Policy | undefined;
    /** All that may be used, in the order in which the registrar gave them; none if unknown. */
    readonly poolElements: readonly PoolElement[];
  }
  /** A server hunt begins. RFC 5352 §3.6. */
  | { readonly type: "hunting" }
  /** A whole set of registrars was tried in vain. */
  | { readonly type: "hunt-failure"; readonly attempts: readonly Attempt[] }
  /** A registrar answered and is the home now. RFC 5352 §3.6, SH6 and §3.7.2. */
  | { readonly type: "home-adopted"; readonly registrar: SocketAddress }
  | {
    readonly type: "home-lost";
    readonly registrar: SocketAddress;
    readonly reason: DisconnectReason | "silent";
    readonly detail?: string | undefined;
  }
  /** An ASAP_ENDPOINT_UNREACHABLE left. RFC 5352 §3.5. */
  | {
    readonly type: "unreachable-reported";
    readonly poolHandle: PoolHandle;
    readonly peIdentifier: number;
  }
  /** No registrar was found to report to, too many wait, or it was reported just before. */
  | {
    readonly type: "report-dropped";
    readonly poolHandle: PoolHandle;
    readonly peIdentifier: number;
  }
  /** A message was ignored. */
  | {
    readonly type: "discarded";
    readonly association: Association;
    readonly messageType: string;
    readonly why: string;
  }
  | AttemptEvent
  /** An ASAP_ERROR came. */
  | { readonly type: "error-received"; readonly causes: readonly ErrorCause[] };
