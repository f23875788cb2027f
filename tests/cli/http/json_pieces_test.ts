/** JSON in pieces is the JSON that `JSON.stringify` writes. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonPieces } from "../../../cli/http/json_pieces.ts";

Deno.test("any JSON is the same in pieces of any length", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 50 }), (value, length) => {
    assert.deepEqual(JSON.parse([...jsonPieces(value, length)].join("")), normal(value));
  }));
});

/** Without the sign of zero, which JSON has not. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

Deno.test("iterables are arrays, wherever they stand; what is undefined is left out", () => {
  const value = () => ({
    head: { a: [1], b: undefined },
    none: new Set(),
    left: undefined,
    pools: new Set([{ name: "web", elements: [1, 2, 3].values() }, { name: "mail" }]).values(),
    "a\nb": null,
  });
  const expected = {
    head: { a: [1] },
    none: [],
    pools: [{ name: "web", elements: [1, 2, 3] }, { name: "mail" }],
    "a\nb": null,
  };
  for (const length of [1, 10, 1000]) {
    assert.deepEqual(JSON.parse([...jsonPieces(value(), length)].join("")), expected);
  }
  assert.equal([...jsonPieces([].values(), 10)].join(""), "[]\n");
  assert.equal([...jsonPieces({ a: [].values(), b: undefined }, 10)].join(""), '{"a":[]}\n');
});

Deno.test("a piece is hardly longer than asked for, and nothing is read too early", () => {
  let read = 0;
  function* items() {
    for (; read < 1000; read++) yield { n: read };
  }
  const pieces = jsonPieces({ items: items() }, 100);
  const first = pieces.next().value as string;
  assert.ok(first.length >= 100 && first.length < 120, first);
  assert.ok(read < 20, `${read} read`);
});
