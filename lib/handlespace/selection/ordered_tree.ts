/** Items in ascending order, as a treap: a search tree that random priorities keep shallow. */

import type { Random } from "../random.ts";

/**
 * An item of an {@link OrderedTree}: ordered by `rank`, equal ranks by `sequence`. Neither of them,
 * nor `release`, may change while the node is in a tree.
 */
export class TreeNode<Item> {
  /** No two nodes of a tree have the same `rank` and `sequence`. */
  rank = 0;
  sequence = 0;
  /** From when on {@linkcode OrderedTree.firstReleased} may find the node; not negative. */
  release = 0;

  /** @ignore The tree's own. */
  earliestRelease = 0;
  /** @ignore The tree's own. */
  priority = 0;
  /** @ignore The tree's own. */
  left: TreeNode<Item> | undefined = undefined;
  /** @ignore The tree's own. */
  right: TreeNode<Item> | undefined = undefined;

  constructor(readonly item: Item) {}
}

/** Nodes in order. Inserting, removing and finding cost O(log n), whatever order they come in. */
export class OrderedTree<Node extends TreeNode<unknown>> {
  readonly #random: Random;
  #root: Node | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Takes in a node that is in no tree. */
  insert(node: Node): void {
    node.priority = this.#random.uint32();
    node.left = undefined;
    node.right = undefined;
    this.#root = insertInto(this.#root, node) as Node;
  }

  /** Lets go a node that is in this tree. */
  remove(node: Node): void {
    this.#root = removeFrom(this.#root!, node) as Node | undefined;
  }

  /** The first `count` nodes in order, or all of them if there are fewer. */
  first(count: number): Node[] {
    const nodes: Node[] = [];
    collect(this.#root, count, nodes);
    return nodes;
  }

  /** The first node in order whose `release` is not after `time`. */
  firstReleased(time: number): Node | undefined {
    let node: TreeNode<unknown> | undefined = this.#root;
    while (node !== undefined) {
      if (node.left !== undefined && node.left.earliestRelease <= time) node = node.left;
      else if (node.release <= time) return node as Node;
      else node = node.right;
    }
    return undefined;
  }
}

type Tree = TreeNode<unknown>;

function isBefore(a: Tree, b: Tree): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.sequence < b.sequence);
}

function refresh(node: Tree): void {
  // Nothing is released before 0: the children, which may be far away in memory, need not be asked.
  if (node.release === 0) {
    node.earliestRelease = 0;
    return;
  }
  let earliest = node.release;
  if (node.left !== undefined) earliest = Math.min(earliest, node.left.earliestRelease);
  if (node.right !== undefined) earliest = Math.min(earliest, node.right.earliestRelease);
  node.earliestRelease = earliest;
}

function insertInto(root: Tree | undefined, node: Tree): Tree {
  if (root === undefined) {
    refresh(node);
    return node;
  }
  if (isBefore(node, root)) {
    root.left = insertInto(root.left, node);
    if (root.left.priority > root.priority) return rotateRight(root, root.left);
  } else {
    root.right = insertInto(root.right, node);
    if (root.right.priority > root.priority) return rotateLeft(root, root.right);
  }
  refresh(root);
  return root;
}

function rotateRight(root: Tree, left: Tree): Tree {
  root.left = left.right;
  left.right = root;
  refresh(root);
  refresh(left);
  return left;
}

function rotateLeft(root: Tree, right: Tree): Tree {
  root.right = right.left;
  right.left = root;
  refresh(root);
  refresh(right);
  return right;
}

function removeFrom(root: Tree, node: Tree): Tree | undefined {
  if (root === node) return merge(node.left, node.right);
  if (isBefore(node, root)) root.left = removeFrom(root.left!, node);
  else root.right = removeFrom(root.right!, node);
  refresh(root);
  return root;
}

/** One tree of two, all of `left` being before all of `right`. */
function merge(left: Tree | undefined, right: Tree | undefined): Tree | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  if (left.priority > right.priority) {
    left.right = merge(left.right, right);
    refresh(left);
    return left;
  }
  right.left = merge(left, right.left);
  refresh(right);
  return right;
}

function collect(root: Tree | undefined, count: number, nodes: Tree[]): void {
  if (root === undefined || nodes.length >= count) return;
  collect(root.left, count, nodes);
  if (nodes.length >= count) return;
  nodes.push(root);
  collect(root.right, count, nodes);
}
