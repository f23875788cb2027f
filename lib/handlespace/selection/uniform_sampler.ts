/** Drawing items without replacement, each with the same probability. */

import type { Random } from "../random.ts";

/** An item in a {@link UniformSampler}. */
export class Sampled<Item> {
  index = 0;

  constructor(readonly item: Item) {}
}

/** Items to draw from. Adding and removing cost O(1), drawing O(1) for each item drawn. */
export class UniformSampler<Item> {
  readonly #random: Random;
  readonly #places: Sampled<Item>[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  add(item: Item): Sampled<Item> {
    const place = new Sampled(item);
    this.#put(place, this.#places.length);
    return place;
  }

  remove(place: Sampled<Item>): void {
    const last = this.#places.pop()!;
    if (last !== place) this.#put(last, place.index);
  }

  /** Draws up to `items` different items. */
  draw(items: number): Item[] {
    const places = this.#places;
    const drawn: Item[] = [];
    const count = Math.min(items, places.length);
    // Fisher and Yates' shuffle, as far as it is needed: the order of the places means nothing.
    for (let i = 0; i < count; i++) {
      const place = places[i + this.#random.below(places.length - i)]!;
      this.#put(places[i]!, place.index);
      this.#put(place, i);
      drawn.push(place.item);
    }
    return drawn;
  }

  #put(place: Sampled<Item>, index: number): void {
    this.#places[index] = place;
    place.index = index;
  }
}
