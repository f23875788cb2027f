/** The deterministic policies as RFC 5356 words them, on plain lists, whatever it costs. */
import type { Policy } from "../../../lib/wire/mod.ts";
import type { Naive } from "./operations.ts";

/** RFC 5356 §4.1.2: a circular list, of which the first item of the array is the head. */
export class NaiveRoundRobin implements Naive {
  #circle: number[] = [];

  put(item: number): void {
    if (!this.#circle.includes(item)) this.#circle.push(item);
  }

  remove(item: number): void {
    this.#circle = this.#circle.filter((each) => each !== item);
  }

  select(items: number): number[] {
    const selected = this.#circle.slice(0, items);
    const head = this.#circle.shift();
    if (head !== undefined && items > 0) this.#circle.push(head);
    else if (head !== undefined) this.#circle.unshift(head);
    return selected;
  }
}

interface Row {
  readonly item: number;
  policy: Policy;
  counter: number;
}

/** What is ranked by a value: one circle of items for each value, each turned by every request. */
export class NaiveRanking implements Naive {
  readonly #valueOf: (policy: Policy, counter: number) => number;
  /** Equals stand in the order of their turns. */
  #rows: Row[] = [];

  constructor(valueOf: (policy: Policy, counter: number) => number) {
    this.#valueOf = valueOf;
  }

  put(item: number, policy: Policy): void {
    const row = this.#rows.find((each) => each.item === item);
    if (row === undefined) {
      this.#rows.push({ item, policy, counter: 0 });
      return;
    }
    const before = this.#value(row);
    row.policy = policy;
    row.counter = 0;
    if (this.#value(row) !== before) this.#toEnd(row);
  }

  remove(item: number): void {
    this.#rows = this.#rows.filter((row) => row.item !== item);
  }

  select(items: number): number[] {
    // Sorting is stable, so equals keep the order of their turns.
    const sorted = this.#rows.toSorted((a, b) => this.#value(a) - this.#value(b));
    const values = sorted.map((row) => this.#value(row));
    const selected = sorted.slice(0, items);
    selected.forEach((row, i) => {
      row.counter++;
      const leadsEquals = values.indexOf(values[i]!) === i && values[i] === values[i + 1];
      if (this.#value(row) !== values[i] || leadsEquals) this.#toEnd(row);
    });
    return selected.map((row) => row.item);
  }

  #value(row: Row): number {
    return this.#valueOf(row.policy, row.counter);
  }

  #toEnd(row: Row): void {
    this.#rows = [...this.#rows.filter((each) => each !== row), row];
  }
}
