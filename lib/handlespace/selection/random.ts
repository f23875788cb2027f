/** Random. RFC 5356 §4.3. */

import { type Sampled, UniformSampler } from "./uniform_sampler.ts";
import type { Random } from "../random.ts";
import type { Selection } from "./selection.ts";

/** RFC 5356 §4.3.2: items drawn at random, each as likely as the others. */
export class RandomSelection<Item> implements Selection<Item> {
  readonly #sampler: UniformSampler<Item>;

  constructor(random: Random) {
    this.#sampler = new UniformSampler(random);
  }

  add(item: Item): Sampled<Item> {
    return this.#sampler.add(item);
  }

  update(): void {}

  remove(place: Sampled<Item>): void {
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
