/** Programs that leave promises alone, and other sides that fill memory. */

import assert from "node:assert/strict";
import { DEFAULT_LIMITS, SESSION_TIMING, wireTo } from "../../../lib/core/mod.ts";
import { keepable, PIECE_BYTES } from "../../../lib/driver/session/inbox.ts";
import { MuxConnection } from "../../../lib/driver/session/mux_connection.ts";
import { Served, type ServedParts } from "../../../lib/driver/session/served_session.ts";
import type { Connection } from "../../../lib/net/mod.ts";
import { dataFrames, frameHeader, SESSION_PREFACE } from "../../../lib/wire/mod.ts";
import { settled } from "../scripted.ts";
import { bytesOf, elementAt, KnownPool, textOf } from "./known_pool.ts";
import { elementOf, HOST, Told } from "./served.ts";
import { SessionClient } from "./session_client.ts";

/** A connection over which the test says one chunk after the other. */
class Chunks implements Connection {
  readonly remote = { host: HOST, port: 1 };
  readonly local = { host: HOST, port: 2 };
  readonly queuedBytes = 0;
  ended: Connection["ended"];
  reads = 0;
  private readonly stopped = Promise.withResolvers<null>();

  constructor(private readonly chunk: (read: number) => Uint8Array | undefined) {}

  async read(): Promise<Uint8Array | null> {
    return this.chunk(this.reads++) ?? await this.stopped.promise;
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.abort();
    return Promise.resolve();
  }

  abort(): void {
    this.ended ??= "closed-here";
    this.stopped.resolve(null);
  }
}

function partsOf(): ServedParts {
  const nobody = () => {};
  const told = { onBegan: nobody, onCard: nobody, onDiscarded: nobody, onErrorReceived: nobody };
  const limits = DEFAULT_LIMITS;
  const served = { poolHandle: "count", hasControl: true, limits, timing: SESSION_TIMING };
  return { ...served, ...told, cookies: undefined, onOver: nobody };
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((each) => [...each]));
}

Deno.test("single bytes fill no more memory than long ones", async () => {
  const frame = joined(...dataFrames(Uint8Array.of(1)));
  const frames = joined(...Array.from({ length: 1_000 }, () => frame));
  const connection = new Chunks((read) => read === 0 ? SESSION_PREFACE : frames);
  const served = new Served(connection, partsOf());
  const running = served.run();
  for (let turn = 0; turn < 20; turn++) await settled();
  const mostReads = Math.ceil(DEFAULT_LIMITS.maxSessionBytes / (1_000 * PIECE_BYTES));
  assert(connection.reads <= mostReads + 1, `${connection.reads} chunks were read`);
  served.abort();
  await running;
});

Deno.test("a byte does not keep what else came with it", async () => {
  const skipped = new Uint8Array(60_000);
  const chunk = joined(...dataFrames(Uint8Array.of(7)), frameHeader(99, skipped.length), skipped);
  const connection = new Chunks((read) => [SESSION_PREFACE, chunk][read]);
  const served = new Served(connection, partsOf());
  const running = served.run();
  const bytes = await served.receive();
  assert.deepEqual(bytes, Uint8Array.of(7));
  assert.equal(bytes!.buffer.byteLength, 1);
  served.abort();
  await running;
  const large = new Uint8Array(100).subarray(8);
  assert.equal(keepable(large), large);
});

Deno.test("promises that nobody awaits end nothing", async () => {
  await using element = elementOf();
  const over = Promise.withResolvers<void>();
  const service = await element.serve(async (session) => {
    try {
      await session.receive();
    } catch {
      // The user is lost: all of these are told so, and nobody listens.
      void session.send(bytesOf("nobody"));
      void session.receive();
      void session.sendState(bytesOf("state"));
      void session.end();
      await settled();
      over.resolve();
    }
  });
  const client = await SessionClient.begin(service.address);
  await client.next();
  client.connection.abort();
  await over.promise;
});

Deno.test("promises of a user that nobody awaits end nothing", async () => {
  await using pool = new KnownPool();
  await pool.serve(1, async (session) => void await session.receive());
  const session = await pool.sessions.connect("count", { failover: false });
  void session.receive();
  await pool.kill(1);
  await assert.rejects(session.receive(), { name: "SessionFailed" });
  void session.send(bytesOf("nobody"));
  void session.receive();
  void session.end();
  await settled();
});

Deno.test("whoever takes its time with one element as a connection does not break it", async () => {
  const [header, payload] = dataFrames(bytesOf("late"));
  const first = joined(SESSION_PREFACE, ...dataFrames(bytesOf("early")), header!.subarray(0, 3));
  const inner = new Chunks((read) => [first, header!.subarray(3), payload!][read]);
  const { transport } = elementAt(1, inner.remote);
  const connection = new MuxConnection(inner, wireTo(transport), DEFAULT_LIMITS);
  const delays: unknown[] = [];
  const original = globalThis.setTimeout;
  globalThis.setTimeout = ((run: () => void, ms: number) => {
    delays.push(ms);
    return original(run, ms);
  }) as typeof setTimeout;
  try {
    assert(await connection.greet());
    assert.equal(textOf((await connection.read())!), "early");
    // A part of a frame stands, and nobody reads.
    assert.deepEqual(delays, []);
    assert.equal(textOf((await connection.read())!), "late");
    assert.deepEqual(delays, [DEFAULT_LIMITS.partialMessageMs]);
  } finally {
    globalThis.setTimeout = original;
    connection.abort();
  }
});

for (const use of ["data", "data+control"] as const) {
  Deno.test(`${use}: a user that floods and leaves is noticed by who sends on`, async () => {
    await using element = elementOf({ use });
    const told = new Told();
    const failed = Promise.withResolvers<unknown>();
    const service = await element.serve(async (session) => {
      try {
        for (;;) await session.send(new Uint8Array(65_536));
      } catch (error) {
        failed.resolve(error);
      }
    }, { onEvent: told.onEvent });
    const client = await SessionClient.begin(service.address);
    const much = joined(...dataFrames(new Uint8Array(DEFAULT_LIMITS.maxSessionBytes + 16_384)));
    await client.connection.write(much);
    client.connection.abort();
    assert.equal((await failed.promise as Error).name, "UserLost");
    await told.first("session-ended");
    assert.equal(service.sessions, 0);
  });
}

for (const use of [0, 1] as const) {
  Deno.test(`use ${use}: an element that dies is noticed by a user who sends on`, async () => {
    await using pool = new KnownPool();
    await pool.listen(1, (connection) => {
      void connection.write(SESSION_PREFACE);
      void connection.read().then(() => connection.abort());
    }, use);
    const session = await pool.sessions.connect("count", { failover: false });
    const sending = async () => {
      for (;;) await session.send(new Uint8Array(65_536));
    };
    await assert.rejects(sending, { name: "SessionFailed" });
  });
}
