/** `-v` of clients: which registrar is asked, which failed and why, and which one answered. */

import assert from "node:assert/strict";
import { AttemptLog } from "../../cli/attempt_log.ts";
import { Log } from "../../cli/log.ts";
import { describeAttempt } from "../../lib/driver/errors.ts";
import { run } from "./fake_world.ts";
import { ELEMENT, resolutionOf } from "./elements.ts";

const A = { host: "127.0.0.1", port: 3863 };
const B = { host: "::1", port: 3873 };

function told(events: readonly { readonly type: string }[]): string[] {
  const lines: string[] = [];
  const log = new Log((line) => lines.push(line.replace(/^rserpool: info: |\n$/g, "")), {
    threshold: "info",
    format: "text",
    color: false,
    timestamps: false,
  });
  const attempts = new AttemptLog(log, describeAttempt);
  for (const event of events) attempts.tell(event);
  return lines;
}

const dialled = (registrar: typeof A) => ({ type: "registrar-dialled", registrar });
const failed = (address: typeof A, reason: string, detail?: string) => ({
  type: "registrar-failed",
  address,
  reason,
  detail,
});

Deno.test("a registrar that refuses, and the one that is asked and answers", () => {
  const answered = { type: "home-adopted", registrar: B };
  assert.deepEqual(told([dialled(A), failed(A, "refused"), dialled(B), answered]), [
    "asking registrar 127.0.0.1:3863",
    "registrar 127.0.0.1:3863: connection refused",
    "asking registrar [::1]:3873",
    "registrar [::1]:3873 answered",
  ]);
});

Deno.test("a registrar that is silent is named when another one is asked, too", () => {
  const garbage = failed(B, "garbage", "it speaks HTTP");
  assert.deepEqual(told([dialled(A), dialled(B), garbage, { type: "listed", registrar: A }]), [
    "asking registrar 127.0.0.1:3863",
    "no answer yet from 127.0.0.1:3863; asking registrar [::1]:3873, too",
    "registrar [::1]:3873: answers garbage (it speaks HTTP)",
    "registrar 127.0.0.1:3863 answered",
  ]);
});

Deno.test("a home that is lost in the middle has failed", () => {
  const lost = { type: "home-lost", registrar: A, reason: "closed" };
  assert.deepEqual(told([dialled(A), { type: "home-adopted", registrar: A }, lost, dialled(B)]), [
    "asking registrar 127.0.0.1:3863",
    "registrar 127.0.0.1:3863 answered",
    "registrar 127.0.0.1:3863: closed the connection without an answer",
    "asking registrar [::1]:3873",
  ]);
});

Deno.test("other events are not told", () => {
  assert.deepEqual(told([{ type: "hunting" }, { type: "resolved" }]), []);
});

Deno.test("clients follow their attempts with -v only", async () => {
  const user = { resolve: () => Promise.resolve(resolutionOf(ELEMENT)) };
  const made = async (line: string) => (await run(line, { user })).world.made[0]!;
  assert.equal("onEvent" in await made("resolve web"), false);
  assert.equal("onEvent" in await made("resolve web -v"), true);
});

Deno.test("resolve has the timers of a pool user in the RFC's words", async () => {
  const user = { resolve: () => Promise.resolve(resolutionOf(ELEMENT)) };
  const timing = async (line: string) => (await run(line, { user })).world.made[0]!.timing;
  assert.deepEqual(await timing("resolve web --timeout 3s"), { t1EnrpRequestMs: 3_000 });
  assert.deepEqual(
    await timing(
      "resolve web --t1-enrprequest 700ms --max-request-retransmit 0 --t5-serverhunt 2s " +
        "--retran-max 4s --stale-cache-value 1m",
    ),
    {
      t1EnrpRequestMs: 700,
      maxRequestRetransmit: 0,
      t5ServerHuntMs: 2_000,
      retranMaxMs: 4_000,
      staleCacheValueMs: 60_000,
    },
  );
});
