import assert from "node:assert/strict";
import { ResolutionCache } from "../../../lib/core/pool_user/cache.ts";
import { element } from "./user_stage.ts";

const answer = { policy: { name: "random" }, poolElements: [1, 2, 3].map(element) } as const;

function identifiers(cache: ResolutionCache, items?: number, now = 0): number[] | undefined {
  return cache.get("web", items, now)?.poolElements.map((each) => each.identifier);
}

Deno.test("an answer serves the same question, and those that ask for less", () => {
  const cache = new ResolutionCache(10, 1_000);
  cache.set("web", undefined, answer, 0);
  assert.deepEqual(identifiers(cache), [1, 2, 3]);
  assert.deepEqual(identifiers(cache, 2), [1, 2]);
  assert.equal(identifiers(cache, 4), undefined);
  cache.set("web", 3, answer, 0);
  assert.equal(identifiers(cache), undefined);
  assert.deepEqual(identifiers(cache, 3), [1, 2, 3]);
});

Deno.test("an answer is stale after stale_cache_value, and gone then", () => {
  const cache = new ResolutionCache(10, 1_000);
  cache.set("web", undefined, answer, 0);
  assert.deepEqual(identifiers(cache, undefined, 999), [1, 2, 3]);
  assert.equal(identifiers(cache, undefined, 1_000), undefined);
  assert.equal(cache.size, 0);
});

Deno.test("a stale_cache_value of 0 is no cache", () => {
  const cache = new ResolutionCache(10, 0);
  cache.set("web", undefined, answer, 0);
  assert.equal(cache.size, 0);
});

Deno.test("limit maxCacheEntries: the oldest answer gives way", () => {
  const cache = new ResolutionCache(2, 1_000);
  for (const poolHandle of ["a", "b", "a", "c"]) cache.set(poolHandle, undefined, answer, 0);
  assert.equal(cache.size, 2);
  const kept = ["a", "b", "c"].filter((each) => cache.get(each, undefined, 0) !== undefined);
  assert.deepEqual(kept, ["a", "c"]);
});

Deno.test("an element is taken out, the last one with its pool", () => {
  const cache = new ResolutionCache(10, 1_000);
  cache.set("web", undefined, answer, 0);
  cache.removeElement("web", 2);
  assert.deepEqual(identifiers(cache), [1, 3]);
  cache.removeElement("web", 1);
  cache.removeElement("web", 3);
  assert.equal(cache.size, 0);
  cache.removeElement("web", 3);
});

Deno.test("all pools are purged at once", () => {
  const cache = new ResolutionCache(10, 1_000);
  for (const poolHandle of ["a", "b"]) cache.set(poolHandle, undefined, answer, 0);
  cache.purge("a");
  assert.equal(cache.size, 1);
  cache.purge();
  assert.equal(cache.size, 0);
});

Deno.test("who asks for less twice gets the same object twice", () => {
  const cache = new ResolutionCache(10, 1_000);
  cache.set("web", undefined, answer, 0);
  const part = cache.get("web", 2, 0);
  assert.equal(cache.get("web", 2, 0), part);
  assert.notEqual(cache.get("web", 1, 0), part);
  cache.set("web", undefined, answer, 0);
  assert.notEqual(cache.get("web", 2, 0), part);
});

Deno.test("what is held is not stale, and ages from its last confirmation when let go", () => {
  const cache = new ResolutionCache(10, 1_000);
  cache.set("web", undefined, answer, 0);
  cache.hold("web");
  assert.deepEqual(identifiers(cache, undefined, 1_000_000), [1, 2, 3]);
  cache.release("web", 5_000);
  cache.release("web", 9_000);
  assert.deepEqual(identifiers(cache, undefined, 5_999), [1, 2, 3]);
  assert.equal(identifiers(cache, undefined, 6_000), undefined);
  cache.hold("web");
  cache.release("web", 0);
  assert.equal(cache.size, 0);
});

Deno.test("limit maxCacheEntries: what is held gives way last", () => {
  const cache = new ResolutionCache(2, 1_000);
  cache.set("a", undefined, answer, 0);
  cache.hold("a");
  for (const poolHandle of ["b", "c", "d"]) cache.set(poolHandle, undefined, answer, 0);
  assert.equal(cache.size, 2);
  assert(cache.get("a", undefined, 0) !== undefined);
  cache.hold("d");
  cache.set("e", undefined, answer, 0);
  assert(cache.get("e", undefined, 0) === undefined);
  assert.equal(cache.size, 2);
});
