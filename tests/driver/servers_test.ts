/** Primary and next server, with a registrar and a clock that are the test. RFC 5351 §4.1. */
import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../lib/core/mod.ts";
import { UnknownPoolHandle } from "../../lib/driver/mod.ts";
import type { Resolution } from "../../lib/driver/pool_user_settings.ts";
import { Selections } from "../../lib/driver/selections.ts";
import { Servers } from "../../lib/driver/servers.ts";
import { seededRandom } from "../../lib/handlespace/mod.ts";
import { element } from "../core/pool_user/user_stage.ts";

/** What a registrar and a cache say of pools; `asked` counts the questions. */
class Information {
  now = 0;
  asked = 0;
  registered: number[] = [1, 2, 3];
  readonly reported: number[] = [];
  readonly servers: Servers;
  private cache: Resolution | undefined;

  constructor(
    private readonly hasCache = true,
    maxPools = DEFAULT_LIMITS.maxCacheEntries,
  ) {
    const selections = new Selections(maxPools, seededRandom(1));
    const refresh = (poolHandle: string): Promise<Resolution> => {
      this.asked++;
      const poolElements = this.registered.map(element);
      if (poolElements.length === 0) return Promise.reject(new UnknownPoolHandle(poolHandle));
      const answer = { poolHandle, policy: { name: "round-robin" } as const, poolElements };
      this.cache = this.hasCache ? answer : undefined;
      return Promise.resolve(answer);
    };
    this.servers = new Servers({
      maxPools,
      now: () => this.now,
      cached: () => this.cache,
      resolve: (poolHandle) => this.cache ? Promise.resolve(this.cache) : refresh(poolHandle),
      refresh,
      choose: (resolution) => selections.next(resolution),
      report: (_poolHandle, identifier) => this.report(identifier),
    });
  }

  primary = async (): Promise<number> => (await this.servers.primary("web", {})).identifier;
  next = async (): Promise<number> => (await this.servers.next("web", {})).identifier;
  same = async (identifier: number): Promise<number | undefined> =>
    (await this.servers.same({ poolHandle: "web", identifier }, {}))?.identifier;

  /** As an update of a pool that is kept fresh would do. */
  renew(...identifiers: number[]): void {
    this.cache = { ...this.cache!, poolElements: identifiers.map(element) };
  }

  private report(identifier: number): void {
    this.reported.push(identifier);
    const left = this.cache?.poolElements.filter((each) => each.identifier !== identifier) ?? [];
    this.cache = left.length === 0 ? undefined : { ...this.cache!, poolElements: left };
  }
}

Deno.test("primary servers go round the pool, and nothing is reported", async () => {
  const { primary, reported } = new Information();
  assert.deepEqual([await primary(), await primary(), await primary()], [1, 2, 3]);
  assert.deepEqual(reported, []);
});

Deno.test("the next server goes on where the failed one was, without a question", async () => {
  const information = new Information();
  const { primary, next, reported } = information;
  await primary();
  assert.equal(await primary(), 2);
  assert.equal(await next(), 3);
  assert.equal(await next(), 1);
  assert.deepEqual(reported, [2, 3]);
  assert.equal(information.asked, 1);
});

Deno.test("the next server without one before is the first, and nothing is reported", async () => {
  const { next, reported } = new Information();
  assert.equal(await next(), 1);
  assert.deepEqual(reported, []);
});

Deno.test("when all have failed the registrar is asked, which may know others", async () => {
  const information = new Information();
  const { primary, next } = information;
  await primary();
  await next();
  await next();
  information.registered = [1, 2, 3, 4];
  assert.equal(await next(), 4);
  assert.equal(information.asked, 2);
});

Deno.test("with none left it says so, and begins anew with the next call", async () => {
  const information = new Information();
  const { primary, next, reported } = information;
  await primary();
  await next();
  await next();
  await assert.rejects(next(), UnknownPoolHandle);
  assert.deepEqual(reported, [1, 2, 3]);
  assert.equal(await next(), 1);
  information.registered = [];
  assert.deepEqual([await next(), await next()], [2, 3]);
  await assert.rejects(next(), UnknownPoolHandle);
  information.registered = [1];
  assert.equal(await next(), 1);
  assert.deepEqual(reported, [1, 2, 3, 1, 2, 3]);
});

Deno.test("a server that failed is passed over for 30 s, even if it is told again", async () => {
  const information = new Information();
  const { primary, next } = information;
  await primary();
  information.renew(1, 2);
  assert.equal(await next(), 2);
  information.now = 29_999;
  information.renew(1, 2, 3);
  assert.equal(await next(), 3);
  information.now = 30_000;
  information.renew(1, 2, 3);
  assert.equal(await next(), 1);
});

Deno.test("a registrar that is away changes nothing but the answer", async () => {
  const information = new Information(false);
  const { primary, next, reported } = information;
  await primary();
  information.registered = [];
  await assert.rejects(next(), UnknownPoolHandle);
  await assert.rejects(next(), UnknownPoolHandle);
  assert.deepEqual(reported, [1]);
});

Deno.test("who asks twice at the same time has reported once", async () => {
  const { primary, next, reported } = new Information();
  await primary();
  assert.deepEqual(await Promise.all([next(), next()]), [2, 3]);
  assert.deepEqual(reported, [1]);
});

Deno.test("without a cache each question is asked", async () => {
  const information = new Information(false);
  const { primary, next } = information;
  assert.equal(await primary(), 1);
  assert.equal(await next(), 2);
  assert.equal(information.asked, 2);
});

Deno.test("RFC 3237 §2.10: the same server again, if it is still alive", async () => {
  const information = new Information();
  const { same, next, reported } = information;
  assert.equal(await same(2), 2);
  assert.equal(await same(2), 2);
  assert.equal(information.asked, 1);
  // It is the one that the next call reports.
  assert.equal(await next(), 1);
  assert.deepEqual(reported, [2]);
  assert.equal(await same(9), undefined);
  const empty = new Information();
  empty.registered = [];
  assert.equal(await empty.same(2), undefined);
});

Deno.test("limit maxCacheEntries: of so many pools the server before is known", async () => {
  const information = new Information(true, 2);
  const { servers, reported } = information;
  for (const poolHandle of ["a", "b", "c"]) await servers.primary(poolHandle, {});
  assert.equal(servers.size, 2);
  await servers.next("a", {});
  assert.deepEqual(reported, []);
  assert.equal(servers.size, 2);
});
