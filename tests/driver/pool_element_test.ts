import assert from "node:assert/strict";
import {
  CAUSE,
  ListenFailed,
  PoolElement,
  type PoolElementEvent,
  PoolUser,
  Registrar,
  RegistrarUnreachable,
  RegistrationRejected,
  UnknownPoolHandle,
} from "../../mod.ts";
import { wrongServer } from "./silent_server.ts";

const ANY = [{ host: "127.0.0.1", port: 0 }] as const;
const QUICK = { huntPauseMs: 5, t5ServerHuntMs: 200 };

async function startRegistrar(
  settings: Parameters<typeof Registrar.start>[0] = {},
): Promise<Registrar> {
  return await Registrar.start({ asap: ANY, enrp: ANY, ...settings });
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => assert.fail("it did not fail"), (error: unknown) => error);
}

Deno.test("RFC 5352 §3.2: after the de-registration nobody resolves to the element", async () => {
  await using registrar = await startRegistrar();
  const registrars = registrar.asap;
  await using element = new PoolElement({ registrars, poolHandle: "web", port: 80 });
  await element.register();
  await element.deregister();
  using user = new PoolUser({ registrars });
  assert(await failureOf(user.resolve("web")) instanceof UnknownPoolHandle);
  await element.register();
  assert.equal((await user.resolve("web")).poolElements.length, 1);
});

Deno.test("a rejection names its causes, and the element is not registered", async () => {
  await using registrar = await startRegistrar();
  const registrars = registrar.asap;
  await using first = new PoolElement({ registrars, poolHandle: "web", port: 80 });
  await first.register();
  await using second = new PoolElement({
    registrars,
    poolHandle: "web",
    port: 81,
    policy: { name: "random" },
  });
  const failure = await failureOf(second.register());
  assert(failure instanceof RegistrationRejected);
  assert.deepEqual(failure.causes.map((each) => each.code), [CAUSE.inconsistentPoolingPolicy]);
  assert.equal(second.state, "idle");
});

Deno.test("without a registrar a registration with a limit says what it met", async () => {
  using silent = wrongServer();
  using web = wrongServer("HTTP/1.1 400 Bad Request\r\n\r\n");
  await using element = new PoolElement({
    registrars: [silent.address, web.address, { host: "127.0.0.1", port: 1 }],
    poolHandle: "web",
    port: 80,
    timing: { ...QUICK, t2RegistrationMs: 50 },
  });
  const failure = await failureOf(element.register({ timeoutMs: 1_500 }));
  assert(failure instanceof RegistrarUnreachable);
  const reasons = new Map(failure.attempts.map(({ address, reason }) => [address.port, reason]));
  assert.equal(reasons.get(1), "refused");
  assert.equal(reasons.get(web.address.port), "garbage");
});

Deno.test("an aborted registration rejects with the signal's reason", async () => {
  using silent = wrongServer();
  const abort = new AbortController();
  await using element = new PoolElement({
    registrars: [silent.address],
    poolHandle: "web",
    port: 80,
  });
  const registration = element.register({ signal: abort.signal });
  await silent.connected;
  abort.abort(new Error("enough"));
  assert.equal((await failureOf(registration) as Error).message, "enough");
});

Deno.test("an ASAP endpoint that cannot be opened fails the registration", async () => {
  await using registrar = await startRegistrar();
  for (const host of ["127.0.0.1", undefined]) {
    await using element = new PoolElement({
      registrars: registrar.asap,
      poolHandle: "web",
      port: 80,
      asap: { ...host === undefined ? {} : { host }, port: registrar.asap[0]!.port },
    });
    assert(await failureOf(element.register()) instanceof ListenFailed);
  }
});

Deno.test("when its registrar dies, the element is at another, with its identifier", async () => {
  const first = await startRegistrar();
  await using second = await startRegistrar();
  const registrars = [...first.asap, ...second.asap];
  const moved = Promise.withResolvers<void>();
  let at = 0;
  const onEvent = (event: PoolElementEvent) => {
    if (event.type !== "registered" && event.type !== "re-registered") return;
    if (at !== 0 && event.registrar.port !== at) moved.resolve();
    at = event.registrar.port;
  };
  await using element = new PoolElement({
    registrars,
    poolHandle: "web",
    port: 80,
    timing: QUICK,
    onEvent,
  });
  await element.register();
  const [home, other] = at === first.asap[0]!.port ? [first, second] : [second, first];
  await home.stop();
  await moved.promise;
  await using user = new PoolUser({ registrars: other.asap });
  const { poolElements } = await user.resolve("web");
  assert.deepEqual(poolElements.map((each) => each.identifier), [element.identifier]);
  await first.stop();
});

Deno.test("the registered ASAP endpoint listens, at whatever address the home is", async () => {
  const start = (host: string, port = 0) => startRegistrar({ asap: [{ host, port }] });
  const running = [await start("127.0.0.1"), await start("::1")];
  const registrars = running.flatMap((each) => each.asap);
  let moved = Promise.withResolvers<string>();
  await using element = new PoolElement({
    registrars,
    poolHandle: "web",
    port: 80,
    timing: QUICK,
    onEvent: (event) => {
      if (event.type === "registered") moved.resolve(event.registrar.host);
    },
  });
  await element.register();
  let home = await moved.promise;
  for (let moves = 0; moves < 4; moves++) {
    const at = registrars.findIndex(({ host }) => host === home);
    await using user = new PoolUser({ registrars: running[at]!.asap });
    for (const { asapTransport } of (await user.resolve("web")).poolElements) {
      assert(asapTransport?.protocol === "tcp");
      const { addresses: [hostname], port } = asapTransport;
      (await Deno.connect({ hostname, port })).close();
    }
    moved = Promise.withResolvers<string>();
    await running[at]!.stop();
    home = await moved.promise;
    running[at] = await start(registrars[at]!.host, registrars[at]!.port);
  }
  for (const registrar of running) await registrar.stop();
});

Deno.test("one ASAP endpoint serves all registrars that are reached at the same time", async () => {
  const running = await Promise.all([startRegistrar(), startRegistrar(), startRegistrar()]);
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const registrars = running.flatMap((each) => each.asap);
  const asap = { port };
  await using element = new PoolElement({ registrars, poolHandle: "web", port: 80, asap });
  await element.register();
  for (const registrar of running) await registrar.stop();
});

Deno.test("an update of the load is seen by who resolves", async () => {
  await using registrar = await startRegistrar();
  const registrars = registrar.asap;
  const reregistered = Promise.withResolvers<void>();
  await using element = new PoolElement({
    registrars,
    poolHandle: "web",
    port: 80,
    policy: { name: "least-used", load: 0 },
    onEvent: (event) => {
      if (event.type === "re-registered") reregistered.resolve();
    },
  });
  await element.register();
  element.update({ policy: { name: "least-used", load: 77 } });
  await reregistered.promise;
  using user = new PoolUser({ registrars });
  const { poolElements } = await user.resolve("web");
  assert.deepEqual(poolElements[0]!.policy, { name: "least-used", load: 77 });
});

Deno.test("whoever asks for the same is answered together, or at once if it is so", async () => {
  await using registrar = await startRegistrar();
  const registrars = registrar.asap;
  await using element = new PoolElement({ registrars, poolHandle: "web", port: 80 });
  await Promise.all([element.register(), element.register()]);
  await element.register();
  await Promise.all([element.deregister(), element.deregister()]);
  assert.equal(element.state, "idle");
});

Deno.test("nothing stays open when the element is de-registered or closed", async () => {
  using silent = wrongServer();
  const asked = Promise.withResolvers<void>();
  const element = new PoolElement({
    registrars: [silent.address],
    poolHandle: "web",
    port: 80,
    onEvent: (event) => {
      if (event.type === "connected") asked.resolve();
    },
  });
  const withdrawn = failureOf(element.register());
  await asked.promise;
  const left = failureOf(element.deregister());
  assert.equal((await withdrawn as Error).name, "AbortError");
  await element.close();
  assert.equal((await left as Error).name, "AbortError");
  assert.equal((await failureOf(element.register()) as Error).name, "AbortError");
  assert.equal((await failureOf(element.deregister()) as Error).name, "AbortError");
});

Deno.test("what cannot be encoded is told at once; such an update changes nothing", async () => {
  await using registrar = await startRegistrar();
  const element = { registrars: registrar.asap, poolHandle: "web", port: 80 };
  const policy = { name: "weighted-random", weight: -1 } as const;
  const wrong = [{ poolHandle: "hex:zz" }, { addresses: ["here"] }, { registrationLife: 1.5 }];
  for (const change of [...wrong, { registrationLife: 2 ** 31 }, { policy }]) {
    assert.throws(() => new PoolElement({ ...element, ...change }), JSON.stringify(change));
  }
  await using running = new PoolElement({ ...element, policy: { name: "random" } });
  await running.register();
  assert.throws(() => running.update({ policy }), RangeError);
  await running.deregister();
});

Deno.test("a port or identifier out of range is a RangeError at once", () => {
  const registrars = ANY;
  for (const port of [65_536, 1.5]) {
    assert.throws(() => new PoolElement({ registrars, poolHandle: "web", port }), RangeError);
  }
  for (const identifier of [0, -1, 2 ** 32, 1.5]) {
    const settings = { registrars, poolHandle: "web", port: 80, identifier };
    assert.throws(() => new PoolElement(settings), RangeError);
  }
});
