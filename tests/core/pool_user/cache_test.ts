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
