import assert from "node:assert/strict";
import { PoolElement, PoolUser, Registrar, SessionFailed } from "../../../mod.ts";
import { MAX_DIALS_AT_ONCE } from "../../../lib/driver/session/user_sessions.ts";
import { ScriptedConnection, ScriptedTransport, settled } from "../scripted.ts";
import { bytesOf, elementAt, KnownPool, textOf } from "./known_pool.ts";
import { echoing, HOST } from "./served.ts";

const ANY = [{ host: HOST, port: 0 }] as const;

Deno.test("RFC 5352 §6.5.5: all elements, without oneself unless it is wished", async () => {
  await using pool = new KnownPool();
  for (const each of [1, 2, 3]) await pool.serve(each, echoing);
  const others = await pool.sessions.connectAll("count", { self: 2 });
  const identifiers = others.sessions.map((each) => each.poolElement.identifier);
  assert.deepEqual(identifiers.toSorted(), [1, 3]);
  assert.deepEqual(others.failures, []);
  const all = await pool.sessions.connectAll("count", { self: 2, toSelf: true });
  assert.equal(all.sessions.length, 3);
  for (const session of [...others.sessions, ...all.sessions]) {
    await session.send(bytesOf("each"));
    assert.equal(textOf((await session.receive())?.bytes), "each");
    await session.close();
  }
  // Nobody has to be kept fresh for sessions that go nowhere else.
  assert.deepEqual(pool.kept, []);
});

Deno.test("of all elements, those that cannot be connected to are told, not replaced", async () => {
  await using pool = new KnownPool();
  await pool.serve(1, echoing);
  await pool.absent(2);
  const { sessions, failures } = await pool.sessions.connectAll("count", {});
  assert.deepEqual(sessions.map((each) => each.poolElement.identifier), [1]);
  const [failure] = failures;
  assert(failure instanceof SessionFailed && failure.reason === "no-element");
  assert.deepEqual(pool.reported, [2]);
  await pool.kill(1);
  await assert.rejects(sessions[0]!.receive(), SessionFailed);
});

Deno.test("MAX_DIALS_AT_ONCE: of a large pool so many elements are dialled at once", async () => {
  await using pool = new KnownPool();
  pool.elements = Array.from({ length: MAX_DIALS_AT_ONCE + 2 }, (_, at) => {
    return elementAt(at + 1, { host: HOST, port: at + 1 }, 0);
  });
  const transport = new ScriptedTransport();
  const gate = Promise.withResolvers<void>();
  const dialled: number[] = [];
  const slow = {
    listen: transport.listen,
    dial: async (address: { readonly host: string; readonly port: number }) => {
      dialled.push(address.port);
      await gate.promise;
      return new ScriptedConnection(address);
    },
  };
  const all = pool.sessions.connectAll("count", { transport: slow });
  await settled();
  assert.equal(dialled.length, MAX_DIALS_AT_ONCE);
  gate.resolve();
  const { sessions } = await all;
  assert.equal(sessions.length, MAX_DIALS_AT_ONCE + 2);
  for (const session of sessions) session.abort();
});

Deno.test("one element by its identifier, and the same one as last time", async () => {
  await using pool = new KnownPool();
  for (const each of [1, 2, 3]) await pool.serve(each, echoing);
  const third = await pool.sessions.connect("count", { to: 3 });
  assert.equal(third.poolElement.identifier, 3);
  await third.close();
  const again = await pool.sessions.connect("count", { toLast: true });
  assert.equal(again.poolElement.identifier, 3);
  await again.close();
  await pool.kill(3);
  pool.elements = pool.elements.filter((each) => each.identifier !== 3);
  await using other = await pool.sessions.connect("count", { toLast: true });
  assert.notEqual(other.poolElement.identifier, 3);
  const missing = pool.sessions.connect("count", { to: 3, failover: false });
  await assert.rejects(missing, (error) => {
    return error instanceof SessionFailed && error.reason === "no-element";
  });
});

Deno.test("sessions go round the pool by its policy, all of them together", async () => {
  await using pool = new KnownPool();
  for (const each of [1, 2, 3]) await pool.serve(each, echoing);
  const on: number[] = [];
  for (let session = 0; session < 6; session++) {
    await using open = await pool.sessions.connect("count", {});
    on.push(open.poolElement.identifier);
  }
  assert.deepEqual(on, [1, 2, 3, 1, 2, 3]);
});

Deno.test("a pool user, a registrar and elements: connect, fail over, connect to all", async () => {
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY });
  const registrars = registrar.asap;
  const settings = { registrars, poolHandle: "echo", port: 0, addresses: [HOST] };
  const elements = new Map<number, PoolElement>();
  for (let each = 0; each < 3; each++) {
    const element = new PoolElement({ ...settings, use: "data+control" });
    await element.serve(echoing);
    await element.register();
    elements.set(element.identifier, element);
  }
  await using user = new PoolUser({ registrars });
  const { sessions } = await user.connectAll("echo", { self: [...elements.keys()][0] });
  assert.equal(sessions.length, 2);
  for (const each of sessions) await each.close();
  const session = await user.connect("echo", {
    onFailover: ({ send }) => send(bytesOf("again")),
  });
  await session.send(bytesOf("one"));
  assert.equal(textOf((await session.receive())?.bytes), "one");
  const lost = session.poolElement.identifier;
  await elements.get(lost)!.close();
  assert.equal(textOf((await session.receive())?.bytes), "again");
  assert.notEqual(session.poolElement.identifier, lost);
  await session.close();
  for (const each of elements.values()) await each.close();
});
