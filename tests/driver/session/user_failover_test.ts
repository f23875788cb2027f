/** A handler that takes longer than an element waits for a preface. */

import assert from "node:assert/strict";
import { USER_SESSION_TIMING } from "../../../lib/core/mod.ts";
import { connectAnew } from "../../../lib/driver/session/user_failover.ts";
import { type Address, DialFailed, type Secured, tcpTransport } from "../../../lib/net/mod.ts";
import { ScriptedConnection, ScriptedTransport } from "../scripted.ts";
import { bytesOf, elementAt, KnownPool, textOf } from "./known_pool.ts";
import { echoing, HOST } from "./served.ts";

const AT: Address = { host: HOST, port: 1 };
const ALICE: Secured = { kind: "psk", name: "alice", isRegistrar: false };

/** A clock that the test moves. */
function movedClock(): Disposable & { move(ms: number): void } {
  const real = performance.now;
  let moved = 0;
  performance.now = () => real.call(performance) + moved;
  return {
    move: (ms) => void (moved += ms),
    [Symbol.dispose]: () => void (performance.now = real),
  };
}

async function anew(
  before: Secured | undefined,
  answer: () => ScriptedConnection,
  signal?: AbortSignal,
): Promise<readonly [ScriptedConnection, unknown]> {
  const connection = new ScriptedConnection(AT, before);
  const transport = new ScriptedTransport();
  transport.answer = answer;
  const next = await connectAnew(connection, elementAt(1, AT), {
    timeoutMs: 1_000,
    signal,
    transport,
  });
  return [connection, next];
}

Deno.test("who has proved to be the same is used from now on", async () => {
  for (const secured of [undefined, ALICE]) {
    const next = new ScriptedConnection(AT, secured && { ...secured });
    const [before, used] = await anew(secured, () => next);
    assert.equal(used, next);
    assert.equal(before.ended, "closed-here");
    assert.equal(next.ended, undefined);
  }
});

Deno.test("anybody else is not, and the element counts as lost", async () => {
  const others: (Secured | undefined)[] = [
    undefined,
    { ...ALICE, name: "mallory" },
    { ...ALICE, kind: "certificate" },
    { ...ALICE, isRegistrar: true },
  ];
  for (const other of others) {
    const next = new ScriptedConnection(AT, other);
    const [before, used] = await anew(ALICE, () => next);
    assert.equal(used, before);
    assert.equal(next.ended, "closed-here");
  }
  const [before, used] = await anew(ALICE, () => {
    throw new DialFailed(AT, "refused");
  });
  assert.equal(used, before);
});

Deno.test("a session that was ended meanwhile leaves no connection behind", async () => {
  const abort = new AbortController();
  const next = new ScriptedConnection(AT);
  const [before, used] = await anew(undefined, () => {
    abort.abort();
    return next;
  }, abort.signal);
  assert.equal(used, before);
  assert.equal(next.ended, "closed-here");
});

Deno.test("prefaceMs: a slow handler costs no element, no report and no second call", async () => {
  using clock = movedClock();
  await using pool = new KnownPool();
  for (const each of [1, 2]) await pool.serve(each, echoing);
  const told: number[] = [];
  const dialled: number[] = [];
  const tcp = tcpTransport();
  await using session = await pool.sessions.connect("count", {
    transport: {
      ...tcp,
      dial: (to, options) => {
        dialled.push(to.port);
        return tcp.dial(to, options);
      },
    },
    onFailover: ({ to, send }) => {
      told.push(to.identifier);
      clock.move(USER_SESSION_TIMING.prefaceMs);
      send(bytesOf("after long thought"));
    },
  });
  await pool.kill(1);
  const received = await session.receive();
  assert.equal(textOf(received?.bytes), "after long thought");
  assert.equal(received?.poolElement.identifier, 2);
  assert.deepEqual(told, [2]);
  assert.equal(dialled.length, 3, "the second element twice");
  assert.deepEqual(pool.reported, [1]);
});
