/** Primary and next server, for programs that connect by themselves. RFC 5351 §4.1. */

import type { Instant } from "../core/mod.ts";
import { ALL_ITEMS, type PoolElement, type PoolHandle } from "../wire/mod.ts";
import { UnknownPoolHandle } from "./errors.ts";
import type { PoolElementHandle, Resolution, ResolveOptions } from "./pool_user_settings.ts";
import type { Wait } from "./requests.ts";

/** How long a server that failed is passed over: what is older is no information any more. */
const FAILURE_MS = 30_000;

/** What servers are found with. */
export interface ServersParts {
  /** Pools of which the state is kept; the one asked for longest ago gives way. */
  readonly maxPools: number;
  readonly now: () => Instant;
  /** A look into the cache. */
  readonly cached: (poolHandle: PoolHandle) => Resolution | undefined;
  /** From the cache, or asked. */
  readonly resolve: (poolHandle: PoolHandle, options: ResolveOptions) => Promise<Resolution>;
  /** Asked, whatever the cache says. */
  readonly refresh: (poolHandle: PoolHandle, options: ResolveOptions) => Promise<Resolution>;
  /** Chooses by the pool's policy. */
  readonly choose: (resolution: Resolution) => PoolElement;
  readonly report: (poolHandle: PoolHandle, identifier: number) => void;
}

/** One pool: who was returned last, and who has failed. */
interface Round {
  current: PoolElement | undefined;
  readonly failed: Map<number, Instant>;
}

/** The servers that a program was sent to. */
export class Servers {
  private readonly rounds = new Map<PoolHandle, Round>();
  private readonly parts: ServersParts;

  constructor(parts: ServersParts) {
    this.parts = parts;
  }

  /** Number of pools of which the state is kept. */
  get size(): number {
    return this.rounds.size;
  }

  /** GETPRIMARYSERVER. */
  async primary(poolHandle: PoolHandle, options: Wait): Promise<PoolElement> {
    const chosen = this.parts.choose(await this.parts.resolve(poolHandle, options));
    this.begin(poolHandle, chosen);
    return chosen;
  }

  /** GETNEXTSERVER: reports the one before, then gives another. */
  async next(poolHandle: PoolHandle, options: Wait): Promise<PoolElement> {
    const round = this.rounds.get(poolHandle) ?? this.begin(poolHandle, undefined);
    const { current } = round;
    if (current !== undefined) {
      // Whoever asks again, or at the same time, does not report it again (RFC 5352 §3.5).
      round.current = undefined;
      round.failed.set(current.identifier, this.parts.now());
      this.parts.report(poolHandle, current.identifier);
    }
    // What nobody has been given yet, nobody can have tried: others may ask at the same time.
    await undefined;
    const known = this.parts.cached(poolHandle);
    const best = known === undefined ? undefined : this.without(round, known);
    const chosen = best ?? this.without(round, await this.refreshed(round, poolHandle, options));
    if (chosen === undefined) {
      round.failed.clear();
      throw new UnknownPoolHandle(poolHandle);
    }
    round.current = chosen;
    return chosen;
  }

  /** The element of a pool element handle, if it lives. RFC 3237 §2.10. */
  async same(handle: PoolElementHandle, options: Wait): Promise<PoolElement | undefined> {
    const { poolHandle, identifier } = handle;
    const found = find(this.parts.cached(poolHandle), identifier) ??
      find(await this.whole(poolHandle, options), identifier);
    if (found !== undefined) this.begin(poolHandle, found);
    return found;
  }

  private async whole(poolHandle: PoolHandle, options: Wait): Promise<Resolution | undefined> {
    try {
      return await this.parts.resolve(poolHandle, { ...options, items: ALL_ITEMS });
    } catch (error) {
      if (error instanceof UnknownPoolHandle) return undefined;
      throw error;
    }
  }

  private async refreshed(round: Round, poolHandle: PoolHandle, options: Wait) {
    try {
      return await this.parts.refresh(poolHandle, options);
    } catch (error) {
      if (error instanceof UnknownPoolHandle) round.failed.clear();
      throw error;
    }
  }

  /** One of those that have not failed of late. */
  private without({ failed }: Round, resolution: Resolution): PoolElement | undefined {
    const longAgo = this.parts.now() - FAILURE_MS;
    for (const [identifier, at] of failed) {
      if (at <= longAgo) failed.delete(identifier);
    }
    const poolElements = resolution.poolElements.filter((each) => !failed.has(each.identifier));
    if (poolElements.length === 0) return undefined;
    const isWhole = poolElements.length === resolution.poolElements.length;
    return this.parts.choose(isWhole ? resolution : { ...resolution, poolElements });
  }

  private begin(poolHandle: PoolHandle, current: PoolElement | undefined): Round {
    const round = { current, failed: new Map<number, Instant>() };
    this.rounds.delete(poolHandle);
    this.rounds.set(poolHandle, round);
    if (this.rounds.size <= this.parts.maxPools) return round;
    for (const oldest of this.rounds.keys()) {
      this.rounds.delete(oldest);
      break;
    }
    return round;
  }
}

function find(resolution: Resolution | undefined, identifier: number): PoolElement | undefined {
  return resolution?.poolElements.find((each) => each.identifier === identifier);
}
