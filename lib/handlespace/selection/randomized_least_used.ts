/** Randomized least used. RFC 5356 §5.4. */

import type { Random } from "../random.ts";
import { type LoadPolicy, MAX_LOAD, type Selection } from "./selection.ts";
import { type Sampled, UniformSampler } from "./uniform_sampler.ts";
import { type Weighted, WeightedSampler } from "./weighted_sampler.ts";

/** An item among the fully utilized, or among the others. */
class Loaded<Item> {
  full: Sampled<Item> | undefined = undefined;
  other: Weighted<Item> | undefined = undefined;

  constructor(readonly item: Item) {}
}

/**
 * RFC 5356 §5.4.2: weighted random with a weight of 0xffffffff - load. As that is 0 for a fully
 * utilized item, those come after all others, in random order: a pool in which all are fully
 * utilized is still served.
 */
export class RandomizedLeastUsed<Item> implements Selection<Item> {
  readonly #full: UniformSampler<Item>;
  readonly #others: WeightedSampler<Item>;

  constructor(random: Random) {
    this.#full = new UniformSampler(random);
    this.#others = new WeightedSampler(random);
  }

  add(item: Item, policy: LoadPolicy): Loaded<Item> {
    const place = new Loaded(item);
    this.update(place, policy);
    return place;
  }

  update(place: Loaded<Item>, policy: LoadPolicy): void {
    const weight = MAX_LOAD - policy.load;
    if (place.other !== undefined && weight > 0) {
      this.#others.update(place.other, weight);
      return;
    }
    this.remove(place);
    if (weight === 0) place.full = this.#full.add(place.item);
    else place.other = this.#others.add(place.item, weight);
  }

  remove(place: Loaded<Item>): void {
    if (place.full !== undefined) this.#full.remove(place.full);
    if (place.other !== undefined) this.#others.remove(place.other);
    place.full = undefined;
    place.other = undefined;
  }

  select(items: number): Item[] {
    const selected = this.#others.draw(items);
    if (selected.length >= items) return selected;
    return selected.concat(this.#full.draw(items - selected.length));
  }

  /** A draw leaves nothing behind. */
  list(items: number): Item[] {
    return this.select(items);
  }
}
