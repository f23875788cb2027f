/** What the policies have in common that hand out the lowest values. RFC 5356 §4.5, §5.1, §5.3. */

import type { Policy } from "../../wire/mod.ts";
import type { Random } from "../random.ts";
import { itemsOf, Ranked, Ranking } from "./ranking.ts";
import type { Selection } from "./selection.ts";

/** Items in ascending order of a number that the policy alone determines; equals take turns. */
export abstract class LowestFirst<Item, P extends Policy> implements Selection<Item> {
  readonly #ranking: Ranking<Ranked<Item>>;

  constructor(random: Random) {
    this.#ranking = new Ranking(random);
  }

  /** The number by which items are ordered. */
  protected abstract rankOf(policy: P): number;

  add(item: Item, policy: P): Ranked<Item> {
    const place = new Ranked(item);
    this.#ranking.add(place, this.rankOf(policy));
    return place;
  }

  update(place: Ranked<Item>, policy: P): void {
    this.#ranking.update(place, this.rankOf(policy));
  }

  remove(place: Ranked<Item>): void {
    this.#ranking.remove(place);
  }

  select(items: number): Item[] {
    return itemsOf(this.#ranking.take(items));
  }

  list(items: number): Item[] {
    return itemsOf(this.#ranking.first(items));
  }
}
