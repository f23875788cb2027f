/** Deadlines by key in a binary heap: set, move, delete and take the earliest in O(log n). */

import type { Instant } from "./machine.ts";

interface Timer<K> {
  readonly key: K;
  at: Instant;
  /** Breaks ties in the order of setting, so that a run replays. */
  order: number;
  index: number;
}

/** Deadlines; each key has at most one. */
export class Timers<K> {
  private readonly heap: Timer<K>[] = [];
  private readonly byKey = new Map<K, Timer<K>>();
  private lastOrder = 0;

  get size(): number {
    return this.heap.length;
  }

  /** Starts the timer of `key`, or moves it. */
  set(key: K, at: Instant): void {
    const order = ++this.lastOrder;
    const known = this.byKey.get(key);
    if (known !== undefined) {
      known.at = at;
      known.order = order;
      this.settle(known);
      return;
    }
    const timer = { key, at, order, index: this.heap.length };
    this.byKey.set(key, timer);
    this.heap.push(timer);
    this.settle(timer);
  }

  /** All keys, in no order that means anything. */
  keys(): IterableIterator<K> {
    return this.byKey.keys();
  }

  has(key: K): boolean {
    return this.byKey.has(key);
  }

  /** When the timer of `key` ends. */
  at(key: K): Instant | undefined {
    return this.byKey.get(key)?.at;
  }

  delete(key: K): void {
    const timer = this.byKey.get(key);
    if (timer === undefined) return;
    this.byKey.delete(key);
    const last = this.heap.pop()!;
    if (last === timer) return;
    last.index = timer.index;
    this.heap[last.index] = last;
    this.settle(last);
  }

  /** The earliest deadline. */
  next(): Instant | undefined {
    return this.heap[0]?.at;
  }

  /** Takes the earliest timer that is due, if one is. */
  takeDue(now: Instant): K | undefined {
    const first = this.heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.delete(first.key);
    return first.key;
  }

  private settle(timer: Timer<K>): void {
    this.up(timer);
    this.down(timer);
  }

  private up(timer: Timer<K>): void {
    while (timer.index > 0) {
      const parent = this.heap[(timer.index - 1) >> 1]!;
      if (!before(timer, parent)) return;
      this.swap(timer, parent);
    }
  }

  private down(timer: Timer<K>): void {
    for (;;) {
      const left = this.heap[2 * timer.index + 1];
      const right = this.heap[2 * timer.index + 2];
      if (left === undefined) return;
      const child = right !== undefined && before(right, left) ? right : left;
      if (!before(child, timer)) return;
      this.swap(timer, child);
    }
  }

  private swap(a: Timer<K>, b: Timer<K>): void {
    const index = a.index;
    a.index = b.index;
    b.index = index;
    this.heap[a.index] = a;
    this.heap[b.index] = b;
  }
}

function before<K>(a: Timer<K>, b: Timer<K>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
