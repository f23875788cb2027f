import assert from "node:assert/strict";
import {
  Observer,
  PoolElement,
  PoolUser,
  Registrar,
  RegistrarUnreachable,
  UnknownPoolHandle,
} from "../../mod.ts";
import { wrongServer } from "./silent_server.ts";

const ANY = [{ host: "127.0.0.1", port: 0 }] as const;

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => assert.fail("it did not fail"), (error: unknown) => error);
}

Deno.test("a silent registrar does not keep the next one from being asked", async () => {
  using silent = wrongServer();
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  await using element = new PoolElement({
    registrars: registrar.asap,
    poolHandle: "web",
    port: 80,
  });
  await element.register();
  using user = new PoolUser({ registrars: [silent.address, ...registrar.asap], staggerMs: 20 });
  const { poolElements } = await user.resolve("web", { timeoutMs: 10_000 });
  assert.equal(poolElements.length, 1);
});

Deno.test("each registrar's failure is told apart", async () => {
  using silent = wrongServer();
  using web = wrongServer("HTTP/1.1 400 Bad Request\r\n\r\n");
  using noise = wrongServer(new Uint8Array([6, 0, 0, 2]));
  const user = new PoolUser({
    registrars: [
      silent.address,
      web.address,
      noise.address,
      { host: "127.0.0.1", port: 1 },
      // Longer than a label may be: known to be none without a question to anybody.
      { host: `${"x".repeat(64)}.invalid`, port: 1 },
    ],
    staggerMs: 10,
  });
  const failure = await failureOf(user.resolve("web", { timeoutMs: 2_000 }));
  await user.close();
  assert(failure instanceof RegistrarUnreachable);
  assert.deepEqual(failure.attempts.map((each) => each.reason), [
    "silent",
    "garbage",
    "garbage",
    "refused",
    "unknown-host",
  ]);
  assert.match(failure.message, /HTTP response/);
});

Deno.test("resolutions that are open fail when the user is closed", async () => {
  using silent = wrongServer();
  const user = new PoolUser({ registrars: [silent.address] });
  const resolution = failureOf(user.resolve("web"));
  await silent.connected;
  await user.close();
  assert.equal((await resolution as Error).name, "AbortError");
});

Deno.test("what is asked after the end fails at once", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const user = new PoolUser({ registrars: registrar.asap });
  await user.close();
  assert.equal((await failureOf(user.resolve("web")) as Error).name, "AbortError");
  const observer = new Observer({ registrars: registrar.enrp });
  await observer.close();
  assert.equal((await failureOf(observer.peers()) as Error).name, "AbortError");
});

Deno.test("a question that cannot be encoded fails, and the next one is answered", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  using user = new PoolUser({ registrars: registrar.asap });
  for (const items of [0, -1, 1.5, 2 ** 32]) {
    assert(await failureOf(user.resolve("web", { items })) instanceof RangeError);
  }
  assert(await failureOf(user.resolve("hex:zz")) instanceof SyntaxError);
  assert.throws(() => user.reportUnreachable("web", 2 ** 32), RangeError);
  assert(await failureOf(user.resolve("web")) instanceof UnknownPoolHandle);
});

Deno.test("select goes round the pool, also from the cache", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  await using stack = new AsyncDisposableStack();
  for (const port of [81, 82, 83]) {
    const element = stack.use(new PoolElement({ registrars, poolHandle: "web", port }));
    await element.register();
  }
  using user = new PoolUser({ registrars });
  const ports: number[] = [];
  for (let i = 0; i < 6; i++) {
    const { transport } = await user.select("web");
    assert(transport.protocol === "tcp");
    ports.push(transport.port);
  }
  assert.deepEqual(ports, [81, 82, 83, 81, 82, 83]);
});

Deno.test("an unknown pool is told as such, and the next question is answered", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  using user = new PoolUser({ registrars: registrar.asap });
  const failure = await failureOf(user.resolve("nope"));
  assert(failure instanceof UnknownPoolHandle);
  assert.equal(failure.poolHandle, "nope");
});

Deno.test("an observer gets a table of many pages whole", async () => {
  await using registrar = await Registrar.start({
    asap: ANY,
    enrp: ANY,
    limits: { tablePageElements: 2 },
  });
  const registrars = registrar.asap;
  await using stack = new AsyncDisposableStack();
  for (let i = 0; i < 7; i++) {
    const poolHandle = `pool-${i % 2}`;
    await stack.use(new PoolElement({ registrars, poolHandle, port: 80 + i })).register();
  }
  await using observer = new Observer({ registrars: registrar.enrp });
  const table = await observer.handleTable();
  assert.equal(table.registrar.identifier, registrar.identifier);
  const sizes = table.pools.map((pool) => [pool.poolHandle, pool.poolElements.length]);
  assert.deepEqual(sizes, [["pool-0", 4], ["pool-1", 3]]);
  assert.deepEqual((await observer.peers()).peers, []);
});

Deno.test("an observer says of a port that speaks no ENRP what it met", async () => {
  using web = wrongServer("HTTP/1.1 400 Bad Request\r\n\r\n");
  await using observer = new Observer({ registrars: [web.address] });
  const failure = await failureOf(observer.status({ timeoutMs: 2_000 }));
  assert(failure instanceof RegistrarUnreachable);
  assert.deepEqual(failure.attempts.map((each) => each.reason), ["garbage"]);
});
