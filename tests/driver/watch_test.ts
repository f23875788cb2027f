import assert from "node:assert/strict";
import {
  PoolElement,
  type PoolUpdate,
  PoolUser,
  Registrar,
  RegistrarUnreachable,
  type SocketAddress,
} from "../../mod.ts";
import { wrongServer } from "./silent_server.ts";

const ANY = [{ host: "127.0.0.1", port: 0 }] as const;
/** So that a registrar that is back is found at once. */
const TIMING = { huntPauseMs: 20, retranMaxMs: 40 };

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => assert.fail("it did not fail"), (error: unknown) => error);
}

function portsOf(update: PoolUpdate | void): number[] {
  assert(update !== undefined);
  return update.poolElements.map(({ transport }) => "port" in transport ? transport.port : 0)
    .sort();
}

async function registered(registrars: readonly SocketAddress[], port: number) {
  const element = new PoolElement({ registrars, poolHandle: "web", port });
  await element.register();
  return element;
}

Deno.test("a watcher is told of those who come and go", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  await using _first = await registered(registrars, 81);
  using user = new PoolUser({ registrars });
  const updates = user.watch("web");
  const next = async () => portsOf((await updates.next()).value);
  assert.deepEqual(await next(), [81]);
  const second = await registered(registrars, 82);
  assert.deepEqual(await next(), [81, 82]);
  await second.deregister();
  assert.deepEqual(await next(), [81]);
  await second.close();
  await updates.return();
});

Deno.test("a watcher is told again when the registrar is back, of what is there then", async () => {
  const first = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = first.asap;
  using user = new PoolUser({ registrars, timing: TIMING });
  const updates = user.watch("web");
  const { value } = await updates.next();
  assert.deepEqual(value, { poolHandle: "web", policy: undefined, poolElements: [] });
  await first.stop();
  await using _again = await Registrar.start({ asap: registrars, enrp: ANY });
  await using _element = await registered(registrars, 81);
  for await (const update of updates) {
    if (update.poolElements.length === 0) continue;
    assert.deepEqual(portsOf(update), [81]);
    break;
  }
});

Deno.test("who does not look misses what was, not what is", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  using user = new PoolUser({ registrars });
  const updates = user.watch("web");
  await updates.next();
  await using _one = await registered(registrars, 81);
  await using _two = await registered(registrars, 82);
  await using _three = await registered(registrars, 83);
  let update;
  do update = (await updates.next()).value; while (portsOf(update).length < 3);
  assert.deepEqual(portsOf(update), [81, 82, 83]);
  await updates.return();
});

Deno.test("the signal ends a watch that waits, and one that has not begun", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  using user = new PoolUser({ registrars: registrar.asap });
  const abort = new AbortController();
  const updates = user.watch("web", { signal: abort.signal });
  await updates.next();
  const waiting = failureOf(updates.next());
  abort.abort(new Error("enough"));
  assert.equal((await waiting as Error).message, "enough");
  assert.equal((await updates.next()).done, true);
  const late = user.watch("web", { signal: abort.signal });
  assert.equal((await failureOf(late.next()) as Error).message, "enough");
});

Deno.test("the timeout is for the first answer", async () => {
  using silent = wrongServer();
  await using user = new PoolUser({ registrars: [silent.address] });
  const failure = await failureOf(user.watch("web", { timeoutMs: 500 }).next());
  assert(failure instanceof RegistrarUnreachable);
  assert.deepEqual(failure.attempts.map((each) => each.reason), ["silent"]);
});

Deno.test("watches that are open end when the user is closed, and later ones fail", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const user = new PoolUser({ registrars: registrar.asap });
  const updates = user.watch("web");
  await updates.next();
  const waiting = failureOf(updates.next());
  await user.close();
  assert.equal((await waiting as Error).name, "AbortError");
  assert.equal((await failureOf(user.watch("web").next()) as Error).name, "AbortError");
});

Deno.test("a pool handle that cannot be sent is told before anybody is asked", async () => {
  await using user = new PoolUser({ registrars: [{ host: "127.0.0.1", port: 1 }] });
  assert(await failureOf(user.watch("hex:zz").next()) instanceof SyntaxError);
});

Deno.test("maxQueuedBytes: a deaf subscriber is dropped, and others are told on", async () => {
  const closed = Promise.withResolvers<string>();
  await using registrar = await Registrar.start({
    asap: ANY,
    enrp: ANY,
    limits: { maxQueuedBytes: 20_000 },
    timing: { updateIntervalMs: 0 },
    onEvent: (event) => {
      if (event.type === "association-closed" && event.reason === "overflow") {
        closed.resolve(event.reason);
      }
    },
  });
  const registrars = registrar.asap;
  await using many = new AsyncDisposableStack();
  for (let port = 1; port <= 100; port++) many.use(await registered(registrars, port));
  const { asap } = await import("../../mod.ts");
  using deaf = await Deno.connect({ hostname: "127.0.0.1", port: registrars[0]!.port });
  const subscribe = { type: "ASAP_HANDLE_RESOLUTION", poolHandle: "web" } as const;
  await deaf.write(asap.encode({ ...subscribe, dynamicUpdates: true }));
  using user = new PoolUser({ registrars });
  const updates = user.watch("web");
  await updates.next();
  const element = new PoolElement({
    registrars,
    poolHandle: "web",
    port: 101,
    policy: { name: "round-robin" },
  });
  let isClosed = false;
  void closed.promise.then(() => isClosed = true);
  while (!isClosed) {
    await element.register();
    await element.deregister();
  }
  await element.register();
  let update;
  do update = (await updates.next()).value; while (portsOf(update).length < 101);
  await updates.return();
  await element.close();
});
