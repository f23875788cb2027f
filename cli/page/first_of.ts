/** The first of many in an order, without keeping or sorting all of them. */

/** Keeps at most twice as many as are wanted. */
export class FirstOf<T> {
  private readonly count: number;
  private readonly compare: (a: T, b: T) => number;
  private kept: T[] = [];
  /** Whoever does not come before it is none of them. */
  private last: T | undefined;

  constructor(count: number, compare: (a: T, b: T) => number) {
    this.count = count;
    this.compare = compare;
  }

  offer(item: T): void {
    if (this.last !== undefined && this.compare(item, this.last) >= 0) return;
    this.kept.push(item);
    if (this.kept.length < 2 * this.count) return;
    this.kept = this.sorted();
    this.last = this.kept.at(-1);
  }

  sorted(): T[] {
    return this.kept.sort(this.compare).slice(0, this.count);
  }
}
