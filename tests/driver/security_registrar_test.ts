import assert from "node:assert/strict";
import {
  CredentialsInvalid,
  Observer,
  PoolElement,
  type PoolElementEvent,
  PoolUser,
  pskTransport,
  Registrar,
  RegistrarUnreachable,
  RequestRejected,
  ResolutionRejected,
  type Transport,
} from "../../mod.ts";
import {
  ANY,
  Events,
  keyOf,
  LIMIT,
  PERMISSIONS,
  pskRegistrar,
  pskSecurity,
  shownBy,
} from "./secured.ts";
import { wrongServer } from "./silent_server.ts";

type Addresses = Registrar["asap"];

async function elementAt(registrars: Addresses, identity: string): Promise<PoolElement> {
  const transport = await shownBy(identity);
  const element = new PoolElement({ registrars, poolHandle: "web", port: 80, transport });
  await element.register(LIMIT);
  return element;
}

async function resolveAt(registrars: Addresses, identity: string, number = 0): Promise<number[]> {
  const transport = await shownBy(identity, number);
  await using user = new PoolUser({ registrars, transport, once: true });
  const { poolElements } = await user.resolve("web", LIMIT);
  return poolElements.map((each) => each.identifier);
}

Deno.test("over keys: register, resolve, look", async () => {
  await using registrar = await pskRegistrar(["a-1", "u-1", "operator"]);
  assert.deepEqual([registrar.asap, registrar.enrp, registrar.asapTls], [[], [], []]);
  await using element = await elementAt(registrar.asapPsk, "a-1");
  assert.deepEqual(await resolveAt(registrar.asapPsk, "u-1"), [element.identifier]);
  await using observer = new Observer({
    registrars: registrar.enrpPsk,
    transport: await shownBy("operator"),
  });
  assert.equal((await observer.status(LIMIT)).serves, true);
  assert.equal((await observer.handleTable(LIMIT)).pools[0]!.poolElements.length, 1);
  await using stranger = new Observer({
    registrars: registrar.enrpPsk,
    transport: await shownBy("a-1"),
  });
  await assert.rejects(stranger.handleTable(LIMIT), RequestRejected);
});

Deno.test("plaintext is refused with 0xa, or resolves where that is allowed", async () => {
  const rejects = async (registrar: Registrar) => {
    await using user = new PoolUser({ registrars: registrar.asap });
    await assert.rejects(user.resolve("web", LIMIT), (error) => {
      assert(error instanceof ResolutionRejected);
      assert.equal(error.causes[0]!.code, 0xa);
      return true;
    });
  };
  await using strict = await pskRegistrar(["a-1"], { asap: ANY });
  await using _first = await elementAt(strict.asapPsk, "a-1");
  await rejects(strict);

  const security = pskSecurity(["a-1"], {
    permissions: { identities: PERMISSIONS, read: ["web"] },
    allowInsecureResolution: true,
  });
  await using lenient = await pskRegistrar([], { asap: ANY, security });
  await using second = await elementAt(lenient.asapPsk, "a-1");
  await using user = new PoolUser({ registrars: lenient.asap });
  const { poolElements } = await user.resolve("web", LIMIT);
  assert.deepEqual(poolElements.map((each) => each.identifier), [second.identifier]);
  await lenient.reload(pskSecurity(["a-1"]));
  user.purge();
  await rejects(lenient);
});

Deno.test("a wrong key: both sides say it, and the words name no key", async () => {
  const events = new Events();
  await using registrar = await pskRegistrar(["u-1"], { onEvent: events.onEvent });
  const error = await resolveAt(registrar.asapPsk, "u-1", 9).then(
    () => assert.fail("it was trusted"),
    (error: unknown) => error,
  );
  assert(error instanceof RegistrarUnreachable);
  assert.equal(error.isUnauthenticated, true);
  assert.match(error.message, /^No registrar could be authenticated: 127\.0\.0\.1:\d+: /);
  assert.equal(error.attempts[0]!.reason, "security");
  const refused = await events.first("handshake-refused");
  assert.equal(refused.remote.host, "127.0.0.1");
  assert.equal(refused.count, 1);
  const hex = [...keyOf("u-1", 9)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  for (const words of [error.message, JSON.stringify(refused)]) assert(!words.includes(hex));
});

Deno.test("RFC 5355 §3: a user whose registrar fails authentication tries the next", async () => {
  await using good = await pskRegistrar(["a-1", "u-1"]);
  await using other = await pskRegistrar(["u-2"]);
  using wrong = wrongServer("HTTP/1.1 400 Bad Request\r\n\r\n");
  await using element = await elementAt(good.asapPsk, "a-1");
  const registrars = [...other.asapPsk, wrong.address, ...good.asapPsk];
  assert.deepEqual(await resolveAt(registrars, "u-1"), [element.identifier]);
});

Deno.test("an element without its key hunts on, and is not registered", async () => {
  const events = new Events();
  await using registrar = await pskRegistrar(["a-1"], { onEvent: events.onEvent });
  await using element = new PoolElement({
    registrars: registrar.asapPsk,
    poolHandle: "web",
    port: 80,
    transport: await shownBy("a-1", 9),
  });
  const registering = element.register({ timeoutMs: 2_000 });
  await assert.rejects(registering, (error) => {
    assert(error instanceof RegistrarUnreachable);
    return error.isUnauthenticated;
  });
  assert.equal(events.of("pool-element-registered").length, 0);
});

Deno.test("an element tells of who is no registrar and dials its ASAP endpoint", async () => {
  const { promise: refused, resolve } = Promise.withResolvers<PoolElementEvent>();
  await using registrar = await pskRegistrar(["a-1"]);
  await using element = new PoolElement({
    registrars: registrar.asapPsk,
    poolHandle: "web",
    port: 80,
    transport: await shownBy("a-1"),
    onEvent: (event) => {
      if (event.type === "handshake-refused") resolve(event);
      if (event.type === "registered") dial(event.element.asapTransport!);
    },
  });
  const rogue = await pskTransport({ accepted: new Map([["a-1", keyOf("a-1", 9)]]) });
  const dial = (endpoint: Transport) => {
    assert(endpoint.protocol === "tcp");
    const at = { host: endpoint.addresses[0]!, port: endpoint.port };
    rogue.dial(at, { ...LIMIT, tls: { role: "server", protocol: "asap" } }).catch(() => {});
  };
  await element.register(LIMIT);
  const event = await refused;
  assert(event.type === "handshake-refused");
  assert.equal(event.remote.host, "127.0.0.1");
});

Deno.test("after a reload who is not trusted any more is dropped, and nobody else", async () => {
  const events = new Events();
  await using registrar = await pskRegistrar(["a-1", "a-2", "u-1"], { onEvent: events.onEvent });
  await using first = await elementAt(registrar.asapPsk, "a-1");
  await using _second = await elementAt(registrar.asapPsk, "a-2");
  const transport = await shownBy("u-1");
  await using user = new PoolUser({
    registrars: registrar.asapPsk,
    transport,
    timing: { staleCacheValueMs: 0 },
  });
  assert.equal((await user.resolve("web", LIMIT)).poolElements.length, 2);
  await registrar.reload(pskSecurity(["a-1", "u-1"]));
  const closed = events.of("association-closed");
  assert.equal(closed.length, 1);
  assert.equal(closed[0]!.reason, "security");
  assert.match(closed[0]!.detail!, /a-2/);
  const { poolElements } = await user.resolve("web", LIMIT);
  assert.deepEqual(poolElements.map((each) => each.identifier), [first.identifier]);
  await assert.rejects(elementAt2(registrar), RegistrarUnreachable);
  assert.equal(events.of("association-closed").length, 1);
});

async function elementAt2(registrar: Registrar): Promise<void> {
  const transport = await shownBy("a-2");
  const settings = { registrars: registrar.asapPsk, poolHandle: "web", port: 80, transport };
  await using element = new PoolElement(settings);
  await element.register({ timeoutMs: 300 });
}

Deno.test("a reload that cannot be is refused as a whole", async () => {
  await using registrar = await pskRegistrar(["a-1", "u-1"]);
  await using element = await elementAt(registrar.asapPsk, "a-1");
  const short = new Map([["u-1", new Uint8Array(3)]]);
  const permissions = { identities: [] };
  await assert.rejects(
    registrar.reload({ psk: { accepted: short }, permissions }),
    CredentialsInvalid,
  );
  await assert.rejects(registrar.reload({ permissions }), RangeError);
  assert.deepEqual(await resolveAt(registrar.asapPsk, "u-1"), [element.identifier]);
  await using unsecured = await Registrar.start({ asap: ANY, enrp: ANY });
  await assert.rejects(unsecured.reload(pskSecurity(["a-1"])), RangeError);
});

Deno.test("connectionsPerSecond: who connects faster is closed, and told of once", async () => {
  const events = new Events();
  const security = pskSecurity(["u-1", "a-1"], {
    rates: { connectionsPerSecond: 0.001, burstSeconds: 3_000, handshakesPerSecond: 1_000 },
  });
  await using registrar = await pskRegistrar([], { security, onEvent: events.onEvent });
  await using element = await elementAt(registrar.asapPsk, "a-1");
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await resolveAt(registrar.asapPsk, "u-1"), [element.identifier]);
  }
  await assert.rejects(resolveAt(registrar.asapPsk, "u-1"), RegistrarUnreachable);
  await assert.rejects(resolveAt(registrar.asapPsk, "u-1"), RegistrarUnreachable);
  const refused = events.of("connections-refused");
  assert.equal(refused.length, 1);
  assert.equal(refused[0]!.remote.host, "127.0.0.1");
});

Deno.test("connectionsPerSecond does not hold on this host without security", async () => {
  const events = new Events();
  const { onEvent } = events;
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY, onEvent });
  const [{ host: hostname, port }] = registrar.asap as [{ host: string; port: number }];
  for (let i = 0; i < 1_100; i++) (await Deno.connect({ hostname, port })).close();
  await using user = new PoolUser({ registrars: registrar.asap });
  await assert.rejects(user.resolve("web", LIMIT), { name: "UnknownPoolHandle" });
  assert.equal(events.of("connections-refused").length, 0);
});

Deno.test("maxAssociationsPerAddress: who holds so many gets no more", async () => {
  const events = new Events();
  const settings = { limits: { maxAssociationsPerAddress: 2 }, onEvent: events.onEvent };
  await using registrar = await pskRegistrar(["u-1"], { ...settings, asap: ANY });
  const [{ host: hostname, port }] = registrar.asap as [{ host: string; port: number }];
  const held = [await Deno.connect({ hostname, port }), await Deno.connect({ hostname, port })];
  await events.first("association-opened", () => events.of("association-opened").length === 2);
  await assert.rejects(resolveAt(registrar.asapPsk, "u-1"), RegistrarUnreachable);
  assert.equal(events.of("connections-refused").length, 1);
  held[0]!.close();
  await events.first("association-closed");
  await assert.rejects(resolveAt(registrar.asapPsk, "u-1"), { name: "UnknownPoolHandle" });
  held[1]!.close();
});
