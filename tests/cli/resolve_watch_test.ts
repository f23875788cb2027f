/** `resolve --watch`: what it prints, and how it ends. */

import assert from "node:assert/strict";
import type { PoolElementValue, PoolUpdate, PoolUserSettings } from "../../cli/api.ts";
import { ELEMENT, resolutionOf, SCTP_ELEMENT } from "./elements.ts";
import { errors, type FakeUser, FakeWorld, type Given, run, runIn } from "./fake_world.ts";

const EMPTY: PoolUpdate = { poolHandle: "web", poolElements: [] };
const describe = { describeAttempt: errors.describeAttempt } as Given["api"];

function pool(...poolElements: PoolElementValue[]): PoolUpdate {
  return resolutionOf(...poolElements);
}

/** A user that tells these updates, then fails. */
function telling(updates: readonly PoolUpdate[], end: () => unknown): FakeUser {
  return {
    async *watch() {
      yield* updates;
      throw end();
    },
  };
}

/** What a watcher prints of some updates before SIGTERM ends it; the code must be 0. */
async function printed(line: string | readonly string[], ...updates: PoolUpdate[]) {
  const given: { user: FakeUser; api: Given["api"] } = { user: {}, api: describe };
  const world = new FakeWorld(given as Given);
  given.user.watch = async function* (_, options) {
    yield* updates;
    world.signal("SIGTERM");
    throw options!.signal!.reason;
  };
  given.user.select = () => Promise.resolve(SCTP_ELEMENT);
  const words = typeof line === "string" ? line.split(" ") : line;
  const code = await runIn(world, ["resolve", "web", "--watch", ...words]);
  assert.deepEqual([code, world.stderrText], [0, ""]);
  return world.stdoutText;
}

const ONE_VIEW = '{"identifier":"0x5562e917","home":"0x00c0ffee","lifetimeMs":300000,' +
  '"transport":{"protocol":"tcp","addresses":["192.0.2.10"],"port":80,"use":"data"},' +
  '"policy":{"name":"weighted-round-robin","weight":10}}';
const ONE = `{"poolHandle":"web","policy":{"name":"weighted-round-robin"},` +
  `"poolElements":[${ONE_VIEW}]}\n`;
const NONE = '{"poolHandle":"web","poolElements":[]}\n';

Deno.test("with -o json and ndjson an answer is a line, an empty one, too", async () => {
  for (const form of ["json", "ndjson"]) {
    assert.equal(await printed(`-o ${form}`, EMPTY, pool(ELEMENT), EMPTY), NONE + ONE + NONE);
  }
});

Deno.test("tables and csv have their headers each time, and an empty line between", async () => {
  const header = "POOL  IDENTIFIER  ENDPOINT";
  const table = (await printed("-o table", pool(ELEMENT), EMPTY, pool(ELEMENT))).split("\n");
  const starts = table.map((line) => line.slice(0, header.length));
  assert.equal(starts.filter((line) => line === header).length, 3);
  assert.deepEqual(table.map((line) => line === ""), [
    ...[false, false, true],
    ...[false, true],
    ...[false, false, true],
  ]);
  const csv = await printed("-o csv", pool(ELEMENT), EMPTY);
  const [head] = csv.split("\n");
  assert.equal(
    csv,
    `${head}\nweb,0x5562e917,tcp,192.0.2.10,80,weighted-round-robin,10,,` +
      `0x00c0ffee,300000\n\n${head}\n`,
  );
});

Deno.test("yaml has a document for each answer", async () => {
  const text = await printed("-o yaml", EMPTY, EMPTY);
  assert.equal(text, "poolHandle: web\npoolElements: []\n---\npoolHandle: web\npoolElements: []\n");
});

Deno.test("--format prints a line for each element, and an empty one between answers", async () => {
  const text = await printed(
    ["--format", "{identifier}"],
    pool(ELEMENT, SCTP_ELEMENT),
    EMPTY,
    pool(ELEMENT),
  );
  assert.equal(text, "0x5562e917\n0x00000002\n\n\n0x5562e917\n");
});

Deno.test("--first --format prints one line for each answer, empty if there is none", async () => {
  const text = await printed(
    ["--first", "--format", "{identifier}"],
    pool(ELEMENT, SCTP_ELEMENT),
    EMPTY,
  );
  assert.equal(text, "0x00000002\n\n");
});

Deno.test("--items keeps the first of each answer", async () => {
  const text = await printed("--items 1 -o json", pool(ELEMENT, SCTP_ELEMENT));
  assert.equal(text, ONE);
});

Deno.test("-q prints nothing", async () => {
  assert.equal(await printed("-q", pool(ELEMENT)), "");
});

Deno.test("SIGINT ends it as SIGTERM does, before the first answer too", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const begun = Promise.withResolvers<void>();
    const user: FakeUser = {
      // deno-lint-ignore require-yield -- it waits for the signal
      async *watch(_, options) {
        const { promise, resolve } = Promise.withResolvers<void>();
        options!.signal!.addEventListener("abort", () => resolve());
        begun.resolve();
        await promise;
        throw options!.signal!.reason;
      },
    };
    const world = new FakeWorld({ user, api: describe });
    const running = runIn(world, "resolve web --watch");
    await begun.promise;
    world.signal(signal);
    assert.deepEqual([await running, world.stdoutText, world.stderrText], [0, "", ""]);
  }
});

Deno.test("it hunts on, and asks for the first answer within --timeout", async () => {
  const asked: unknown[] = [];
  const user: FakeUser = {
    // deno-lint-ignore require-yield -- it fails at once
    async *watch(poolHandle, options) {
      asked.push([poolHandle, options!.timeoutMs]);
      throw new errors.RegistrarUnreachable([]);
    },
  };
  const { code, stdout, stderr, world } = await run(
    "resolve hex:776562 --watch -r a -r b:7 --timeout 1s",
    { user, api: describe },
  );
  assert.deepEqual(asked, [["web", 1000]]);
  const [settings] = world.made as unknown as PoolUserSettings[];
  assert.deepEqual(settings!.registrars, [{ host: "a", port: 3863 }, { host: "b", port: 7 }]);
  assert.deepEqual([settings!.once, settings!.staggerMs], [undefined, 500]);
  assert.deepEqual([code, stdout], [4, ""]);
  assert.match(stderr, /error: no registrar answered/i);
});

Deno.test("a rejection is exit 5, for security 6", async () => {
  const rejected = (code: number) => () =>
    new errors.ResolutionRejected("web", [{ code, information: new Uint8Array() }]);
  for (const [cause, expected] of [[6, 5], [10, 6]] as const) {
    const user = telling([pool(ELEMENT)], rejected(cause));
    const { code, stdout } = await run("resolve web --watch -o json", { user, api: describe });
    assert.deepEqual([code, stdout], [expected, ONE]);
  }
});

/** What is said while a registrar is found, lost, missed for two rounds, and found again. */
async function saidOfAnOutage(flags: string): Promise<readonly string[]> {
  const given: { user: FakeUser; api: Given["api"] } = { user: {}, api: describe };
  const world = new FakeWorld(given as Given);
  given.user.watch = async function* () {
    yield EMPTY;
    const { onEvent } = world.made[0] as unknown as Required<PoolUserSettings>;
    const registrar = { host: "192.0.2.1", port: 3863 };
    const failure = { type: "hunt-failure", attempts: [{ address: registrar, reason: "refused" }] };
    onEvent(failure as Parameters<typeof onEvent>[0]);
    onEvent({ type: "home-adopted", registrar });
    onEvent({ type: "home-lost", registrar, reason: "reset" });
    onEvent({ type: "hunting" });
    for (let round = 0; round < 2; round++) onEvent(failure as Parameters<typeof onEvent>[0]);
    onEvent({ type: "home-adopted", registrar });
    world.signal("SIGTERM");
    throw "SIGTERM";
  };
  assert.equal(await runIn(world, `resolve web --watch ${flags}`), 0);
  return world.stderrText.split("\n").slice(0, -1).map((line) => line.replace(/^\S+Z /, ""));
}

const MISSED = "no registrar answers, trying on: 192.0.2.1:3863: connection refused";

Deno.test("that nobody answers any more is said once, and that somebody does again", async () => {
  assert.deepEqual(await saidOfAnOutage(""), [
    `warning: ${MISSED}`,
    "notice: registrar 192.0.2.1:3863 answers",
  ]);
});

Deno.test("-v says when registrars come and go", async () => {
  assert.deepEqual(await saidOfAnOutage("-v"), [
    `info: ${MISSED}`,
    "info: registrar 192.0.2.1:3863 answers",
    "info: lost the registrar: 192.0.2.1:3863: reset the connection",
    `warning: ${MISSED}`,
    `info: ${MISSED}`,
    "notice: registrar 192.0.2.1:3863 answers",
  ]);
});

Deno.test("--watch beside --wait or --min is a mistake, and nothing is sent", async () => {
  for (const line of ["resolve web --watch --wait 3s", "resolve web --watch --min 2"]) {
    const { code, stdout, stderr, world } = await run(line, { api: describe });
    assert.deepEqual([code, stdout, world.made], [2, "", []]);
    assert.match(stderr, /--wait/);
  }
});
