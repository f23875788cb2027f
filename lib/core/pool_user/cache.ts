/** The cache of a pool user. RFC 5352 §3.3, C1 to C4, and §7.2. */

import { areEqual } from "../../handlespace/equality.ts";
import {
  ALL_ITEMS,
  type Policy,
  policyType,
  type PoolElement,
  type PoolHandle,
} from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";

/** A positive answer to a resolution. */
export interface Answer {
  readonly policy: Policy;
  readonly poolElements: readonly PoolElement[];
}

/** An answer that is kept: the same object each time, as long as it says the same. */
export interface CachedAnswer extends Answer {
  readonly poolHandle: PoolHandle;
}

interface Entry {
  readonly answer: CachedAnswer;
  /** How many elements were asked for. */
  readonly asked: number | undefined;
  /** C2: the stale timeout; `Infinity` while a subscription would tell of a change. */
  freshUntil: Instant;
  /** The answer to who asked for less last: the same object again. */
  part?: { readonly items: number; readonly answer: CachedAnswer } | undefined;
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
  get(poolHandle: PoolHandle, items: number | undefined, now: Instant): CachedAnswer | undefined {
    const entry = this.entries.get(poolHandle);
    if (entry === undefined) return undefined;
    if (now >= entry.freshUntil) {
      this.entries.delete(poolHandle);
      return undefined;
    }
    const { asked, answer } = entry;
    if (asked === items) return answer;
    const { length } = answer.poolElements;
    // What a subscriber is told is the whole pool.
    if (asked === ALL_ITEMS && (items ?? Infinity) >= length) return answer;
    if (items === undefined || items > length) return undefined;
    return partOf(entry, items);
  }

  /** Keeps an answer. */
  set(poolHandle: PoolHandle, asked: number | undefined, news: Answer, now: Instant): void {
    const known = this.entries.get(poolHandle);
    this.entries.delete(poolHandle);
    if (this.staleCacheValueMs <= 0) return;
    const freshUntil = now + this.staleCacheValueMs;
    // Confirmed is not changed: who goes round the pool goes on where it was.
    const isConfirmed = asked === ALL_ITEMS && known?.asked === asked &&
      areSame(known.answer, news);
    const { policy, poolElements } = news;
    const answer = isConfirmed ? known!.answer : { poolHandle, policy, poolElements };
    this.entries.set(poolHandle, { answer, asked, freshUntil });
    if (this.entries.size > this.maxEntries) this.entries.delete(this.oldest());
  }

  /** A subscription tells of changes from now on: until then the answer is not stale. */
  hold(poolHandle: PoolHandle): void {
    const entry = this.entries.get(poolHandle);
    if (entry !== undefined) entry.freshUntil = Infinity;
  }

  /** Nobody tells of changes any more: the answer ages from when it was confirmed last. */
  release(poolHandle: PoolHandle, confirmed: Instant): void {
    const entry = this.entries.get(poolHandle);
    if (entry?.freshUntil === Infinity) entry.freshUntil = confirmed + this.staleCacheValueMs;
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
    const { answer, asked, freshUntil } = entry;
    const poolElements = answer.poolElements.filter((each) => each.identifier !== peIdentifier);
    if (poolElements.length === answer.poolElements.length) return;
    if (poolElements.length === 0) this.entries.delete(poolHandle);
    else this.entries.set(poolHandle, { answer: { ...answer, poolElements }, asked, freshUntil });
  }

  /** What a subscription keeps gives way last. */
  private oldest(): PoolHandle {
    for (const [poolHandle, { freshUntil }] of this.entries) {
      if (freshUntil !== Infinity) return poolHandle;
    }
    return this.entries.keys().next().value!;
  }
}

function partOf(entry: Entry, items: number): CachedAnswer {
  if (entry.part?.items === items) return entry.part.answer;
  const { answer } = entry;
  const part = { ...answer, poolElements: answer.poolElements.slice(0, items) };
  entry.part = { items, answer: part };
  return part;
}

/** Whether two answers tell the same. Their order may be one of turns or of chance. */
export function areSame(one: Partial<Answer>, other: Partial<Answer>): boolean {
  const [ones, others] = [one.poolElements ?? [], other.poolElements ?? []];
  if (ones.length !== others.length) return false;
  if (one.policy === undefined || other.policy === undefined) return one.policy === other.policy;
  if (policyType(one.policy) !== policyType(other.policy)) return false;
  return areEqual(sorted(ones), sorted(others));
}

function sorted(poolElements: readonly PoolElement[]): PoolElement[] {
  return [...poolElements].sort((a, b) => a.identifier - b.identifier);
}
