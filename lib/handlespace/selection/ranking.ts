/** Items by rank, the lowest first, with round robin among equals. RFC 5356 §5.1.2. */

import type { Random } from "../random.ts";
import { OrderedTree, TreeNode } from "./ordered_tree.ts";

/** An item in a {@link Ranking}. */
export class Ranked<Item> extends TreeNode<Item> {}

/** What the policies that hand out the lowest values have in common. */
export class Ranking<Node extends Ranked<unknown>> {
  readonly #tree: OrderedTree<Node>;
  #sequence = 0;

  constructor(random: Random) {
    this.#tree = new OrderedTree(random);
  }

  /** Takes a node in, behind its equals. */
  add(node: Node, rank: number): void {
    node.rank = rank;
    node.sequence = this.#sequence++;
    this.#tree.insert(node);
  }

  /** Gives a node another rank, behind its new equals; with the rank it has it keeps its place. */
  update(node: Node, rank: number): void {
    if (rank === node.rank) return;
    this.remove(node);
    this.add(node, rank);
  }

  remove(node: Node): void {
    this.#tree.remove(node);
  }

  /** The lowest nodes, at most so many, where they stand. */
  first(items: number): Node[] {
    return this.#tree.first(items);
  }

  /**
   * The lowest nodes. Equals are a circular list whose head advances by one at each request that
   * reaches it, as in RFC 5356 §4.1.2: if all ranks are equal, this is round robin.
   *
   * @param items At most so many.
   * @param nextRank The rank that a node has after it was returned.
   */
  take(items: number, nextRank: (node: Node) => number = rankOf): Node[] {
    if (items <= 0) return [];
    const nodes = this.#tree.first(items + 1);
    const ranks = nodes.map(rankOf);
    // The one more shows whether the last has an equal behind it.
    if (nodes.length > items) nodes.pop();
    nodes.forEach((node, i) => {
      const rank = nextRank(node);
      const leadsEquals = ranks[i] !== ranks[i - 1] && ranks[i] === ranks[i + 1];
      if (rank === ranks[i] && !leadsEquals) return;
      this.remove(node);
      this.add(node, rank);
    });
    return nodes;
  }
}

function rankOf(node: Ranked<unknown>): number {
  return node.rank;
}

/** The items of nodes. */
export function itemsOf<Item>(nodes: readonly Ranked<Item>[]): Item[] {
  return nodes.map((node) => node.item);
}
