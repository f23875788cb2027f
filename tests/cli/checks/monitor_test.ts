import assert from "node:assert/strict";
import { monitor, type MonitorSettings } from "../../../cli/checks/monitor.ts";

const SETTINGS: MonitorSettings = {
  check: { type: "tcp" },
  intervalMs: 1,
  timeoutMs: 5000,
  rise: 1,
  fall: 3,
};

Deno.test("none is healthy at once, and is not looked at again", async () => {
  let healthy = 0;
  await monitor({ ...SETTINGS, check: { type: "none" } }, {
    target: () => assert.fail("nothing is to be looked at"),
    healthy: () => healthy++,
    unhealthy: () => assert.fail("nothing fails"),
  }, new AbortController().signal);
  assert.equal(healthy, 1);
});

Deno.test("a service that comes, goes and comes again is told each time", async () => {
  const abort = new AbortController();
  let listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = (listener.addr as Deno.NetAddr).port;
  listener.close();
  const story: string[] = [];
  let failed = 0;
  await monitor(SETTINGS, {
    target: () => ({ address: "127.0.0.1", port }),
    looked(outcome) {
      if (outcome.passed) {
        if (failed > 0) story.push(`${failed >= 3 ? "3 or more" : failed} failed`);
        failed = 0;
      } else failed++;
      if (failed === 3 && story.length === 0) {
        listener = Deno.listen({ hostname: "127.0.0.1", port });
      }
    },
    healthy() {
      story.push("healthy");
      listener.close();
      if (story.filter((each) => each === "healthy").length === 2) abort.abort();
    },
    unhealthy(reason) {
      story.push(`unhealthy: ${reason}`);
      listener = Deno.listen({ hostname: "127.0.0.1", port });
    },
  }, abort.signal);
  assert.deepEqual(story, [
    "3 or more failed",
    "healthy",
    `unhealthy: 127.0.0.1:${port}: connection refused`,
    "3 or more failed",
    "healthy",
  ]);
});

Deno.test("a target that is not known is a failed check, not an end", async () => {
  const abort = new AbortController();
  const reasons: string[] = [];
  await monitor(SETTINGS, {
    target: () => Promise.reject(new Error("unknown host")),
    looked(outcome) {
      if (!outcome.passed) reasons.push(outcome.reason);
      if (reasons.length === 3) abort.abort();
    },
    healthy: () => assert.fail("it cannot be healthy"),
    unhealthy: () => {},
  }, abort.signal);
  assert.deepEqual(reasons, ["unknown host", "unknown host", "unknown host"]);
});
