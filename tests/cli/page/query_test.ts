/** What the address of the page says. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { PAGE_LIMITS } from "../../../cli/page/limits.ts";
import { addressOf, ELEMENT_KEYS, POOL_KEYS, queryOf } from "../../../cli/page/query.ts";

const read = (address: string) => queryOf(new URL(address, "http://rserpool").searchParams);

Deno.test("nothing said is everything, by pool", () => {
  const query = read("/");
  assert.equal(addressOf(query), "/");
  assert.deepEqual(query.sort, { by: "pool", descending: false });
  assert.equal(query.pool, undefined);
});

Deno.test("what makes no sense counts as not said", () => {
  for (
    const nonsense of ["sort=--life", "sort=constructor", "page=0", "page=-1", "page=1e9", "page=x"]
      .concat("pool=", "pools=-", "events=none", "filter=%20", "unknown=1")
  ) assert.equal(addressOf(read(`/?${nonsense}`)), "/", nonsense);
});

Deno.test("a page beyond the last that can be turned to is the last; filterCharacters", () => {
  assert.equal(read("/?page=999999").page, PAGE_LIMITS.pages);
  const long = "x".repeat(PAGE_LIMITS.filterCharacters + 1);
  assert.equal(read(`/?filter=${long}`).filter, long.slice(1));
});

Deno.test("an address is read as it was written", () => {
  const order = <Key extends string>(keys: readonly Key[]) =>
    fc.record({ by: fc.constantFrom(...keys), descending: fc.boolean() }, {
      noNullPrototype: true,
    });
  const page = fc.integer({ min: 1, max: PAGE_LIMITS.pages });
  const text = fc.string({ unit: "grapheme", maxLength: 40 });
  const query = fc.record({
    filter: text.map((each) => each.trim()),
    pool: fc.option(text.filter((each) => each !== ""), { nil: undefined }),
    sort: order(ELEMENT_KEYS),
    page,
    pools: order(POOL_KEYS),
    poolPage: page,
    importantOnly: fc.boolean(),
  }, { noNullPrototype: true });
  fc.assert(fc.property(query, (wanted) => assert.deepEqual(read(addressOf(wanted)), wanted)));
});
