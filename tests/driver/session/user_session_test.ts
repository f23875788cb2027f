import assert from "node:assert/strict";
import {
  type Failover,
  type Session,
  SessionFailed,
  type SessionHandler,
  UnknownPoolHandle,
} from "../../../mod.ts";
import { bytesOf, elementAt, KnownPool, resettingServer, textOf } from "./known_pool.ts";
import { counting, echoing, KEY } from "./served.ts";

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(() => assert.fail("it did not fail"), (error: unknown) => error);
}

/** So many bytes of text, or all until the end. */
async function read(session: Session, length = Infinity): Promise<string> {
  let text = "";
  while (text.length < length) {
    const received = await session.receive();
    if (received === undefined) break;
    text += textOf(received.bytes);
  }
  return text;
}

Deno.test("a session goes on at another element, with the state of the first one", async () => {
  await using pool = new KnownPool();
  const cookies = { keys: [KEY] };
  for (const each of [1, 2]) await pool.serve(each, counting, { cookies });
  const failovers: Failover[] = [];
  await using session = await pool.sessions.connect("count", {
    onFailover: (failover) => {
      failovers.push(failover);
      failover.send(bytesOf("again"));
    },
  });
  assert.equal(session.poolElement.identifier, 1);
  assert.equal((await session.send(bytesOf("abc"))).identifier, 1);
  assert.deepEqual((await session.receive())?.poolElement.identifier, 1);
  await pool.kill(1);
  const received = await session.receive();
  assert.equal(textOf(received?.bytes), "8;");
  assert.equal(received?.poolElement.identifier, 2);
  assert.equal((await session.send(bytesOf("xy"))).identifier, 2);
  assert.equal(await read(session, 3), "10;");
  const [failover] = failovers;
  assert.equal(failovers.length, 1);
  assert.equal(failover?.from.identifier, 1);
  assert.equal(failover?.to.identifier, 2);
  assert.equal(failover?.hasCookie, true);
  assert.equal(failover?.securityLost, undefined);
  assert.deepEqual(pool.reported, [1]);
  assert.throws(() => failover!.send(bytesOf("late")), /done/);
});

Deno.test("without a control channel an end is an end, a reset leads to the next", async () => {
  await using pool = new KnownPool();
  await using server = await resettingServer();
  pool.elements.push(elementAt(1, server.address, 0));
  await pool.serve(2, echoing, { use: 0 });
  const reasons: string[] = [];
  await using session = await pool.sessions.connect("count", {
    onFailover: ({ reason, hasCookie, send }) => {
      reasons.push(`${reason} ${hasCookie}`);
      send(bytesOf("replayed "));
    },
  });
  await session.send(bytesOf("lost"));
  assert.equal(await read(session, 9), "replayed ");
  await session.send(bytesOf("on"));
  await session.end();
  assert.equal(await read(session), "on");
  assert.deepEqual(reasons, ["reset false"]);
  assert.deepEqual(pool.reported, [1]);
});

Deno.test("a mebibyte there and back, over both kinds of pools, by streams", async () => {
  for (const use of [0, 1]) {
    await using pool = new KnownPool();
    await pool.serve(1, echoing, { use });
    await using session = await pool.sessions.connect("count", {});
    const sent = new Uint8Array(1024 * 1024).map((_, at) => at * 7);
    const writing = new Blob([sent]).stream().pipeTo(session.writable);
    const back = new Uint8Array(await new Response(session.readable).arrayBuffer());
    await writing;
    assert.deepEqual(back, sent);
    await session.close();
    assert.deepEqual(pool.reported, []);
  }
});

Deno.test("what an element has sent stays readable before that of the next", async () => {
  await using pool = new KnownPool();
  const told = Promise.withResolvers<void>();
  const speaking = (text: string): SessionHandler => async (session) => {
    await session.send(bytesOf(text));
    if (text !== "first") return;
    await told.promise;
    session.abort();
    await session.receive();
  };
  await pool.serve(1, speaking("first"));
  await pool.serve(2, speaking("second"));
  const failedOver = Promise.withResolvers<void>();
  await using session = await pool.sessions.connect("count", {
    onFailover: () => failedOver.resolve(),
  });
  told.resolve();
  await failedOver.promise;
  const all: string[] = [];
  for (let next = await session.receive(); next; next = await session.receive()) {
    all.push(`${next.poolElement.identifier} ${textOf(next.bytes)}`);
  }
  assert.deepEqual(all, ["1 first", "2 second"]);
});

Deno.test("who does not trust the next element: the session fails with that error", async () => {
  await using pool = new KnownPool();
  await pool.serve(1, counting, { cookies: { keys: [KEY] } });
  const heard = Promise.withResolvers<Uint8Array | null>();
  await pool.listen(2, (connection) => void connection.read().then(heard.resolve));
  const mistrust = new Error("I do not know this one");
  const session = await pool.sessions.connect("count", {
    onFailover: () => Promise.reject(mistrust),
  });
  await session.send(bytesOf("secret"));
  assert.equal(await read(session, 2), "6;");
  await pool.kill(1);
  assert.equal(await failureOf(session.receive()), mistrust);
  assert.equal(await failureOf(session.send(bytesOf("more"))), mistrust);
  assert.equal(await failureOf(session.end()), mistrust);
  assert.equal(await heard.promise, null);
  await session.close();
});

Deno.test("nobody can be connected to: the error has all that was tried", async () => {
  await using pool = new KnownPool({ retryPauseMs: 10_000 });
  await pool.absent(1);
  await pool.listen(2, (connection) => void connection.write(bytesOf("220 mail.example\r\n")));
  const failure = await failureOf(pool.sessions.connect("count", { timeoutMs: 1_500 }));
  assert(failure instanceof SessionFailed);
  assert.equal(failure.reason, "no-element");
  assert.deepEqual(failure.attempts.map(({ reason }) => reason), ["refused", "garbage"]);
  assert.match(
    failure.message,
    /"count" failed: .*0x00000001 at 127\.0\.0\.1:\d+: connection refu/,
  );
  assert.match(failure.message, /0x00000002 at 127\.0\.0\.1:\d+: what it sends is no session/);
  assert.deepEqual(pool.reported, [1]);
});

Deno.test("an unknown pool is told as such, and so is what a resolution says", async () => {
  await using pool = new KnownPool();
  assert(await failureOf(pool.sessions.connect("count", {})) instanceof UnknownPoolHandle);
});

Deno.test("without failover the session fails with its element", async () => {
  await using pool = new KnownPool();
  for (const each of [1, 2]) await pool.serve(each, echoing);
  const session = await pool.sessions.connect("count", { failover: false });
  await pool.kill(1);
  const failure = await failureOf(session.receive());
  assert(failure instanceof SessionFailed && failure.reason === "element-lost");
  assert.match(failure.message, /its pool element was lost: 0x00000001/);
  assert.equal(await failureOf(session.send(bytesOf("x"))), failure);
  await session.close();
  assert.deepEqual(pool.kept, []);
});

Deno.test("a signal ends it while it connects, while it is open, and beforehand", async () => {
  await using pool = new KnownPool();
  const gone = new Error("gone");
  assert.equal(
    await failureOf(pool.sessions.connect("count", { signal: AbortSignal.abort(gone) })),
    gone,
  );
  const accepted = Promise.withResolvers<void>();
  await pool.listen(1, () => accepted.resolve());
  const early = new AbortController();
  const connecting = pool.sessions.connect("count", { signal: early.signal });
  await accepted.promise;
  early.abort(gone);
  assert.equal(await failureOf(connecting), gone);
  pool.elements = [];
  await pool.serve(2, echoing);
  const late = new AbortController();
  const session = await pool.sessions.connect("count", { signal: late.signal });
  const receiving = failureOf(session.receive());
  late.abort(gone);
  assert.equal(await receiving, gone);
  await session.close();
  assert.deepEqual(pool.reported, []);
});

Deno.test("sessions end with their pool user", async () => {
  await using pool = new KnownPool();
  await pool.serve(1, echoing);
  const session = await pool.sessions.connect("count", {});
  pool.sessions.close();
  assert.equal((await failureOf(session.receive()) as Error).name, "AbortError");
  assert.equal((await failureOf(pool.sessions.connect("count", {})) as Error).name, "AbortError");
  assert.equal(pool.sessions.size, 0);
});

Deno.test("the pool is kept fresh while it has a session, once for all of them", async () => {
  await using pool = new KnownPool();
  await pool.serve(1, echoing);
  const [one, other] = [
    await pool.sessions.connect("count", {}),
    await pool.sessions.connect("count", {}),
  ];
  assert.deepEqual(pool.kept, ["kept"]);
  await one.close();
  assert.deepEqual(pool.kept, ["kept"]);
  await other.close();
  assert.deepEqual(pool.kept, ["kept", "released"]);
});

Deno.test("a card of the element is told; who throws at it ends the session", async () => {
  await using pool = new KnownPool();
  await pool.serve(1, echoing, { failoverOrder: () => pool.elements });
  const cards: string[] = [];
  await using session = await pool.sessions.connect("count", {
    onBusinessCard: ({ poolHandle }) => void cards.push(poolHandle),
  });
  await session.send(bytesOf("x"));
  await session.receive();
  assert.deepEqual(cards, ["count"]);
  assert.equal(session.businessCard?.poolHandle, "count");
  const fault = new Error("I cannot read");
  const other = await pool.sessions.connect("count", {
    onBusinessCard: () => {
      throw fault;
    },
  });
  assert.equal(await failureOf(other.receive()), fault);
});

Deno.test("a cookie that the pool refuses ends the session", async () => {
  await using pool = new KnownPool();
  await pool.serve(1, counting, { cookies: { keys: [KEY] } });
  await pool.serve(2, counting, { cookies: { keys: [new Uint8Array(32).fill(9)] } });
  const session = await pool.sessions.connect("count", {});
  await session.send(bytesOf("abc"));
  await session.receive();
  await pool.kill(1);
  const failure = await failureOf(session.receive());
  assert(failure instanceof SessionFailed && failure.reason === "cookie-refused");
  assert.match(
    failure.message,
    /0x00000002 at 127\.0\.0\.1:\d+: cannot be trusted \(it has refused/,
  );
});

Deno.test("end, and what is still to come; behind the end nothing can be sent", async () => {
  await using pool = new KnownPool();
  await pool.serve(1, counting, { cookies: { keys: [KEY] } });
  const session = await pool.sessions.connect("count", {});
  await session.send(bytesOf("abcd"));
  await session.end();
  assert.match((await failureOf(session.send(bytesOf("x"))) as Error).message, /has ended/);
  await session.end();
  assert.equal(await read(session), "4;");
  assert.equal(await session.receive(), undefined);
  await session.close();
});

Deno.test("maxFailoverOrder: a longer card of this side is the caller's mistake", async () => {
  await using pool = new KnownPool({}, { maxFailoverOrder: 1 });
  await pool.serve(1, echoing);
  const [only] = pool.elements;
  const tooLong = { poolHandle: "count", poolElements: [only!, only!] };
  const failure = await failureOf(pool.sessions.connect("count", { businessCard: tooLong }));
  assert(failure instanceof RangeError);
  await using session = await pool.sessions.connect("count", {});
  assert.throws(() => session.sendBusinessCard(tooLong), RangeError);
});
