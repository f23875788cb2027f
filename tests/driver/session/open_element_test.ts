import assert from "node:assert/strict";
import {
  type Connection,
  dataFrames,
  DialFailed,
  endFrame,
  openElement,
  SESSION_PREFACE,
  type SessionHandler,
} from "../../../mod.ts";
import { MuxConnection } from "../../../lib/driver/session/mux_connection.ts";
import { DEFAULT_LIMITS, wireTo } from "../../../lib/core/mod.ts";
import { ScriptedConnection, settled } from "../scripted.ts";
import { bytesOf, elementAt, KnownPool, textOf } from "./known_pool.ts";
import { echoing, HOST } from "./served.ts";

async function readAll(connection: Connection): Promise<string> {
  let text = "";
  for (let bytes = await connection.read(); bytes !== null; bytes = await connection.read()) {
    text += textOf(bytes);
  }
  return text;
}

async function failureOf(promise: Promise<Connection>): Promise<DialFailed> {
  const failure = await promise.then(() => assert.fail("it is open"), (error: unknown) => error);
  assert(failure instanceof DialFailed);
  return failure;
}

Deno.test("both kinds of elements are connections of the application's bytes", async () => {
  for (const use of [0, 1]) {
    await using pool = new KnownPool();
    await pool.serve(1, echoing, { use });
    const connection = await openElement(pool.elements[0]!);
    await connection.write(bytesOf("there and "));
    await connection.write(new Uint8Array(0));
    await connection.write(bytesOf("back"));
    await connection.closeWrite();
    assert.equal(await readAll(connection), "there and back");
    assert.equal(connection.ended, "closed");
    await connection.close();
  }
});

Deno.test("the element may end first: the other half goes on", async () => {
  await using pool = new KnownPool();
  const heard = Promise.withResolvers<string>();
  const handler: SessionHandler = async (session) => {
    await session.send(bytesOf("done"));
    await session.end();
    let text = "";
    for (let next = await session.receive(); next; next = await session.receive()) {
      text += textOf(next);
    }
    heard.resolve(text);
  };
  await pool.serve(1, handler);
  const connection = await openElement(pool.elements[0]!);
  assert.equal(await readAll(connection), "done");
  await connection.write(bytesOf("still here"));
  await connection.closeWrite();
  assert.equal(await heard.promise, "still here");
  await connection.close();
});

Deno.test("an element that closes without the end of its data has reset it", async () => {
  await using pool = new KnownPool();
  await pool.serve(1, async (session) => {
    await session.send(bytesOf("half"));
    session.abort();
  });
  const connection = await openElement(pool.elements[0]!);
  assert.equal(await readAll(connection), "half");
  assert.equal(connection.ended, "reset");
  connection.abort();
});

Deno.test("who is not there, speaks something else, or is silent, is a failed dial", async () => {
  await using pool = new KnownPool();
  await pool.absent(1);
  await pool.listen(2, (connection) => void connection.write(bytesOf("HTTP/1.1 400\r\n")));
  await pool.listen(3, () => {});
  await pool.listen(4, (connection) => connection.abort());
  const failures = [];
  for (const [at, each] of pool.elements.entries()) {
    // Only the silent one is waited for.
    const timeoutMs = at === 2 ? 500 : 60_000;
    failures.push(await failureOf(openElement(each, { timeoutMs })));
  }
  assert.deepEqual(failures.map(({ reason }) => reason), [
    "refused",
    "closed",
    "timed-out",
    "closed",
  ]);
  assert.match(failures[1]!.message, /it begins otherwise/);
  assert.match(failures[2]!.message, /connected, but no session within \d+ ms/);
  assert.match(failures[3]!.message, /closed before a session began/);
});

Deno.test("a signal gives it up while the element is silent", async () => {
  await using pool = new KnownPool();
  const accepted = Promise.withResolvers<void>();
  await pool.listen(1, () => accepted.resolve());
  const abort = new AbortController();
  const opening = openElement(pool.elements[0]!, { timeoutMs: 60_000, signal: abort.signal });
  await accepted.promise;
  abort.abort();
  assert.equal((await failureOf(opening)).reason, "closed");
});

Deno.test("an element that is reached otherwise is the caller's mistake", async () => {
  const opaque = { ...elementAt(1, { host: HOST, port: 1 }), transport: { protocol: "opaque" } };
  await assert.rejects(openElement(opaque as never), TypeError);
});

Deno.test("data and the end in one piece: it has ended only when the data was read", async () => {
  const inner = new ScriptedConnection({ host: HOST, port: 1 });
  const wire = wireTo(elementAt(1, inner.remote).transport);
  const connection = new MuxConnection(inner, wire, DEFAULT_LIMITS);
  const greeting = connection.greet();
  await settled();
  const [header, payload] = dataFrames(bytesOf("all"));
  inner.arrive(Uint8Array.from([...SESSION_PREFACE, ...header!, ...payload!, ...endFrame()]));
  assert.equal(await greeting, true);
  assert.equal(connection.ended, undefined);
  assert.equal(textOf((await connection.read())!), "all");
  assert.equal(connection.ended, "closed");
  assert.equal(await connection.read(), null);
  await connection.close();
});

Deno.test("data behind the end, and noise, reset it; what came before can be read", async () => {
  const noises = [[...endFrame(), ...endFrame()], [0, 0, 0, 0, 0xff, 0, 0, 0]];
  for (const noise of noises) {
    const inner = new ScriptedConnection({ host: HOST, port: 1 });
    const wire = wireTo(elementAt(1, inner.remote).transport);
    const connection = new MuxConnection(inner, wire, DEFAULT_LIMITS);
    const greeting = connection.greet();
    await settled();
    const [header, payload] = dataFrames(bytesOf("all"));
    inner.arrive(Uint8Array.from([...SESSION_PREFACE, ...header!, ...payload!, ...noise]));
    assert.equal(await greeting, true);
    assert.equal(await readAll(connection), "all");
    assert.equal(inner.ended, "closed-here");
    assert.notEqual(connection.fault, undefined);
  }
});
