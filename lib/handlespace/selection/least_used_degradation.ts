/** Least used with degradation. RFC 5356 §5.2. */

import type { Random } from "../random.ts";
import { itemsOf, Ranked, Ranking } from "./ranking.ts";
import { type DegradationPolicy, MAX_LOAD, type Selection } from "./selection.ts";

/** An item with its degradation counter: how often it was returned since it was registered. */
class Degraded<Item> extends Ranked<Item> {
  counter = 0;

  constructor(item: Item, public load: number, public degradation: number) {
    super(item);
  }
}

/**
 * RFC 5356 §5.2.2: the lowest sums of load and degradation counter × degradation, in ascending
 * order, with round robin among equals. Every return counts, every registration resets the counter,
 * and the sum ends at 0xffffffff, which is fully utilized.
 */
export class LeastUsedDegradation<Item> implements Selection<Item> {
  readonly #ranking: Ranking<Degraded<Item>>;

  constructor(random: Random) {
    this.#ranking = new Ranking(random);
  }

  add(item: Item, policy: DegradationPolicy): Degraded<Item> {
    const place = new Degraded(item, policy.load, policy.degradation);
    this.#ranking.add(place, sumOf(place));
    return place;
  }

  update(place: Degraded<Item>, policy: DegradationPolicy): void {
    place.load = policy.load;
    place.degradation = policy.degradation;
    place.counter = 0;
    this.#ranking.update(place, sumOf(place));
  }

  remove(place: Degraded<Item>): void {
    this.#ranking.remove(place);
  }

  select(items: number): Item[] {
    return itemsOf(this.#ranking.take(items, count));
  }

  list(items: number): Item[] {
    return itemsOf(this.#ranking.first(items));
  }
}

function count(place: Degraded<unknown>): number {
  place.counter++;
  return sumOf(place);
}

function sumOf(place: Degraded<unknown>): number {
  return Math.min(MAX_LOAD, place.load + place.counter * place.degradation);
}
