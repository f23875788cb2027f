/** `watch`: what it prints, what it refuses, and how it ends. */

import assert from "node:assert/strict";
import type { PoolElementValue, PoolUpdate } from "../../cli/api.ts";
import { WATCH_LIMITS } from "../../cli/watch/options.ts";
import { DEFAULT_LIMITS } from "../../lib/core/mod.ts";
import { ELEMENT, resolutionOf, SCTP_ELEMENT } from "./elements.ts";
import { errors, type FakeUser, FakeWorld, type Given, run, runIn } from "./fake_world.ts";

const describe = { describeAttempt: errors.describeAttempt } as Given["api"];

function pool(poolHandle: string, ...poolElements: PoolElementValue[]): PoolUpdate {
  if (poolElements.length === 0) return { poolHandle, poolElements };
  return { ...resolutionOf(...poolElements), poolHandle };
}

/** A user that tells of each pool what is given, and waits then for the end. */
function telling(pools: Readonly<Record<string, readonly PoolUpdate[]>>, over: () => void) {
  let left = Object.values(pools).flat().length;
  const user: FakeUser = {
    async *watch(poolHandle, options) {
      const { signal } = options!;
      for (const update of pools[poolHandle] ?? []) {
        yield update;
        left--;
      }
      if (left === 0) over();
      await new Promise((_, reject) => {
        if (signal!.aborted) reject(signal!.reason);
        signal!.addEventListener("abort", () => reject(signal!.reason));
      });
    },
  };
  return user;
}

/** What is printed of some pools until all is told; times are left out. */
async function printed(line: string, pools: Readonly<Record<string, readonly PoolUpdate[]>>) {
  const given: { user: FakeUser; api: Given["api"] } = { user: {}, api: describe };
  const world = new FakeWorld(given as Given);
  given.user = telling(pools, () => world.signal("SIGTERM"));
  assert.deepEqual([await runIn(world, `watch ${line}`), world.stderrText], [0, ""]);
  return world.stdoutText.replace(/^\d{4}-\d\d-\d\dT\S+Z /gm, "TIME ");
}

const CAME = "tcp 192.0.2.10:80, weighted-round-robin:weight=10, home 0x00c0ffee";
const NONE = '{"poolHandle":"web","poolElements":[]}\n';

Deno.test("for eyes a line for each pool, then one for each change", async () => {
  const web = [
    pool("web", ELEMENT),
    pool("web", ELEMENT),
    pool("web"),
    pool("web", SCTP_ELEMENT, ELEMENT),
  ];
  const text = await printed("web", { web });
  assert.deepEqual(text.split("\n").slice(0, 3), [
    "TIME web: 1 pool element",
    "TIME web: 0x5562e917 went: tcp 192.0.2.10:80 (no pool elements)",
    text.split("\n")[2]!,
  ]);
  assert.match(text, /TIME web: 0x5562e917 came: .* \(2 pool elements\)\n$/);
  assert(text.includes(CAME), text);
  const both = await printed("web db web", { web: [pool("web")], db: [pool("db", ELEMENT)] });
  assert.equal(both, "TIME web: no pool elements\nTIME db: 1 pool element\n");
});

Deno.test("with -o json and ndjson an answer is a line, as of resolve --watch", async () => {
  for (const form of ["json", "ndjson"]) {
    const web = [pool("web"), pool("web"), pool("web", ELEMENT)];
    const lines = (await printed(`web -o ${form}`, { web })).split("\n");
    assert.deepEqual(lines.slice(0, 2).map((each) => `${each}\n`), [NONE, NONE]);
    assert.equal(JSON.parse(lines[2]!).poolElements[0].identifier, "0x5562e917");
  }
});

Deno.test("yaml has a document for each answer", async () => {
  const document = "poolHandle: web\npoolElements: []\n";
  const text = await printed("web -o yaml", { web: [pool("web"), pool("web")] });
  assert.equal(text, `${document}---\n${document}`);
});

Deno.test("--once prints what is there, also nothing, with exit code 0", async () => {
  const pools = { web: [pool("web")], db: [pool("db", ELEMENT)] };
  const table = await run("watch web db --once", { user: telling(pools, () => {}), api: describe });
  assert.deepEqual([table.code, table.stderr], [0, ""]);
  assert.match(table.stdout, /^POOL +IDENTIFIER .*\ndb +0x5562e917 .*\n$/);
  const json = await run("watch web --once -o json", {
    user: telling({ web: [pool("web")] }, () => {}),
    api: describe,
  });
  assert.deepEqual([json.code, json.stdout], [0, NONE]);
});

Deno.test("--once --all prints all pools, in the order of their handles", async () => {
  const pools = { b: [pool("b", ELEMENT)], a: [pool("a")] };
  const listed = ["b", "a"].map((poolHandle) => ({ poolHandle, poolElements: [] }));
  const observer = {
    handleTable: () => Promise.resolve({ registrar: {} as never, pools: listed }),
  } as Given["observer"];
  const api = { ...describe, Observer: undefined } as unknown as Given["api"];
  delete (api as Record<string, unknown>).Observer;
  const user = telling(pools, () => {});
  const { code, stdout } = await run("watch --all --once -o json", { user, observer, api });
  assert.equal(code, 0);
  const handles = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).poolHandle);
  assert.deepEqual(handles, ["a", "b"]);
});

Deno.test("a rejection is exit 5 for a named pool; no registrar is exit 4", async () => {
  const failing = (error: Error): FakeUser => ({
    // deno-lint-ignore require-yield -- it fails at once
    async *watch() {
      await Promise.resolve();
      throw error;
    },
  });
  const rejected = new errors.ResolutionRejected("web", [{
    code: 6,
    information: new Uint8Array(),
  }]);
  const five = await run("watch web", { user: failing(rejected), api: describe });
  assert.deepEqual([five.code, five.stdout], [5, ""]);
  const away = new errors.RegistrarUnreachable([]);
  const four = await run("watch web --once", { user: failing(away), api: describe });
  assert.deepEqual([four.code, four.stdout], [4, ""]);
});

Deno.test("of all pools one that may not be watched is left out, with a warning", async () => {
  const user: FakeUser = {
    async *watch(poolHandle) {
      if (poolHandle === "secret") {
        throw new errors.ResolutionRejected("secret", [
          { code: 10, information: new Uint8Array() },
        ]);
      }
      yield pool(poolHandle, ELEMENT);
    },
  };
  const listed = ["secret", "web"].map((poolHandle) => ({ poolHandle, poolElements: [] }));
  const observer = {
    handleTable: () => Promise.resolve({ registrar: {} as never, pools: listed }),
  } as Given["observer"];
  const { code, stdout, stderr } = await run("watch --all --once -o json", {
    user,
    observer,
    api: describe,
  });
  assert.deepEqual([code, JSON.parse(stdout).poolHandle], [0, "web"]);
  assert.match(stderr, /warning: pool "secret" is not watched: /);
});

Deno.test("no more pools than maxPools, which is what a registrar allows", async () => {
  const { maxPools } = WATCH_LIMITS;
  assert.equal(maxPools, 1_000);
  assert.equal(maxPools, DEFAULT_LIMITS.maxSubscriptionsPerAssociation);
  const names = Array.from({ length: maxPools + 1 }, (_, i) => `p${i}`);
  const { code, stderr, world } = await run(["watch", ...names], { api: describe });
  assert.deepEqual([code, world.made], [2, []]);
  assert.match(stderr, /1001 pools: at most 1000 can be watched/);
  const all = names.map((poolHandle) => ({ poolHandle, poolElements: [] }));
  const observer = {
    handleTable: () => Promise.resolve({ registrar: {} as never, pools: all }),
  } as Given["observer"];
  const user = telling(Object.fromEntries(names.map((each) => [each, [pool(each)]])), () => {});
  const watched = await run("watch --all --once -o json", { user, observer, api: describe });
  assert.equal(watched.stdout.trimEnd().split("\n").length, maxPools);
  assert.match(watched.stderr, /more than 1000 pools: not all are watched/);
});

Deno.test("what makes no sense is exit 2, and nothing is sent", async () => {
  const rows: readonly [string, RegExp][] = [
    ["", /POOL is missing; .*--all/],
    ["web --all", /POOL and --all exclude each other/],
    ["web --pools-interval 3s", /--pools-interval needs --all/],
    ["web --debounce 3s", /--debounce needs --exec/],
    ["web --exec-timeout 3s", /--exec-timeout needs --exec/],
    ["web --once --ready-file x", /--once and --ready-file exclude each other/],
    ["--all -r a:1", /--enrp-registrar/],
  ];
  for (const [line, words] of rows) {
    const { code, stdout, stderr, world } = await run(`watch ${line}`, { api: describe });
    assert.deepEqual([code, stdout, world.made], [2, "", []], line);
    assert.match(stderr, words);
  }
  const { code, stderr } = await run(["watch", "web", "--exec", " "], { api: describe });
  assert.equal(code, 2);
  assert.match(stderr, /--exec: there is no command/);
});
