/** What is known of pools: kept fresh while asked for, within bounds, and honest without one. */
import assert from "node:assert/strict";
import { DNS_LIMITS } from "../../../cli/dns/limits.ts";
import type { KnownPool } from "../../../cli/dns/zone.ts";
import { ask } from "./messages.ts";
import { element, openHouse } from "./pools.ts";

Deno.test("a registrar is waited for as long as waitMs, less than a resolver waits", async () => {
  const { user, views } = openHouse();
  await views.view("web");
  assert.equal(user.timeoutMs, DNS_LIMITS.waitMs);
  assert.equal(DNS_LIMITS.waitMs, 2_000);
});

Deno.test("a pool is asked for once, and then kept fresh", async () => {
  const { user, views } = openHouse();
  user.put("web", [element(1)]);
  assert.equal((await views.view("web")).kind, "known");
  assert.deepEqual([...user.fresh], ["web"]);
  assert.equal((views.view("web") as KnownPool).kind, "known");
  assert.equal(user.asked, 1);
  views[Symbol.dispose]();
  assert.equal(user.fresh.size, 0);
});

Deno.test("A and AAAA have turns of their own, and go on when the pool changes", async () => {
  const { user, responder } = openHouse();
  const both = (id: number) =>
    element(id, { addresses: [`192.0.2.${id}`, `2001:db8::${id}`], protocol: "sctp" });
  user.put("web", [both(1), both(2)]);
  const firsts: string[] = [];
  for (let i = 0; i < 4; i++) {
    const { answers } = await ask(responder, "web.pool.internal", "A");
    await ask(responder, "web.pool.internal", "AAAA");
    firsts.push(answers[0]!.split(".").at(-1)!);
  }
  assert.deepEqual(firsts, ["1", "2", "1", "2"]);
  user.put("web", [both(1), both(2), both(3)]);
  const { answers } = await ask(responder, "web.pool.internal", "A");
  assert.equal(answers[0], "web.pool.internal A 192.0.2.3");
  user.put("web", [both(1), both(2)]);
  const after = await ask(responder, "web.pool.internal", "A");
  assert.equal(after.answers[0], "web.pool.internal A 192.0.2.1");
});

Deno.test(`at most ${DNS_LIMITS.maxPools} pools (maxPools); the oldest gives way`, async () => {
  const { user, views } = openHouse();
  for (let i = 0; i <= DNS_LIMITS.maxPools; i++) {
    user.put(`pool-${i}`, [element(1)]);
    await views.view(`pool-${i}`);
    await views.view("pool-0");
  }
  assert.equal(views.size, DNS_LIMITS.maxPools);
  assert.equal(user.fresh.size, DNS_LIMITS.maxPools);
  assert.ok(user.fresh.has("pool-0"));
  assert.ok(!user.fresh.has("pool-1"));
});

Deno.test("a pool nobody asks for during poolIdleMs is not kept fresh any more", async () => {
  const house = openHouse();
  const { user, views } = house;
  user.put("web", [element(1)]);
  user.put("db", [element(2)]);
  await views.view("web");
  await views.view("db");
  house.now = DNS_LIMITS.poolIdleMs - 1;
  await views.view("web");
  views.sweep();
  assert.deepEqual([...user.fresh], ["web", "db"]);
  house.now = DNS_LIMITS.poolIdleMs;
  views.sweep();
  assert.deepEqual([...user.fresh], ["web"]);
});

Deno.test("unknown pools have no subscription, and are remembered for negativeMs", async () => {
  const house = openHouse();
  const { user, views } = house;
  assert.equal((await views.view("nobody")).kind, "unknown");
  house.now = DNS_LIMITS.negativeMs - 1;
  assert.deepEqual(views.view("nobody"), { kind: "unknown" });
  assert.equal(user.asked, 1);
  user.put("nobody", [element(1)]);
  house.now = DNS_LIMITS.negativeMs;
  assert.equal((await views.view("nobody")).kind, "known");
  assert.equal(user.asked, 2);
});

Deno.test(`a flood of unknown names leaves ${DNS_LIMITS.maxUnknown} (maxUnknown)`, async () => {
  const { user, views } = openHouse();
  for (let i = 0; i < DNS_LIMITS.maxUnknown + 100; i++) await views.view(`nobody-${i}`);
  assert.equal(views.unknownSize, DNS_LIMITS.maxUnknown);
  assert.equal(views.size, 0);
  assert.equal(user.fresh.size, 0);
});

Deno.test("one question to the registrar for all that ask at the same time", async () => {
  const { user, views } = openHouse();
  user.put("web", [element(1)]);
  const all = await Promise.all(Array.from({ length: 50 }, () => views.view("web")));
  assert.ok(all.every(({ kind }) => kind === "known"));
  assert.equal(user.asked, 1);
});

Deno.test(`at most ${DNS_LIMITS.maxOutstanding} wait (maxOutstanding), others fail`, async () => {
  const { user, views } = openHouse();
  const { promise, resolve } = Promise.withResolvers<void>();
  user.gate = promise;
  const waiting = Array.from({ length: DNS_LIMITS.maxOutstanding }, (_, i) => views.view(`p-${i}`));
  assert.deepEqual(views.view("one-more"), { kind: "unavailable" });
  resolve();
  await Promise.all(waiting);
  assert.equal((await views.view("one-more")).kind, "unknown");
});

Deno.test("no registrar: SERVFAIL, never NXDOMAIN, one try a second, then recovery", async () => {
  const house = openHouse();
  const { user, responder } = house;
  user.put("web", [element(1)]);
  user.isAway = true;
  for (const name of ["web", "nobody", "_web._tcp", "00000001.web"]) {
    const type = name.startsWith("_") ? "SRV" : "A";
    const { rcode, flags } = await ask(responder, `${name}.pool.internal`, type);
    assert.equal(rcode, "SERVFAIL");
    assert.equal(flags, "rd");
  }
  assert.equal(user.asked, 1);
  // What needs no registrar is answered.
  assert.equal((await ask(responder, "pool.internal", "SOA")).rcode, "NOERROR");
  user.isAway = false;
  house.now = DNS_LIMITS.negativeMs;
  assert.equal((await ask(responder, "web.pool.internal", "A")).rcode, "NOERROR");
});

Deno.test("a pool that a registrar refuses to tell makes no other one fail", async () => {
  const house = openHouse();
  const { user, views } = house;
  user.put("web", [element(1)]);
  user.refused = "secret";
  assert.equal((await views.view("secret")).kind, "unavailable");
  assert.equal((await views.view("web")).kind, "known");
  assert.equal((await views.view("secret")).kind, "unavailable");
  assert.equal(user.asked, 2);
  house.now = DNS_LIMITS.negativeMs;
  await views.view("secret");
  assert.equal(user.asked, 3);
});

Deno.test("what the cache calls fresh is answered without a registrar; then SERVFAIL", async () => {
  const { user, responder } = openHouse();
  user.put("web", [element(1)]);
  await ask(responder, "web.pool.internal", "A");
  user.isAway = true;
  assert.equal((await ask(responder, "web.pool.internal", "A")).rcode, "NOERROR");
  user.cache.clear();
  assert.equal((await ask(responder, "web.pool.internal", "A")).rcode, "SERVFAIL");
});

Deno.test("a pool that has lost its last element is unknown", async () => {
  const { user, views, responder } = openHouse();
  user.put("web", [element(1)]);
  await ask(responder, "web.pool.internal", "A");
  user.pools.delete("web");
  user.cache.delete("web");
  assert.equal((await ask(responder, "web.pool.internal", "A")).rcode, "NXDOMAIN");
  assert.equal(views.size, 0);
});
