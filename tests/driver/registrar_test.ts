import assert from "node:assert/strict";
import {
  asap,
  type DisconnectReason,
  ListenFailed,
  PoolElement,
  PoolUser,
  Registrar,
  type RegistrarEvent,
} from "../../mod.ts";

const ANY = [{ host: "127.0.0.1", port: 0 }] as const;

async function startRegistrar(
  settings: Parameters<typeof Registrar.start>[0] = {},
): Promise<Registrar> {
  return await Registrar.start({ asap: ANY, enrp: ANY, ...settings });
}

/** Resolved with the first event that fits. */
function waitFor<T extends RegistrarEvent["type"]>(type: T) {
  const { promise, resolve } = Promise.withResolvers<RegistrarEvent & { type: T }>();
  const onEvent = (event: RegistrarEvent) => {
    if (event.type === type) resolve(event as RegistrarEvent & { type: T });
  };
  return { promise, onEvent };
}

Deno.test("a port in use is told by its address, and nothing is left open", async () => {
  await using first = await startRegistrar();
  const taken = first.asap[0]!;
  const failure = await startRegistrar({ enrp: [taken] }).then(
    () => assert.fail("it started"),
    (error: unknown) => error,
  );
  assert(failure instanceof ListenFailed);
  assert.equal(failure.reason, "address-in-use");
  assert.equal(failure.address.port, taken.port);
});

Deno.test("after a stop the same ports can be used at once", async () => {
  const first = await startRegistrar();
  await first.stop();
  await first.finished;
  await using second = await startRegistrar({ asap: first.asap, enrp: first.enrp });
  assert.deepEqual(second.asap, first.asap);
});

Deno.test("a start that is given up throws the reason and leaves nothing open", async () => {
  const before = await startRegistrar();
  const { asap, enrp } = before;
  await before.stop();
  const giveUp = new AbortController();
  const reason = new Error("enough");
  const mentors = [{ host: "127.0.0.1", port: 9 }];
  const starting = Registrar.start({ asap, enrp, mentors, signal: giveUp.signal });
  giveUp.abort(reason);
  await assert.rejects(starting, reason);
  await assert.rejects(startRegistrar({ signal: giveUp.signal }), reason);
  await using after = await startRegistrar({ asap, enrp });
  assert.deepEqual(after.enrp, enrp);
});

Deno.test("the profile fast is what its single values leave of it", async () => {
  const keepAlive = waitFor("pool-element-removed");
  await using registrar = await startRegistrar({
    timingProfile: "fast",
    timing: { keepAliveCycleMs: 20, keepAliveTimeoutMs: 10 },
    onEvent: keepAlive.onEvent,
  });
  const [{ host: hostname, port }] = registrar.asap as [{ host: string; port: number }];
  const mute = await Deno.connect({ hostname, port });
  await mute.write(asap.encode({
    type: "ASAP_REGISTRATION",
    poolHandle: "web",
    poolElement: {
      identifier: 7,
      home: 0,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 80, use: 0, addresses: ["127.0.0.1"] },
      policy: { name: "round-robin" },
    },
  }) as Uint8Array<ArrayBuffer>);
  assert.equal((await keepAlive.promise).reason, "keep-alive-timed-out");
  mute.close();
});

Deno.test("a registrar on IPv6 is found there, and elements are registered with IPv6", async () => {
  await using registrar = await startRegistrar({ asap: [{ host: "::1", port: 0 }] });
  const registrars = registrar.asap;
  await using element = new PoolElement({ registrars, poolHandle: "six", port: 80 });
  await element.register();
  using user = new PoolUser({ registrars });
  const { poolElements } = await user.resolve("six");
  const [{ transport }] = poolElements as [typeof poolElements[number]];
  assert(transport.protocol === "tcp");
  assert.deepEqual(transport.addresses, ["::1"]);
});

Deno.test("limit maxAssociations: one more is closed at once, the others go on", async () => {
  await using registrar = await startRegistrar({ limits: { maxAssociations: 2 } });
  const [{ host: hostname, port }] = registrar.asap as [{ host: string; port: number }];
  const request = asap.encode({
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "none",
  }) as Uint8Array<ArrayBuffer>;
  const ask = async (connection: Deno.TcpConn) => {
    try {
      await connection.write(request);
      return await connection.read(new Uint8Array(100));
    } catch {
      return null; // reset
    }
  };
  const connections: Deno.TcpConn[] = [];
  const answered: boolean[] = [];
  for (let i = 0; i < 3; i++) {
    connections.push(await Deno.connect({ hostname, port }));
    answered.push(await ask(connections[i]!) !== null);
  }
  assert.deepEqual(answered, [true, true, false]);
  assert.notEqual(await ask(connections[0]!), null);
  for (const connection of connections) connection.close();
});

Deno.test("limit maxQueuedBytes: who does not read is disconnected, the others go on", async () => {
  const closed = waitFor("association-closed");
  await using registrar = await startRegistrar({
    limits: { maxQueuedBytes: 100_000 },
    onEvent: closed.onEvent,
  });
  const registrars = registrar.asap;
  await using _element = await registered(registrars);
  const [{ host: hostname, port }] = registrars as [{ host: string; port: number }];
  const deaf = await Deno.connect({ hostname, port });
  const request = asap.encode({
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "web",
  });
  // Each chunk is answered with more than it takes, and none of it is read.
  const chunk = new Uint8Array(request.length * 5_000);
  for (let i = 0; i < 5_000; i++) chunk.set(request, i * request.length);
  const writing = (async () => {
    try {
      for (let i = 0; i < 200; i++) await deaf.write(chunk);
    } catch { // it is closed under us, as it should be
    }
  })();
  const { reason } = await closed.promise;
  assert.equal(reason satisfies DisconnectReason | string, "overflow");
  await writing;
  deaf.close();
  using user = new PoolUser({ registrars });
  assert.equal((await user.resolve("web")).poolElements.length, 1);
});

Deno.test("limit partialMessageMs: half a message is closed, an idle one is not", async () => {
  const closed = waitFor("association-closed");
  await using registrar = await startRegistrar({
    limits: { partialMessageMs: 20 },
    onEvent: closed.onEvent,
  });
  const [{ host: hostname, port }] = registrar.asap as [{ host: string; port: number }];
  const idle = await Deno.connect({ hostname, port });
  const half = await Deno.connect({ hostname, port });
  await half.write(new Uint8Array([5, 0, 0]));
  const { reason, remote } = await closed.promise;
  assert.equal(reason, "partial-timeout");
  assert.equal(remote.port, (half.localAddr as Deno.NetAddr).port);
  assert.equal(await half.read(new Uint8Array(10)), null);
  await idle.write(asap.encode({
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "web",
  }) as Uint8Array<ArrayBuffer>);
  assert.notEqual(await idle.read(new Uint8Array(100)), null);
  idle.close();
  half.close();
});

async function registered(registrars: Registrar["asap"]): Promise<PoolElement> {
  const element = new PoolElement({ registrars, poolHandle: "web", port: 80 });
  await element.register();
  return element;
}
