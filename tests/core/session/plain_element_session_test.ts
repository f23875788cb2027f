/** docs/tcp-mapping.md §15: a pool of Transport Use 0 has the bytes of the application alone. */

import assert from "node:assert/strict";
import { SESSION_TIMING } from "../../../lib/core/mod.ts";
import { Stage, textOf } from "./element_stage.ts";

const bytes = new TextEncoder().encode("RSerPool");

function plain(): Stage {
  const stage = new Stage("plain");
  stage.pass(0).input({ type: "verified", state: undefined });
  assert.deepEqual(stage.kinds(), ["began"]);
  return stage;
}

Deno.test("bytes go through as they are, both ways", () => {
  const stage = plain();
  stage.receive(bytes);
  assert.equal(textOf(stage.taken()), "RSerPool");
  stage.command({ type: "send", bytes });
  assert.deepEqual(stage.taken(), [{ type: "write", bytes }]);
});

Deno.test("FIN is an end; with both the session is over", () => {
  const stage = plain();
  stage.input({ type: "disconnected", reason: "closed" });
  assert.deepEqual(stage.kinds(), ["user-ended"]);
  stage.command({ type: "send", bytes }).command({ type: "end" });
  assert.deepEqual(stage.kinds(), ["write", "end-write", "close", "over"]);
});

Deno.test("this side's end may come first", () => {
  const stage = plain();
  stage.command({ type: "end" }).command({ type: "end" });
  assert.deepEqual(stage.kinds(), ["end-write"]);
  stage.receive(bytes).pass(3_600_000);
  assert.deepEqual(stage.kinds(), ["data"]);
  stage.input({ type: "disconnected", reason: "closed" });
  assert.deepEqual(stage.kinds(), ["user-ended", "close", "over"]);
});

Deno.test("RST is a failure", () => {
  const stage = plain();
  stage.input({ type: "disconnected", reason: "reset" });
  const [abort, over] = stage.taken();
  assert.equal(abort?.type, "abort");
  assert.deepEqual(over, { type: "over", fault: { reason: "reset", detail: undefined } });
});

Deno.test("sessionEndMs: a user that goes on after the close is not waited for", () => {
  const stage = plain();
  stage.command({ type: "close" }).receive(bytes).pass(SESSION_TIMING.sessionEndMs - 1);
  assert.deepEqual(stage.kinds(), ["end-write"]);
  stage.pass(1);
  assert.deepEqual(stage.kinds(), ["close", "over"]);
});

Deno.test("there is no control channel: cookies and cards are not written", () => {
  const stage = plain();
  stage.command({ type: "send-cookie", cookie: bytes });
  stage.command({ type: "send-card", card: { poolHandle: "web", poolElements: [] } });
  assert.deepEqual(stage.kinds(), []);
});
