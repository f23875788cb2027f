/** Who is not served, and how serving ends. */

import assert from "node:assert/strict";
import { PoolUser, Registrar, type RegistrarSettings, type ServedSession } from "../../../mod.ts";
import { tcpTransport } from "../../../lib/net/mod.ts";
import { CARD_RATES, MAX_CARD_RESOLUTIONS } from "../../../lib/driver/session/served_service.ts";
import { echoing, elementOf, HOST, LIMIT, Told } from "./served.ts";
import { SessionClient } from "./session_client.ts";

const ANY = [{ host: HOST, port: 0 }] as const;

function start(settings: RegistrarSettings = {}): Promise<Registrar> {
  return Registrar.start({ asap: ANY, enrp: ANY, ...settings });
}

/** A session that is being served. */
async function served(to: { host: string; port: number }): Promise<SessionClient> {
  const client = await SessionClient.begin(to);
  client.send("here");
  assert.equal(await client.text(4), "here");
  return client;
}

for (const limit of ["maxSessions", "maxSessionsPerAddress"] as const) {
  Deno.test(`${limit}: a further user is closed at once, until another has left`, async () => {
    await using element = elementOf();
    const told = new Told();
    const options = { limits: { [limit]: 2 }, onEvent: told.onEvent };
    const service = await element.serve(echoing, options);
    await using first = await served(service.address);
    await using _second = await served(service.address);
    await using third = await SessionClient.begin(service.address);
    assert.deepEqual(await third.rest(), []);
    assert.match((await told.first("session-refused")).why, /2 sessions$/);
    assert.equal(service.sessions, 2);
    first.end();
    assert.deepEqual(await first.rest(), ["end"]);
    await first.connection.close();
    await told.first("session-ended");
    await using _next = await served(service.address);
  });
}

Deno.test("connectionsPerSecond: who connects too often is closed at once", async () => {
  await using element = elementOf();
  const told = new Told();
  const rates = { connectionsPerSecond: 1e-6, burstSeconds: 1 };
  const service = await element.serve(echoing, { rates, onEvent: told.onEvent });
  await using _first = await served(service.address);
  await using second = await SessionClient.begin(service.address);
  assert.deepEqual(await second.rest(), []);
  assert.equal((await told.first("session-refused")).why, "its address connects too often");
});

Deno.test("whoever speaks something else reads what is spoken here", async () => {
  await using element = elementOf();
  const told = new Told();
  const service = await element.serve(echoing, { onEvent: told.onEvent });
  const connection = await tcpTransport().dial(service.address, LIMIT);
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  const line = new TextDecoder().decode((await connection.read())!);
  assert.match(line, /^This port speaks RSerPool sessions.*\n$/);
  assert.equal(await connection.read(), null);
  await connection.close();
  assert.equal((await told.first("session-refused")).why, "it begins otherwise");
});

Deno.test("prefaceMs: whoever says nothing is closed; a check of the port is no news", async () => {
  await using element = elementOf();
  const told = new Told();
  const service = await element.serve(echoing, {
    timing: { prefaceMs: 20 },
    onEvent: told.onEvent,
  });
  const check = await tcpTransport().dial(service.address, LIMIT);
  await check.close();
  await using silent = await SessionClient.dial(service.address);
  assert.deepEqual(await silent.rest(), []);
  assert.equal((await told.first("session-refused")).why, "no preface within 20 ms");
  assert.equal(told.all.length, 1);
});

Deno.test("RFC 3237 §2.7: after the de-registration sessions go on", async () => {
  await using registrar = await start();
  await using element = elementOf({ registrars: registrar.asap });
  const service = await element.serve(echoing);
  await element.register();
  await using client = await served(service.address);
  await element.deregister();
  client.send("still");
  assert.equal(await client.text(5), "still");
  const drained = service.drain({ timeoutMs: 60_000 });
  await assert.rejects(tcpTransport().dial(service.address, LIMIT));
  client.send("even now");
  assert.equal(await client.text(8), "even now");
  client.end();
  assert.deepEqual(await client.rest(), ["end"]);
  await client.connection.close();
  await drained;
  assert.equal(service.sessions, 0);
});

Deno.test("a drain that takes too long aborts the rest, so that users fail over", async () => {
  await using element = elementOf();
  const service = await element.serve(echoing);
  await using client = await served(service.address);
  await service.drain({ timeoutMs: 1 });
  assert.equal(service.sessions, 0);
  assert.deepEqual(await client.rest(), []);
});

Deno.test("close: users see no end; so it is when the element is closed", async () => {
  for (const way of ["service", "element"] as const) {
    await using element = elementOf();
    const service = await element.serve(echoing);
    await using client = await served(service.address);
    await (way === "service" ? service : element).close();
    assert.deepEqual(await client.rest(), []);
    await assert.rejects(tcpTransport().dial(service.address, LIMIT));
  }
});

Deno.test("only what TCP carries is served, as data or data plus control", async () => {
  await using udp = elementOf({ protocol: "udp", use: "data" });
  await assert.rejects(udp.serve(echoing), RangeError);
  await using strange = elementOf({ use: 2 });
  await assert.rejects(strange.serve(echoing), RangeError);
});

Deno.test("one process may serve several pools", async () => {
  await using registrar = await start();
  const registrars = registrar.asap;
  await using web = elementOf({ registrars, poolHandle: "web" });
  await using mail = elementOf({ registrars, poolHandle: "mail", use: "data" });
  const answering = (word: string) => async (session: ServedSession) => {
    await session.send(new TextEncoder().encode(word));
  };
  await web.serve(answering("web!"));
  await mail.serve(answering("mail"));
  await Promise.all([web.register(), mail.register()]);
  await using user = new PoolUser({ registrars });
  for (const poolHandle of ["web", "mail"]) {
    const [element] = (await user.resolve(poolHandle)).poolElements;
    const { transport } = element!;
    assert(transport.protocol === "tcp");
    const to = { host: transport.addresses[0]!, port: transport.port };
    if (poolHandle === "web") {
      await using client = await SessionClient.begin(to);
      assert.equal(await client.text(4), "web!");
    } else {
      const connection = await tcpTransport().dial(to, LIMIT);
      assert.equal(new TextDecoder().decode((await connection.read())!), "mail");
      await connection.close();
    }
  }
});

Deno.test("capacity: the load of an adaptive policy is that of the sessions", async () => {
  await using registrar = await start();
  const registrars = registrar.asap;
  await using element = elementOf({ registrars, policy: { name: "least-used", load: 0x7fffffff } });
  const service = await element.serve(echoing, { capacity: 4 });
  await element.register();
  using user = new PoolUser({ registrars });
  const updates = user.watch("count")[Symbol.asyncIterator]();
  /** Waits until subscribers of the pool see a load. */
  const until = async (wanted: number) => {
    for (let load = -1; Math.abs(load - wanted) > 1e-6;) {
      const { value, done } = await updates.next();
      assert(!done);
      const policy = value.poolElements[0]?.policy;
      assert(policy?.name === "least-used");
      load = policy.load / 0xffffffff;
    }
  };
  await until(0);
  await using first = await served(service.address);
  await until(0.25);
  first.end();
  assert.deepEqual(await first.rest(), ["end"]);
  await until(0);
  await updates.return?.();
});

Deno.test("capacity: it must be one, and the policy must know a load", async () => {
  await using adaptive = elementOf({ policy: { name: "least-used", load: 0 } });
  for (const capacity of [0, -1, 1.5, NaN]) {
    await assert.rejects(adaptive.serve(echoing, { capacity }), RangeError);
  }
  await using plain = elementOf();
  await assert.rejects(plain.serve(echoing, { capacity: 1 }), /round-robin knows no load/);
});

Deno.test("MAX_CARD_RESOLUTIONS: cards do not make an element flood a registrar", async () => {
  await using element = elementOf();
  const pending = Promise.withResolvers<never>();
  pending.promise.catch(() => {});
  const resolved: string[] = [];
  const told = new Told();
  let cards = 0;
  const all = Promise.withResolvers<void>();
  const service = await element.serve(echoing, {
    onEvent: told.onEvent,
    onBusinessCard: () => ++cards === 2 * MAX_CARD_RESOLUTIONS && all.resolve(),
    user: {
      resolve: (poolHandle) => {
        resolved.push(poolHandle);
        return pending.promise;
      },
    },
  });
  await using client = await served(service.address);
  for (let i = 0; i < 2 * MAX_CARD_RESOLUTIONS; i++) {
    client.say({ type: "ASAP_BUSINESS_CARD", poolHandle: `pool-${i}`, poolElements: [] });
  }
  await all.promise;
  assert.equal(resolved.length, MAX_CARD_RESOLUTIONS);
  pending.reject(new Error("no registrar"));
});

Deno.test("CARD_RATES: nor do cards whose pools are found at once", async () => {
  await using element = elementOf();
  const resolved: string[] = [];
  let cards = 0;
  const all = Promise.withResolvers<void>();
  const most = 3 * CARD_RATES.burstSeconds;
  const service = await element.serve(echoing, {
    onBusinessCard: () => ++cards === most && all.resolve(),
    user: {
      resolve: (poolHandle) => {
        resolved.push(poolHandle);
        return Promise.reject(new Error("no pool"));
      },
    },
  });
  await using client = await served(service.address);
  for (let i = 0; i < most; i++) {
    client.say({ type: "ASAP_BUSINESS_CARD", poolHandle: `pool-${i}`, poolElements: [] });
    // The answer comes when all before it was heard.
    client.send("card");
    assert.equal(await client.text(4), "card");
  }
  await all.promise;
  assert(resolved.length >= CARD_RATES.burstSeconds);
  assert(resolved.length < most, `${resolved.length} were resolved`);
});
