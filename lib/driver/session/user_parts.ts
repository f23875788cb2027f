/** What a session needs of its pool user. */

import type { Limits, Random, UserSessionTiming } from "../../core/mod.ts";
import type { PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { Resolution, ResolveOptions } from "../pool_user_settings.ts";

/** What is known of pools, and what is told of their elements. */
export interface PoolKnowledge {
  /** A look into the cache, of which nobody hears. */
  readonly cached: (poolHandle: PoolHandle) => Resolution | undefined;
  /** From the cache, or asked. */
  readonly resolve: (poolHandle: PoolHandle, options: ResolveOptions) => Promise<Resolution>;
  /** Asked, whatever the cache says, which is renewed. RFC 5352 §6.3. */
  readonly refresh: (poolHandle: PoolHandle, options: ResolveOptions) => Promise<Resolution>;
  /** Chooses by the pool's policy. */
  readonly choose: (resolution: Resolution) => PoolElement;
  readonly report: (poolHandle: PoolHandle, identifier: number) => void;
}

/** What the sessions of one pool user are made of. */
export interface UserSessionParts extends PoolKnowledge {
  readonly limits: Limits;
  /** What differs from {@linkcode USER_SESSION_TIMING}. */
  readonly timing: Partial<UserSessionTiming> | undefined;
  readonly random: Random;
  /** Keeps the cached answer about a pool fresh until it is disposed of. */
  readonly keepFresh: (poolHandle: PoolHandle) => Disposable;
}
