/** Sessions with real processes, of which some are killed: nothing acknowledged is lost. */

import assert from "node:assert/strict";
import { PoolUser } from "../../mod.ts";
import { type RegistrarAt, type Running, Scratch, until } from "./harness.ts";
import { CountingUser } from "./session/counting_user.ts";

const SESSIONS = 1_000;
const ELEMENTS = 9;
const KILLED = 3;
/** Lines of each session before its elements die, and afterwards. */
const LINES = 10;

const path = (name: string) => new URL(name, import.meta.url).pathname;
const COUNTING_ELEMENT = path("servers/counting_element.ts");
const PEER_ELEMENT = path("servers/peer_element.ts");

/** A counting element, with its identifier. */
async function startElement(scratch: Scratch, { asap }: RegistrarAt, pool: string) {
  const running = scratch.spawn("deno", ["run", "-A", COUNTING_ELEMENT, asap, pool]);
  const [, identifier] = await running.prints(/^(\d+)$/m);
  return { running, identifier: Number(identifier) };
}

function userOf({ asap }: RegistrarAt): PoolUser {
  const [host, port] = asap.split(":");
  return new PoolUser({ registrars: [{ host: host!, port: Number(port) }] });
}

async function kill({ running }: { readonly running: Running }): Promise<void> {
  running.kill("SIGKILL");
  await running.ended;
}

Deno.test("a session's count survives kill -9 of its server, by cookie", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar();
  const elements = await Promise.all(
    [1, 2].map(() => startElement(scratch, registrar.at, "count")),
  );
  await using user = userOf(registrar.at);
  const counting = await CountingUser.connect(user, "count");
  for (let line = 0; line < 5; line++) await counting.say();
  const first = counting.element;
  await kill(elements.find(({ identifier }) => identifier === first)!);
  for (let line = 0; line < 5; line++) await counting.say();
  assert.notEqual(counting.element, first);
  assert.equal(counting.failovers, 1);
  assert.deepEqual([counting.acknowledged, counting.counted], [10, 10]);
  await counting.close();
});

Deno.test("RFC 3237 §2.7: sessions of who de-registers go on, new ones go elsewhere", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar();
  const elements = await Promise.all(
    [1, 2].map(() => startElement(scratch, registrar.at, "count")),
  );
  await using user = userOf(registrar.at);
  const counting = await CountingUser.connect(user, "count");
  await counting.say();
  const first = counting.element;
  const leaving = elements.find(({ identifier }) => identifier === first)!.running;
  leaving.kill("SIGTERM");
  await until("its de-registration", async () => {
    await using fresh = userOf(registrar.at);
    const { poolElements } = await fresh.resolve("count");
    return poolElements.length === 1;
  });
  for (let each = 0; each < 3; each++) {
    await using fresh = userOf(registrar.at);
    const other = await CountingUser.connect(fresh, "count");
    await other.say();
    assert.notEqual(other.element, first);
    await other.close();
    await counting.say();
  }
  assert.deepEqual([counting.element, counting.failovers, counting.counted], [first, 0, 4]);
  await counting.close();
  assert.equal((await leaving.ended).code, 0);
});

Deno.test("1,000 sessions, a third of the elements killed: no line lost or doubled", async () => {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar(["--timing", "fast"]);
  const elements = await Promise.all(
    Array.from({ length: ELEMENTS }, () => startElement(scratch, registrar.at, "count")),
  );
  await using user = userOf(registrar.at);
  const sessions = await Promise.all(
    Array.from({ length: SESSIONS }, () => CountingUser.connect(user, "count")),
  );
  const on = new Set(sessions.map(({ element }) => element));
  assert.equal(on.size, ELEMENTS, "every element has sessions");
  await Promise.all(sessions.map((each) => sayLines(each)));

  const doomed = elements.slice(0, KILLED);
  const dead = new Set(doomed.map(({ identifier }) => identifier));
  const struck = sessions.filter(({ element }) => dead.has(element));
  assert.ok(struck.length >= SESSIONS / ELEMENTS, `only ${struck.length} sessions are struck`);
  // They die one after the other while all sessions talk.
  let said = 0;
  const moments = doomed.map(() => Promise.withResolvers<void>());
  const onLine = () => moments[++said / SESSIONS - 1]?.resolve();
  const talking = Promise.all(sessions.map((each) => sayLines(each, onLine)));
  for (const [at, element] of doomed.entries()) {
    await moments[at]!.promise;
    await kill(element);
  }
  await talking;
  await Promise.all(sessions.map((each) => sayLines(each)));

  for (const session of struck) assert.ok(session.failovers >= 1);
  const stranded = sessions.filter(({ element }) => dead.has(element));
  assert.equal(stranded.length, 0, "all are on living elements");
  const all = SESSIONS * 3 * LINES;
  const acknowledged = sum(sessions.map((each) => each.acknowledged));
  const counted = sum(sessions.map((each) => each.counted));
  assert.deepEqual({ acknowledged, counted }, { acknowledged: all, counted: all });
  for (const { acknowledged, counted } of sessions) assert.equal(counted, acknowledged);
  await Promise.all(sessions.map((each) => each.close()));
});

/** A peer element, with its identifier. */
async function startPeer(scratch: Scratch, { asap }: RegistrarAt, own: string, other: string) {
  const args = ["run", "-A", PEER_ELEMENT, asap, own, other];
  const running = scratch.spawn("deno", args);
  const [, identifier] = await running.prints(/^registered (\d+)$/m);
  return { running, identifier: identifier! };
}

Deno.test("elements that are users of each other: cards lead on when one is killed", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar(["--timing", "fast"]);
  const alpha = await Promise.all([1, 2].map(() => startPeer(scratch, at, "alpha", "beta")));
  const beta = await Promise.all([1, 2].map(() => startPeer(scratch, at, "beta", "alpha")));
  const [caller, heir] = alpha;
  caller!.running.kill("SIGUSR2");
  const [, called] = await caller!.running.prints(/^talks with (\d+)$/m);
  const callee = beta.find(({ identifier }) => identifier === called)!;
  // Until one of beta is on the caller, too: whose session then has to fail over.
  const back = await untilOn(caller!.identifier, beta);
  await kill(caller!);
  const [, went] = await callee.running.prints(/^went on with (\d+)$/m);
  assert.equal(went, heir!.identifier, "the card names the heir");
  const [, over] = await back.running.prints(/^fails over to (\d+)$/m);
  assert.equal(over, heir!.identifier);
});

/** Has elements call the other pool until one of them talks with the wanted element. */
async function untilOn<P extends { readonly running: Running }>(
  wanted: string,
  callers: readonly P[],
): Promise<P> {
  for (const caller of callers) {
    caller.running.kill("SIGUSR2");
    const [, called] = await caller.running.prints(/^talks with (\d+)$/m);
    if (called === wanted) return caller;
  }
  assert.fail("round robin leads one of two callers to each of two elements");
}

async function sayLines(session: CountingUser, onLine = () => {}): Promise<void> {
  for (let line = 0; line < LINES; line++) {
    await session.say();
    onLine();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
