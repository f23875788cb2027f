/** The cache of a pool user. RFC 5352 §3.3, C1 to C4, and §7.2. */

import { ALL_ITEMS, type Policy, type PoolElement, type PoolHandle } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";

/** A positive answer to a resolution. */
export interface Answer {
  readonly policy: Policy;
  readonly poolElements: readonly PoolElement[];
}

interface Entry extends Answer {
  /** How many elements were asked for. */
  readonly asked: number | undefined;
  /** C2: the stale timeout. */
  readonly freshUntil: Instant;
}

/** Answers by pool handle, oldest first; the oldest gives way when there are too many. */
export class ResolutionCache {
  private readonly entries = new Map<PoolHandle, Entry>();
  private readonly maxEntries: number;
  private readonly staleCacheValueMs: number;

  constructor(maxEntries: number, staleCacheValueMs: number) {
    this.maxEntries = maxEntries;
    this.staleCacheValueMs = staleCacheValueMs;
  }

  get size(): number {
    return this.entries.size;
  }

  /** C1: the answer to a request for so many elements, if one is there that is not stale. */
  get(poolHandle: PoolHandle, items: number | undefined, now: Instant): Answer | undefined {
    const entry = this.entries.get(poolHandle);
    if (entry === undefined) return undefined;
    if (now >= entry.freshUntil) {
      this.entries.delete(poolHandle);
      return undefined;
    }
    const { asked, policy, poolElements } = entry;
    // What a subscriber is told is the whole pool.
    const isEnough = asked === ALL_ITEMS && (items ?? Infinity) >= poolElements.length;
    if (asked === items || isEnough) return { policy, poolElements };
    if (items === undefined || items > poolElements.length) return undefined;
    return { policy, poolElements: poolElements.slice(0, items) };
  }

  /** Keeps an answer. */
  set(poolHandle: PoolHandle, asked: number | undefined, answer: Answer, now: Instant): void {
    this.entries.delete(poolHandle);
    if (this.staleCacheValueMs <= 0) return;
    this.entries.set(poolHandle, { ...answer, asked, freshUntil: now + this.staleCacheValueMs });
    if (this.entries.size <= this.maxEntries) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  /** RFC 5352 §6.4: CachePurgeRequest; without a handle, of all pools. */
  purge(poolHandle?: PoolHandle): void {
    if (poolHandle === undefined) this.entries.clear();
    else this.entries.delete(poolHandle);
  }

  /** Takes an element out that could not be reached; the last one takes its pool along. */
  removeElement(poolHandle: PoolHandle, peIdentifier: number): void {
    const entry = this.entries.get(poolHandle);
    if (entry === undefined) return;
    const poolElements = entry.poolElements.filter((each) => each.identifier !== peIdentifier);
    if (poolElements.length === 0) this.entries.delete(poolHandle);
    else this.entries.set(poolHandle, { ...entry, poolElements });
  }
}
