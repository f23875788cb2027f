/** Weighted round robin. RFC 5356 §4.2. */

import type { Random } from "../random.ts";
import { OrderedTree, TreeNode } from "./ordered_tree.ts";
import type { Selection, WeightPolicy } from "./selection.ts";

/** An item with its turns: as many in a cycle as its weight says. */
class Turns<Item> extends TreeNode<Item> {
  weight = 0;
  /** How many turns it has had, in this cycle or, if it waits for the next, of the next. */
  taken = 0;
  tree: OrderedTree<Turns<Item>> | undefined = undefined;
}

/**
 * RFC 5356 §4.2.2's circular list, which has each item as many times as its weight says and as
 * evenly distributed as possible, without the list: earliest eligible deadline first.
 *
 * A cycle has as many turns as the weights' sum, and time runs through it from 0 to 1. Of an item
 * of weight w, the turn after k others is released at k/w and due at (k+1)/w. Of what is released,
 * the earliest due is next, but the same item twice in a row only if nothing else is released. As
 * no turn is taken before its release, all have had exactly their share when the cycle ends; and
 * something is always released, as the item furthest behind cannot be ahead of the time, which is
 * the average.
 *
 * An answer goes on with the other items in the order in which their next turns are due. If all
 * weights are 1, this is round robin.
 */
export class WeightedRoundRobin<Item> implements Selection<Item> {
  /**
   * What has turns left in this cycle, and what waits for the next; by due time, then last turn.
   */
  #current: OrderedTree<Turns<Item>>;
  #next: OrderedTree<Turns<Item>>;
  /** The item of the last turn is in neither tree. */
  #last: Turns<Item> | undefined;
  /** The item that has more than half of the turns, if there is one: it must follow itself. */
  #majority: Turns<Item> | undefined;
  /** Turns taken in this cycle, and turns that it has. */
  #taken = 0;
  #total = 0;
  #sequence = 0;

  constructor(random: Random) {
    this.#current = new OrderedTree(random);
    this.#next = new OrderedTree(random);
  }

  add(item: Item, policy: WeightPolicy): Turns<Item> {
    const turns = new Turns(item);
    this.#joinNow(turns, policy.weight);
    return turns;
  }

  update(turns: Turns<Item>, policy: WeightPolicy): void {
    const { weight } = policy;
    if (weight === turns.weight) return;
    if (turns.weight === 0) {
      this.#joinNow(turns, weight);
      return;
    }
    // What it has had of its share stays had: changing the weight neither wins nor loses turns.
    const taken = Math.round(this.#takenBy(turns) / turns.weight * weight);
    this.#leave(turns);
    this.#join(turns, weight, taken);
  }

  remove(turns: Turns<Item>): void {
    this.#leave(turns);
    this.#endCycleIfDone();
  }

  select(items: number): Item[] {
    if (this.#total === 0 || items <= 0) return [];
    const selected = [this.#takeTurn().item];
    for (const tree of [this.#current, this.#next]) {
      for (const { item } of tree.first(items - selected.length)) selected.push(item);
    }
    return selected;
  }

  list(items: number): Item[] {
    if (this.#total === 0 || items <= 0) return [];
    const next = this.#peek();
    const listed = [next.item];
    for (const turns of this.#following(next, items)) {
      if (listed.length >= items) break;
      listed.push(turns.item);
    }
    return listed;
  }

  get #time(): number {
    return this.#taken / this.#total;
  }

  #takenBy(turns: Turns<Item>): number {
    return turns.tree === this.#next ? turns.weight : turns.taken;
  }

  #takeTurn(): Turns<Item> {
    const turns = this.#choose();
    if (turns !== this.#last) {
      this.#current.remove(turns);
      turns.tree = undefined;
      this.#releaseLast();
      this.#last = turns;
    }
    turns.sequence = this.#sequence++;
    turns.taken++;
    this.#taken++;
    if (this.#hasMajority(turns)) this.#majority = turns;
    this.#endCycleIfDone();
    return turns;
  }

  #choose(): Turns<Item> {
    const majority = this.#majority;
    if (majority !== undefined && this.#hasMajority(majority)) {
      if (majority === this.#last) this.#releaseLast();
      else if (majority.tree === this.#current && majority.release <= this.#time) return majority;
    }
    return this.#current.firstReleased(this.#time) ?? this.#last!;
  }

  /** What `#choose` would choose, which may first release the item of the last turn. */
  #peek(): Turns<Item> {
    const majority = this.#majority;
    const hasMajority = majority !== undefined && this.#hasMajority(majority);
    if (hasMajority && majority.tree === this.#current && majority.release <= this.#time) {
      return majority;
    }
    const released = this.#current.firstReleased(this.#time);
    if (released === undefined) return this.#last!;
    if (!hasMajority || majority !== this.#last) return released;
    const { taken, weight } = majority;
    const isReleased = taken < weight && taken / weight <= this.#time;
    return isReleased && isBefore(rankOfNext(majority), majority, released) ? majority : released;
  }

  /** All others than the next, in the order in which an answer has them. */
  *#following(next: Turns<Item>, items: number): Generator<Turns<Item>> {
    let last = next === this.#last ? undefined : this.#last;
    // At the end of a cycle nothing is left but what waits for the next one.
    const isDone = last !== undefined && last.taken === last.weight;
    for (const tree of [this.#current, this.#next]) {
      for (const turns of tree.first(items + 1)) {
        if (turns === next) continue;
        const isTree = last !== undefined && isDone === (tree === this.#next);
        if (isTree && isBefore(rankOfNext(last!), last!, turns)) {
          yield last!;
          last = undefined;
        }
        yield turns;
      }
      if (last !== undefined && isDone === (tree === this.#next)) {
        yield last;
        last = undefined;
      }
    }
  }

  #hasMajority(turns: Turns<Item>): boolean {
    return 2 * turns.weight > this.#total;
  }

  /** Takes in what is in neither tree, as if it had had its turns of this cycle until now. */
  #joinNow(turns: Turns<Item>, weight: number): void {
    const time = this.#total === 0 ? 0 : this.#time;
    this.#join(turns, weight, Math.min(weight, Math.ceil(time * weight)));
  }

  #join(turns: Turns<Item>, weight: number, taken: number): void {
    turns.weight = weight;
    turns.taken = taken;
    turns.sequence = this.#sequence++;
    this.#taken += taken;
    this.#total += weight;
    if (weight > 0) this.#insert(turns);
    this.#endCycleIfDone();
  }

  /** Leaves it in neither tree, and without turns. */
  #leave(turns: Turns<Item>): void {
    this.#taken -= this.#takenBy(turns);
    this.#total -= turns.weight;
    if (turns === this.#last) this.#last = undefined;
    if (turns === this.#majority) this.#majority = undefined;
    turns.tree?.remove(turns);
    turns.tree = undefined;
  }

  #releaseLast(): void {
    if (this.#last !== undefined) this.#insert(this.#last);
    this.#last = undefined;
  }

  #insert(turns: Turns<Item>): void {
    const isDone = turns.taken === turns.weight;
    if (isDone) turns.taken = 0;
    turns.release = turns.taken / turns.weight;
    turns.rank = (turns.taken + 1) / turns.weight;
    turns.tree = isDone ? this.#next : this.#current;
    turns.tree.insert(turns);
  }

  #endCycleIfDone(): void {
    if (this.#taken < this.#total) return;
    this.#taken = 0;
    [this.#current, this.#next] = [this.#next, this.#current];
    if (this.#last !== undefined) this.#last.taken = 0;
  }
}

/** When the next turn of an item that is in neither tree is due, as `#insert` ranks it. */
function rankOfNext({ taken, weight }: Turns<unknown>): number {
  return (taken === weight ? 1 : taken + 1) / weight;
}

/** Whether an item would stand before another one, if it had that rank. */
function isBefore(rank: number, turns: Turns<unknown>, other: Turns<unknown>): boolean {
  return rank < other.rank || (rank === other.rank && turns.sequence < other.sequence);
}
