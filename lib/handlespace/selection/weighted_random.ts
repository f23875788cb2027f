/** Weighted random. RFC 5356 §4.4. */

import type { Random } from "../random.ts";
import type { Selection, WeightPolicy } from "./selection.ts";
import { type Weighted, WeightedSampler } from "./weighted_sampler.ts";

/**
 * RFC 5356 §4.4.2: items drawn at random, each with a probability in proportion to its weight among
 * those not drawn yet. Weight 0 is never drawn.
 */
export class WeightedRandom<Item> implements Selection<Item> {
  readonly #sampler: WeightedSampler<Item>;

  constructor(random: Random) {
    this.#sampler = new WeightedSampler(random);
  }

  add(item: Item, policy: WeightPolicy): Weighted<Item> {
    return this.#sampler.add(item, policy.weight);
  }

  update(place: Weighted<Item>, policy: WeightPolicy): void {
    this.#sampler.update(place, policy.weight);
  }

  remove(place: Weighted<Item>): void {
    this.#sampler.remove(place);
  }

  select(items: number): Item[] {
    return this.#sampler.draw(items);
  }

  /** A draw leaves nothing behind. */
  list(items: number): Item[] {
    return this.#sampler.draw(items);
  }
}
