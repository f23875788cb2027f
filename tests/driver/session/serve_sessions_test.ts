/** What a handler can do with its session, and what it is told. */

import assert from "node:assert/strict";
import {
  type BusinessCard,
  CAUSE,
  type PoolElementValue,
  type ServedSession,
  UserLost,
} from "../../../mod.ts";
import { tcpTransport } from "../../../lib/net/mod.ts";
import { counting, echoing, elementOf, KEY, LIMIT, Told } from "./served.ts";
import { SessionClient } from "./session_client.ts";

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const bytes = (words: string) => new TextEncoder().encode(words);

function valueOf(identifier: number): PoolElementValue {
  return {
    identifier,
    home: 0,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 80, use: 1, addresses: ["192.0.2.1"] },
    policy: { name: "round-robin" },
  };
}

Deno.test("what a handler throws ends its session without an end, and nothing else", async () => {
  await using element = elementOf();
  const told = new Told();
  const fault = new Error("a fault of the handler");
  const handler = async (session: ServedSession) => {
    for (;;) {
      const received = await session.receive();
      if (received === undefined) return;
      if (text(received) === "fail") throw fault;
      await session.send(received);
    }
  };
  const service = await element.serve(handler, { onEvent: told.onEvent });
  await using failing = await SessionClient.begin(service.address);
  await using other = await SessionClient.begin(service.address);
  failing.send("fail");
  assert.deepEqual(await failing.rest(), ["preface", "control"]);
  assert.equal((await told.first("handler-failed")).error, fault);
  other.send("on");
  assert.equal(await other.text(2), "on");
});

Deno.test("a handler that fails at once, or is no promise, is no harm", async () => {
  await using element = elementOf();
  const told = new Told();
  const service = await element.serve(() => {
    throw new Error("at once");
  }, { onEvent: told.onEvent });
  await using client = await SessionClient.begin(service.address);
  assert(!(await client.rest()).includes("end"));
  await told.first("handler-failed");
  await using quick = elementOf();
  const second = await quick.serve(() => {});
  await using done = await SessionClient.begin(second.address);
  assert.deepEqual(await done.rest(), ["preface", "control", "end"]);
});

Deno.test("what the program throws over cards ends that session alone, too", async () => {
  await using element = elementOf();
  const told = new Told();
  let isFirst = true;
  const service = await element.serve(echoing, {
    onEvent: told.onEvent,
    failoverOrder: () => {
      if (!isFirst) return [];
      isFirst = false;
      throw new Error("no order");
    },
    onBusinessCard: () => {
      throw new Error("no cards, please");
    },
  });
  await using first = await SessionClient.begin(service.address);
  assert(!(await first.rest()).includes("end"));
  await using second = await SessionClient.begin(service.address);
  second.say({ type: "ASAP_BUSINESS_CARD", poolHandle: "mine", poolElements: [] });
  assert(!(await second.rest()).includes("end"));
  await told.first("handler-failed", 1);
  await using third = await SessionClient.begin(service.address);
  third.send("on");
  assert.equal(await third.text(2), "on");
});

Deno.test("a lost user is an error of the handler's calls, and not its fault", async () => {
  await using element = elementOf();
  const told = new Told();
  const seen = Promise.withResolvers<unknown[]>();
  const service = await element.serve(async (session) => {
    assert.equal(text(await session.receive()), "last words");
    const errors = [
      await session.receive().catch((error) => error),
      await session.send(bytes("late")).catch((error) => error),
    ];
    seen.resolve(errors);
    throw errors[0];
  }, { onEvent: told.onEvent });
  const client = await SessionClient.begin(service.address);
  client.send("last words");
  await client.connection.close();
  for (const error of await seen.promise) {
    assert(error instanceof UserLost);
    assert.equal(error.reason, "closed");
  }
  assert.equal((await told.first("session-ended")).fault?.reason, "closed");
  assert(!told.all.some(({ type }) => type === "handler-failed"));
});

Deno.test("a session's streams: what comes is piped back until its end", async () => {
  for (const use of ["data", "data+control"] as const) {
    await using element = elementOf({ use });
    const service = await element.serve((session) => session.readable.pipeTo(session.writable));
    if (use === "data") {
      const connection = await tcpTransport().dial(service.address, LIMIT);
      await connection.write(bytes("stream"));
      await connection.closeWrite();
      assert.equal(text((await connection.read())!), "stream");
      assert.equal(await connection.read(), null);
      await connection.close();
      continue;
    }
    await using client = await SessionClient.begin(service.address);
    client.send("stream");
    client.end();
    assert.equal(await client.text(6), "stream");
    assert.deepEqual(await client.rest(), ["end"]);
  }
});

Deno.test("what is sent behind a state leaves behind its cookie, awaited or not", async () => {
  await using element = elementOf();
  const service = await element.serve(async (session) => {
    await Promise.all([
      session.send(bytes("a")),
      session.sendState(Uint8Array.of(1)),
      session.send(bytes("b")),
      session.sendState(Uint8Array.of(2)),
      session.send(bytes("c")),
      session.end(),
    ]);
    await session.receive();
  }, { cookies: { keys: [KEY] } });
  await using client = await SessionClient.begin(service.address);
  const kinds: string[] = [];
  for (let piece = await client.next(); piece?.kind !== "end"; piece = await client.next()) {
    kinds.push(piece!.kind === "data" ? text(piece!.bytes) : piece!.kind);
  }
  assert.deepEqual(kinds, ["preface", "control", "a", "control", "b", "control", "c"]);
  client.end();
});

Deno.test("without a key no state is sent, and without a control channel neither", async () => {
  for (const use of ["data", "data+control"] as const) {
    await using element = elementOf({ use });
    const seen = Promise.withResolvers<unknown>();
    const service = await element.serve(async (session) => {
      seen.resolve(await session.sendState(Uint8Array.of(1)).catch((error) => error));
    }, { cookies: use === "data" ? { keys: [KEY] } : undefined });
    const client = await SessionClient.begin(service.address);
    const error = await seen.promise;
    assert(error instanceof TypeError);
    assert.match(error.message, use === "data" ? /control channel/ : /key/);
    await client.connection.close();
  }
});

Deno.test("maxCookieBytes: a longer state is a RangeError, and nothing is sent", async () => {
  await using element = elementOf();
  const seen = Promise.withResolvers<unknown>();
  const service = await element.serve(async (session) => {
    seen.resolve(await session.sendState(new Uint8Array(60)).catch((error) => error));
    await session.sendState(new Uint8Array(59));
  }, { cookies: { keys: [KEY] }, limits: { maxCookieBytes: 100 } });
  await using client = await SessionClient.begin(service.address);
  assert.equal((await client.hearOf("ASAP_COOKIE")).cookie.length, 100);
  assert(await seen.promise instanceof RangeError);
});

Deno.test("a session that has ended takes no more", async () => {
  await using element = elementOf();
  const seen = Promise.withResolvers<unknown>();
  const service = await element.serve(async (session) => {
    await session.end();
    seen.resolve(await session.send(bytes("late")).catch((error) => error));
  });
  await using client = await SessionClient.begin(service.address);
  assert(await seen.promise instanceof TypeError);
  assert.deepEqual(await client.rest(), ["preface", "control", "end"]);
});

Deno.test("RFC 5352 §3.9: a card with the failover order, itself first and once", async () => {
  await using element = elementOf();
  const order = [valueOf(3), valueOf(0x17), valueOf(2)];
  const service = await element.serve(echoing, { failoverOrder: () => order });
  await using client = await SessionClient.begin(service.address);
  const card = await client.hearOf("ASAP_BUSINESS_CARD");
  assert.equal(card.poolHandle, "count");
  assert.deepEqual(card.poolElements.map(({ identifier }) => identifier), [0x17, 3, 2]);
  assert.deepEqual(card.poolElements[0]!.transport, {
    protocol: "tcp",
    port: service.address.port,
    use: 1,
    addresses: ["127.0.0.1"],
  });
});

Deno.test("maxFailoverOrder: a card has no more elements than users remember", async () => {
  await using element = elementOf();
  const order = Array.from({ length: 70 }, (_, i) => valueOf(i + 100));
  const seen = Promise.withResolvers<unknown>();
  const service = await element.serve((session) => {
    try {
      session.sendBusinessCard({ poolHandle: "count", poolElements: order });
    } catch (error) {
      seen.resolve(error);
    }
  }, { failoverOrder: () => order });
  await using client = await SessionClient.begin(service.address);
  assert.equal((await client.hearOf("ASAP_BUSINESS_CARD")).poolElements.length, 64);
  assert(await seen.promise instanceof RangeError);
});

Deno.test("RFC 5352 §3.9: a user's card is told, kept, and its pool resolved (BC1)", async () => {
  await using element = elementOf();
  const heard = Promise.withResolvers<[BusinessCard, ServedSession]>();
  const resolved = Promise.withResolvers<string>();
  const service = await element.serve(echoing, {
    onBusinessCard: (card, session) => heard.resolve([card, session]),
    user: {
      resolve: (poolHandle) => {
        resolved.resolve(poolHandle);
        return Promise.reject(new Error("no registrar"));
      },
    },
  });
  await using client = await SessionClient.begin(service.address);
  client.say({ type: "ASAP_BUSINESS_CARD", poolHandle: "mine", poolElements: [valueOf(5)] });
  const [card, session] = await heard.promise;
  assert.equal(card.poolHandle, "mine");
  assert.deepEqual(session.businessCard, card);
  assert.equal(await resolved.promise, "mine");
});

Deno.test("cookies that are tampered with, or of no key, are refused with 0xa", async () => {
  const told = new Told();
  await using element = elementOf();
  await using keyless = elementOf({ identifier: 0x18 });
  const cookies = { keys: [KEY] };
  const { address } = await element.serve(counting, { cookies, onEvent: told.onEvent });
  const without = await keyless.serve(counting, { onEvent: told.onEvent });
  await using first = await SessionClient.begin(address);
  first.send("abc");
  const { cookie } = await first.hearOf("ASAP_COOKIE");
  const tampered = cookie.with(9, cookie[9]! + 1);
  for (const [to, wrong] of [[address, tampered], [without.address, cookie]] as const) {
    await using client = await SessionClient.begin(to, { cookie: wrong });
    client.send("x");
    const { causes } = await client.hearOf("ASAP_ERROR");
    assert.deepEqual(causes.map(({ code }) => code), [CAUSE.rejectedDueToSecurityConsiderations]);
    assert.deepEqual(await client.rest(), []);
  }
  const { why } = await told.first("session-refused");
  assert.equal(why, "its cookie is refused: it is not accepted");
});

Deno.test("maxSessionBytes: a handler that does not receive is not filled", async () => {
  await using element = elementOf();
  const go = Promise.withResolvers<void>();
  const total = 16 * 1024 * 1024;
  const counted = Promise.withResolvers<number>();
  const service = await element.serve(async (session) => {
    await go.promise;
    let count = 0;
    for (let each = await session.receive(); each; each = await session.receive()) {
      count += each.length;
    }
    counted.resolve(count);
  });
  await using client = await SessionClient.begin(service.address);
  const block = "x".repeat(1024 * 1024);
  for (let sent = 0; sent < total; sent += block.length) client.send(block);
  client.end();
  // Half of it is more than the system's buffers hold: the rest waits at its sender.
  while (client.connection.queuedBytes > 0 && (await client.next())?.kind !== "control");
  assert(client.connection.queuedBytes > 0);
  go.resolve();
  assert.equal(await counted.promise, total);
});
