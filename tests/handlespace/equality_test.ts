import assert from "node:assert/strict";
import { areEqual } from "../../lib/handlespace/equality.ts";

Deno.test("Values are equal member by member", () => {
  const value = () => ({ a: 1, b: ["x", { c: new Uint8Array([1, 2]) }], d: undefined });
  assert(areEqual(value(), value()));
  assert(!areEqual(value(), { ...value(), a: 2 }));
  assert(!areEqual(value(), { ...value(), b: ["x"] }));
  assert(!areEqual(value(), { ...value(), b: ["x", { c: new Uint8Array([1, 3]) }] }));
  assert(!areEqual(value(), { ...value(), b: ["x", { c: new Uint8Array([1, 2, 0]) }] }));
  assert(!areEqual({ a: { b: 1 } }, { a: { c: 1 } }));
  assert(!areEqual({ a: 1 }, { a: "1" }));
  assert(!areEqual({ a: 1 }, null));
});

Deno.test("A member that is undefined equals one that is absent", () => {
  assert(areEqual({ a: 1, b: undefined }, { a: 1 }));
  assert(areEqual({ a: 1 }, { a: 1, b: undefined }));
  assert(!areEqual({ a: 1 }, { a: 1, b: 2 }));
  assert(!areEqual({ a: 1, b: 2 }, { a: 1 }));
});

Deno.test("A list is no record", () => {
  assert(!areEqual([], {}));
  assert(!areEqual({}, []));
  assert(!areEqual(["x"], { 0: "x" }));
});
