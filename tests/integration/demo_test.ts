/** `deno task demo` shows the main job within half a minute, and leaves no process. */
import assert from "node:assert/strict";
import { Scratch } from "./harness.ts";

const DEMO = decodeURIComponent(new URL("../../tools/demo.ts", import.meta.url).pathname);
const LIMIT_MS = 30_000;
const MARK = "RSERPOOL_TEST_MARK";

/** Processes that were started, by whomever, with this mark in their environment. */
function marked(mark: string): string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^[0-9]+$/.test(name)) continue;
    try {
      const variables = Deno.readTextFileSync(`/proc/${name}/environ`).split("\0");
      if (variables.includes(`${MARK}=${mark}`)) found.push(name);
    } catch {
      // It has ended, or is not ours.
    }
  }
  return found;
}

Deno.test("the demonstration shows a page of a server that was resolved, and exits 0", async () => {
  await using scratch = await Scratch.make();
  const mark = crypto.randomUUID();
  const env = { [MARK]: mark };
  const { code, stdout, stderr, tookMs } = await scratch
    .spawn("deno", ["run", "-A", DEMO], { env }, "demo").ended;
  assert.equal(code, 0, stderr);
  assert.ok(tookMs < LIMIT_MS, `it took ${tookMs} ms`);
  assert.match(stdout, /^\$ curl http:\/\/127\.0\.0\.1:(\d+)\/\n<h1>Hello .* port \1<\/h1>$/m);
  assert.match(stdout, /de-registered/);
  assert.match(stdout, /What you can type next/);
  assert.deepEqual(marked(mark), []);
});

Deno.test("the demonstration, interrupted, leaves no process either", async () => {
  await using scratch = await Scratch.make();
  const mark = crypto.randomUUID();
  const running = scratch.spawn("deno", ["run", "-A", DEMO], { env: { [MARK]: mark } }, "demo");
  await running.prints(/\[server 1\] registered/);
  const { code } = await running.stop("SIGINT");
  assert.equal(code, 1);
  assert.deepEqual(marked(mark), []);
});
