/** The cache of a pool user as programs see it, over real connections. */
import assert from "node:assert/strict";
import {
  DEFAULT_LIMITS,
  PoolElement,
  PoolUser,
  type PoolUserEvent,
  Registrar,
  type SocketAddress,
} from "../../mod.ts";

const ANY = [{ host: "127.0.0.1", port: 0 }] as const;
/** So short that what is not kept fresh is stale at the next look. */
const SHORT = { staleCacheValueMs: 0.001 };

async function registered(registrars: readonly SocketAddress[], port: number) {
  const element = new PoolElement({ registrars, poolHandle: "web", port });
  await element.register();
  return element;
}

/** Resolved when a pool has so many elements, which the user's cache knows by then as well. */
async function hasSize(user: PoolUser, size: number): Promise<void> {
  for await (const { poolElements } of user.watch("web")) {
    if (poolElements.length === size) return;
  }
}

Deno.test("what is kept fresh is never stale, and follows the pool by itself", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  await using _first = await registered(registrars, 81);
  await using user = new PoolUser({ registrars, timing: SHORT });
  using _fresh = user.keepFresh("web");
  await hasSize(user, 1);
  assert.equal(user.cached("web")?.poolElements.length, 1);
  await using second = await registered(registrars, 82);
  await hasSize(user, 2);
  const known = user.cached("web");
  assert.equal(known?.poolElements.length, 2);
  assert.equal(await user.resolve("web"), known);
  const ports = new Set<number>();
  for (let i = 0; i < 2; i++) ports.add((await user.select("web")).identifier);
  assert.equal(ports.size, 2);
  await second.deregister();
  await hasSize(user, 1);
  assert.equal(user.cached("web")?.poolElements.length, 1);
});

Deno.test("what nobody keeps fresh any more, and a registrar that is gone, are stale", async () => {
  const registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  const element = await registered(registrars, 81);
  const lost = Promise.withResolvers<void>();
  const onEvent = (event: PoolUserEvent) => {
    if (event.type === "home-lost") lost.resolve();
  };
  await using user = new PoolUser({ registrars, timing: SHORT });
  await using other = new PoolUser({ registrars, timing: SHORT, onEvent });
  const fresh = user.keepFresh("web");
  using _again = other.keepFresh("web");
  await Promise.all([hasSize(user, 1), hasSize(other, 1)]);
  assert.equal(user.cached("web")?.poolElements.length, 1);
  fresh[Symbol.dispose]();
  fresh[Symbol.dispose]();
  assert.equal(user.cached("web"), undefined);
  assert.equal(other.cached("web")?.poolElements.length, 1);
  await element.close();
  await registrar.stop();
  await lost.promise;
  assert.equal(other.cached("web"), undefined);
});

Deno.test("limit maxSubscriptionsPerAssociation: no more pools are kept fresh", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const limits = { maxSubscriptionsPerAssociation: 1 };
  await using user = new PoolUser({ registrars: registrar.asap, limits });
  const first = user.keepFresh("a");
  using _same = user.keepFresh("a");
  assert.throws(() => user.keepFresh("b"), RangeError);
  first[Symbol.dispose]();
  assert.throws(() => user.keepFresh("hex:zz"), SyntaxError);
  assert(DEFAULT_LIMITS.maxSubscriptionsPerAssociation > 1);
});

Deno.test("who hears events hears of answers from the cache, in order", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  await using _element = await registered(registrars, 81);
  const heard: boolean[] = [];
  await using user = new PoolUser({
    registrars,
    onEvent: (event) => event.type === "resolved" && heard.push(event.cached),
  });
  await user.resolve("web");
  await user.resolve("web");
  await user.populate("web");
  assert.deepEqual(heard, [false, true, false]);
});

Deno.test("the cache does not hide what is wrong with a question", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  await using _element = await registered(registrars, 81);
  const user = new PoolUser({ registrars });
  await user.populate("web");
  for (const items of [0, -1, 1.5, 2 ** 32]) {
    await assert.rejects(user.resolve("web", { items }), RangeError);
  }
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects(async () => await user.resolve("web", { signal }), { message: "enough" });
  await assert.rejects(user.select("web", { signal }), { message: "enough" });
  await user.close();
  assert.equal(user.cached("web"), undefined);
  for (const question of [user.resolve("web"), user.populate("web"), user.primaryServer("web")]) {
    await assert.rejects(question, { name: "AbortError" });
  }
  assert.throws(() => user.keepFresh("web"), { name: "AbortError" });
});

Deno.test("a server that was reported is passed over, and the turn goes on", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  await using stack = new AsyncDisposableStack();
  for (const port of [81, 82, 83]) stack.use(await registered(registrars, port));
  await using user = new PoolUser({ registrars });
  const [first, second] = [await user.select("web"), await user.select("web")];
  user.reportUnreachable("web", first.identifier);
  const [third, next] = [await user.select("web"), await user.select("web")];
  assert.equal(new Set([first, second, third]).size, 3);
  assert.equal(next, second);
});
