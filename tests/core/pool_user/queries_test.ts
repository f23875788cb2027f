import assert from "node:assert/strict";
import { Queries } from "../../../lib/core/pool_user/queries.ts";

function query(poolHandle: string, items?: number) {
  return { poolHandle, items, requests: new Set<number>(), begun: 0, end: 45_000 };
}

Deno.test("an association that is closed owes nothing, and can be asked nothing", () => {
  const queries = new Queries();
  const web = query("web");
  queries.add(web);
  queries.openAssociation(1);
  assert.equal(queries.put(1, web), true);
  assert.equal(queries.owesAny(1), true);
  queries.closeAssociation(1);
  assert.equal(queries.owedFor(1, "web"), undefined);
  assert.equal(queries.owesAny(1), false);
  assert.equal(queries.put(1, web), false);
  assert.equal(queries.repeat(1, web), false);
});

Deno.test("an answer that is owed for a closed question only is owed to nobody", () => {
  const queries = new Queries();
  const web = query("web");
  queries.add(web);
  queries.openAssociation(1);
  queries.put(1, web);
  queries.remove(web);
  assert.equal(queries.owesAny(1), false);
  assert.equal(queries.owedFor(1, "web"), web);
  assert.equal(queries.size, 0);
});

Deno.test("questions about one pool differ by the number of elements", () => {
  const queries = new Queries();
  const [all, one] = [query("web"), query("web", 1)];
  queries.add(all);
  queries.add(one);
  assert.deepEqual([...queries], [all, one]);
  assert.deepEqual([...queries.about("web")], [all, one]);
  assert.equal(queries.find("web", 1), one);
  queries.remove(one);
  assert.equal(queries.isOpen(one), false);
  assert.deepEqual([...queries.about("mail")], []);
});
