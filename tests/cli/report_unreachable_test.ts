/** `report-unreachable`: what is tried, what is sent, and what is said of it. */

import assert from "node:assert/strict";
import type { PoolUserEvent } from "../../cli/api.ts";
import { FakePool } from "./connect/pool.ts";
import { errors, FakeWorld, type Given, runIn } from "./fake_world.ts";

const { RegistrarUnreachable, UnknownPoolHandle } = errors;
const registrar = { host: "192.0.2.1", port: 3863 };

/** How a made-up registrar behaves. */
interface Registrar {
  /** What comes of each question, instead of the pool. */
  readonly answers?: (Error | undefined)[];
  /** What it answers to the report. */
  readonly error?: number;
  /** After how many questions the report is sent; default: at once. */
  readonly sentAfter?: number;
  /** The report does not leave. */
  readonly isDropped?: boolean;
}

/** A report, with a registrar that is asked first and told then. */
async function report(line: string, pool: FakePool, registrarIs: Registrar = {}) {
  const { answers = [], error, sentAfter, isDropped = false } = registrarIs;
  const happened: string[] = [];
  const tell = (event: PoolUserEvent) =>
    (world.made[0] as { onEvent: (event: PoolUserEvent) => void }).onEvent(event);
  const about = { poolHandle: "web", peIdentifier: 1 };
  let questions = 0;
  const user: Given["user"] = {
    resolve: (poolHandle, options) => {
      happened.push("asked");
      if (questions === 0) tell({ type: "home-adopted", registrar });
      if (++questions === sentAfter) tell({ type: "unreachable-reported", ...about });
      const answer = answers.shift();
      if (answer !== undefined) return Promise.reject(answer);
      return pool.given.user!.resolve!(poolHandle, options);
    },
    reportUnreachable: (poolHandle, identifier, options) => {
      happened.push(`told ${poolHandle} ${identifier}${options?.isForced ? " forced" : ""}`);
      if (isDropped) return tell({ type: "report-dropped", ...about });
      if (sentAfter === undefined) tell({ type: "unreachable-reported", ...about });
      if (error === undefined) return;
      tell({ type: "error-received", causes: [{ code: error, information: new Uint8Array() }] });
    },
    purge: () => {},
  };
  const world = new FakeWorld({ ...pool.given, user });
  const code = await runIn(world, `report-unreachable ${line}`);
  return { code, stdout: world.stdoutText, stderr: world.stderrText, happened };
}

const idle = () => Promise.resolve();

Deno.test("reporting: one that cannot be connected to is reported, and 0 means sent", async () => {
  await using pool = new FakePool().addDead();
  const { code, stdout, stderr, happened } = await report("web 0x1", pool);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(
    stdout,
    'sent to 192.0.2.1:3863: pool element 0x00000001 of pool "web" is unreachable; ' +
      "the registrar decides whether it is removed\n",
  );
  // The question behind it is answered when the report has been read.
  assert.deepEqual(happened, ["asked", "told web 1", "asked"]);
});

Deno.test("reporting: one that can be connected to is not reported: exit 7", async () => {
  await using pool = new FakePool().add(idle);
  const { code, stdout, stderr, happened } = await report("web 1", pool);
  assert.deepEqual([code, stdout, happened], [7, "", ["asked"]]);
  assert.match(stderr, /0x00000001 at 127.0.0.1:\d+ can be connected to: nothing is reported/);
});

Deno.test("report-unreachable --force tries nothing, and says so to the registrar", async () => {
  await using pool = new FakePool().add(idle);
  const { code, stdout, happened } = await report("web 1 --force", pool);
  assert.equal(code, 0);
  assert.match(stdout, /^sent to .* is unreachable \(not tried\); the registrar decides/);
  assert.deepEqual(happened, ["asked", "told web 1 forced", "asked"]);
});

Deno.test("reporting: who is not in the pool is reported by force only", async () => {
  await using pool = new FakePool().addDead();
  const unknown = await report("web 9", pool);
  assert.deepEqual([unknown.code, unknown.happened], [3, ["asked"]]);
  assert.match(unknown.stderr, /no pool element 0x00000009 is in pool "web"; 1 pool element is/);
  assert.equal((await report("web 9 --force", pool)).code, 0);
  const noPool = () => new UnknownPoolHandle("web");
  assert.equal((await report("web 1", pool, { answers: [noPool()] })).code, 3);
  assert.equal((await report("web 1 --force", pool, { answers: [noPool(), noPool()] })).code, 0);
});

Deno.test("reporting: an element over udp cannot be tried, and needs --force", async () => {
  await using pool = new FakePool().addAt(53, { protocol: "udp" } as object);
  const { code, stderr, happened } = await report("web 1", pool);
  assert.deepEqual([code, happened], [1, ["asked"]]);
  assert.match(stderr, /cannot be tried: it is reached by udp, not by tcp; nothing .*--force/);
  assert.equal((await report("web 1 --force", pool)).code, 0);
});

Deno.test("reporting: whatever is spoken there, a connection proves that it lives", async () => {
  await using pool = new FakePool().add(idle);
  const { port } = pool.elements.pop()!.transport as { port: number };
  pool.addAt(port, { use: 1 } as object);
  assert.equal((await report("web 1", pool)).code, 7);
});

Deno.test("reporting: a refusal that is told is exit 6, another error 5", async () => {
  await using pool = new FakePool().addDead();
  const refused = await report("web 1", pool, { error: 0xa });
  assert.deepEqual([refused.code, refused.stdout], [6, ""]);
  assert.match(refused.stderr, /refused the report: .*security.*without TLS/);
  const other = await report("web 1", pool, { error: 0x9 });
  assert.deepEqual([other.code, other.stdout], [5, ""]);
  assert.match(other.stderr, /refused the report: Unknown Pool Handle\n$/);
});

Deno.test("reporting: no registrar, before the report or behind it, is exit 4", async () => {
  await using pool = new FakePool().addDead();
  const none = () => new RegistrarUnreachable([]);
  for (const answers of [[none()], [undefined, none()]]) {
    const { code, stdout } = await report("web 1", pool, { answers });
    assert.deepEqual([code, stdout], [4, ""]);
  }
});

Deno.test("reporting: one that waits for the next registrar is sent, and read", async () => {
  await using pool = new FakePool().addDead();
  const { code, happened } = await report("web 1", pool, { sentAfter: 2 });
  assert.deepEqual([code, happened], [0, ["asked", "told web 1", "asked", "asked"]]);
});

Deno.test("reporting: one that does not leave is no success", async () => {
  await using pool = new FakePool().addDead();
  const { code, stdout, stderr } = await report("web 1", pool, { isDropped: true });
  assert.deepEqual([code, stdout], [4, ""]);
  assert.match(stderr, /the report could not be sent/);
});

Deno.test("reporting: what makes no sense is refused before anybody is asked", async () => {
  await using pool = new FakePool();
  for (
    const [line, words] of [
      ["web", /missing .*ID/],
      ["web zz", /ID: "zz" is not an identifier/],
      ["web 0", /ID: "0" is not an identifier/],
      ["web 1 2", /too many arguments/],
    ] as const
  ) {
    const { code, stderr, happened } = await report(line, pool);
    assert.deepEqual([code, happened], [2, []], line);
    assert.match(stderr, words);
  }
});
