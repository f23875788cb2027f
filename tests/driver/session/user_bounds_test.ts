/** What a session of a user holds at most, over a connection that the test scripts. */

import assert from "node:assert/strict";
import { PIECE_BYTES } from "../../../lib/driver/session/inbox.ts";
import { PoolSession, REPLY_LIMIT_BYTES } from "../../../lib/driver/session/user_session.ts";
import {
  asap,
  controlFrame,
  dataFrames,
  DEFAULT_LIMITS,
  seededRandom,
  SESSION_PREFACE,
} from "../../../mod.ts";
import { ScriptedConnection, ScriptedTransport, settled } from "../scripted.ts";
import { elementAt } from "./known_pool.ts";
import { HOST } from "./served.ts";

/** Its system takes nothing: what is written is queued. */
class FullConnection extends ScriptedConnection {
  readonly written: Uint8Array[] = [];
  override readonly queuedBytes: number;

  constructor(queuedBytes: number) {
    super({ host: HOST, port: 1 });
    this.queuedBytes = queuedBytes;
  }

  override write(bytes?: Uint8Array): Promise<void> {
    if (bytes !== undefined) this.written.push(bytes);
    return Promise.resolve();
  }
}

/** A session on the element at the other end of a connection. */
async function sessionOver(
  connection: ScriptedConnection,
  maxSessionBytes = DEFAULT_LIMITS.maxSessionBytes,
): Promise<PoolSession> {
  const transport = new ScriptedTransport();
  transport.answer = () => connection;
  const answer = {
    poolHandle: "count",
    policy: { name: "round-robin" },
    poolElements: [elementAt(1, { host: HOST, port: 1 })],
  } as const;
  const never = () => assert.fail("nobody is asked");
  const parts = {
    limits: { ...DEFAULT_LIMITS, maxSessionBytes },
    timing: {},
    random: seededRandom(1),
    cached: () => answer,
    resolve: never,
    refresh: never,
    choose: () => answer.poolElements[0],
    report: never,
    keepFresh: never,
  };
  const session = new PoolSession(parts, "count", { transport }, undefined);
  await settled();
  assert.deepEqual(transport.dialled[0]?.options.tls, { role: "client", protocol: "rserpool" });
  connection.arrive(SESSION_PREFACE);
  await session.ready;
  await settled();
  return session;
}

Deno.test("maxSessionBytes: what the program does not take is not read", async () => {
  const connection = new ScriptedConnection({ host: HOST, port: 1 });
  const session = await sessionOver(connection, 1_000);
  const readsAfter = async (size: number) => {
    const [header, payload] = dataFrames(new Uint8Array(size));
    connection.arrive(new Uint8Array([...header!, ...payload!]));
    await settled();
    return connection.reads;
  };
  assert.equal(connection.reads, 2);
  assert.equal(await readsAfter(999 - PIECE_BYTES), 3);
  assert.equal(await readsAfter(1), 3);
  await session.receive();
  await settled();
  assert.equal(connection.reads, 4);
  session.abort();
  assert.equal(connection.ended, "closed-here");
});

Deno.test("REPLY_LIMIT_BYTES: an element that does not read is not answered for ever", async () => {
  const nonsense = controlFrame(asap.encode({
    type: "ASAP_COOKIE_ECHO",
    cookie: new Uint8Array(4),
  }));
  for (const [queued, answers] of [[REPLY_LIMIT_BYTES, 1], [REPLY_LIMIT_BYTES + 1, 0]] as const) {
    const connection = new FullConnection(queued);
    const session = await sessionOver(connection);
    const { length } = connection.written;
    connection.arrive(nonsense);
    await settled();
    assert.equal(connection.written.length - length, answers);
    session.abort();
  }
});
