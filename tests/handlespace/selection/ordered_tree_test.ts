import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { OrderedTree, TreeNode } from "../../../lib/handlespace/selection/ordered_tree.ts";

function nodeOf(rank: number, sequence: number, release = 0): TreeNode<string> {
  const node = new TreeNode(`${rank}.${sequence}`);
  return Object.assign(node, { rank, sequence, release });
}

const itemsOf = (nodes: readonly TreeNode<string>[]) => nodes.map((node) => node.item);

Deno.test("nodes come in order, whatever was inserted and removed", () => {
  const row = fc.record({
    rank: fc.integer({ min: -3, max: 3 }),
    release: fc.integer({ min: 0, max: 9 }),
    remove: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(row), fc.integer(), (rows, seed) => {
    const tree = new OrderedTree<TreeNode<string>>(seededRandom(seed));
    const nodes = rows.map(({ rank, release }, i) => nodeOf(rank, i, release));
    nodes.forEach((node) => tree.insert(node));
    nodes.forEach((node, i) => rows[i]!.remove && tree.remove(node));
    const kept = nodes.filter((_, i) => !rows[i]!.remove)
      .sort((a, b) => a.rank - b.rank || a.sequence - b.sequence);
    for (const count of [0, 1, 3, Infinity]) {
      assert.deepEqual(itemsOf(tree.first(count)), itemsOf(kept.slice(0, count)));
    }
    for (let time = -1; time < 10; time++) {
      assert.equal(tree.firstReleased(time), kept.find((node) => node.release <= time));
    }
  }));
});

/** A node that counts how often it is compared. */
function countedNode(rank: number, sequence: number, release: number, count: () => void) {
  const node = nodeOf(rank, sequence, release);
  Object.defineProperty(node, "rank", { get: () => (count(), rank) });
  return node;
}

const orders: readonly [string, (n: number, size: number) => number][] = [
  ["ascending", (n) => n],
  ["descending", (n, size) => size - n],
  ["scattered", (n) => Math.imul(n, 0x9e3779b1) >>> 0],
  ["equal", () => 7],
];

for (const [name, rankOf] of orders) {
  Deno.test(`an operation on 100,000 nodes that came ${name} looks at few of them`, () => {
    const size = 100_000;
    let looks = 0;
    const tree = new OrderedTree<TreeNode<string>>(seededRandom(3));
    const nodes = Array.from(
      { length: size },
      (_, n) => countedNode(rankOf(n, size), n, n, () => looks++),
    );
    nodes.forEach((node) => tree.insert(node));
    // A treap of n nodes is about 2 ln n deep on average; each level compares one pair or two.
    const most = 4 * 3 * Math.log(size);
    const average = (count: number, run: () => void) => {
      looks = 0;
      run();
      return looks / count;
    };
    const some = nodes.filter((_, n) => n % 100 === 0);
    assert.ok(average(some.length, () => some.forEach((node) => tree.remove(node))) < most);
    assert.ok(average(some.length, () => some.forEach((node) => tree.insert(node))) < most);
  });
}
