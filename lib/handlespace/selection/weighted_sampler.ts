/** Drawing items without replacement, each with a probability in proportion to its weight. */

import type { Random } from "../random.ts";

/** An item in a {@link WeightedSampler}. */
export class Weighted<Item> {
  index = 0;

  constructor(readonly item: Item, public weight: number) {}
}

/**
 * Items to draw from, with sums of weights in a Fenwick tree: everything costs O(log n). Weights
 * are integers from 0; the sum of two million 32-bit weights is still exact in a double.
 */
export class WeightedSampler<Item> {
  readonly #random: Random;
  readonly #places: Weighted<Item>[] = [];
  /** The number at n is the sum of as many weights up to the n-th as the lowest bit of n says. */
  readonly #sums: number[] = [0];
  #total = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  add(item: Item, weight: number): Weighted<Item> {
    const place = new Weighted(item, weight);
    place.index = this.#places.length;
    this.#places.push(place);
    const n = this.#places.length;
    let sum = weight;
    for (let bit = 1; bit < (n & -n); bit <<= 1) sum += this.#sums[n - bit]!;
    this.#sums.push(sum);
    this.#total += weight;
    return place;
  }

  update(place: Weighted<Item>, weight: number): void {
    this.#adjust(place.index, weight - place.weight);
    place.weight = weight;
  }

  remove(place: Weighted<Item>): void {
    const last = this.#places.pop()!;
    this.#sums.pop();
    this.#total -= last.weight;
    if (last === place) return;
    this.#adjust(place.index, last.weight - place.weight);
    last.index = place.index;
    this.#places[last.index] = last;
  }

  /** Draws up to `items` different items, none of weight 0. */
  draw(items: number): Item[] {
    const drawn: Weighted<Item>[] = [];
    while (drawn.length < items && this.#total > 0) {
      const place = this.#find(this.#random.below(this.#total));
      drawn.push(place);
      if (drawn.length < items) this.#adjust(place.index, -place.weight);
    }
    // What was drawn before the last weighed nothing meanwhile, so that it was not drawn again.
    const put = drawn.length < items ? drawn.length : drawn.length - 1;
    for (let i = 0; i < put; i++) this.#adjust(drawn[i]!.index, drawn[i]!.weight);
    return drawn.map((place) => place.item);
  }

  #adjust(index: number, difference: number): void {
    this.#total += difference;
    for (let n = index + 1; n < this.#sums.length; n += n & -n) this.#sums[n]! += difference;
  }

  /** The place in whose share of the total `target` lies. */
  #find(target: number): Weighted<Item> {
    let n = 0;
    for (let bit = 1 << (31 - Math.clz32(this.#places.length)); bit > 0; bit >>= 1) {
      const sum = this.#sums[n + bit];
      if (sum === undefined || sum > target) continue;
      target -= sum;
      n += bit;
    }
    return this.#places[n]!;
  }
}
