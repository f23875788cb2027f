import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../../lib/core/limits.ts";
import { poolOf, SAYS, TIMING, UserPlay } from "./user_play.ts";

Deno.test("a program that does not read is no fault of its element", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().says(SAYS.data("much"), Uint8Array.of(0, 0));
  play.handle({ type: "unheard", attempt: 1 }).pass(DEFAULT_LIMITS.partialMessageMs * 10);
  assert.deepEqual(play.dialled, [1]);
  // What comes then, and has no end, has a time of its own.
  play.says(Uint8Array.of(0)).pass(DEFAULT_LIMITS.partialMessageMs);
  assert.deepEqual(play.reported, [1]);
});

Deno.test("close: an element that never reads is not waited for, and is told of", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open();
  const [first] = [play.send("a".repeat(DEFAULT_LIMITS.maxUnsentBytes)), play.send("b")];
  play.end("close");
  play.pass(TIMING.failoverTimeoutMs - 1);
  assert(!play.session.isOver);
  // What is taken makes room for the time of the rest.
  play.handle({ type: "written", attempt: 1, send: first! });
  play.pass(TIMING.failoverTimeoutMs - 1);
  assert(!play.session.isOver);
  play.pass(1);
  assert.equal(play.over?.failure, "element-lost");
  assert.equal(play.over?.attempts.at(-1)?.reason, "overflow");
  assert.equal(play.session.deadline(), undefined);
  assert.deepEqual(play.reported, []);
});

Deno.test("an element that was not given the time of a dial is not reported for it", () => {
  const timing = { ...TIMING, connectTimeoutMs: TIMING.elementDialMs / 2 };
  const play = new UserPlay(poolOf(1, 1), { timing });
  play.lost("timed-out");
  assert.deepEqual(play.reported, []);
  const patient = new UserPlay(poolOf(1, 1));
  patient.lost("timed-out");
  assert.deepEqual(patient.reported, [1]);
});

Deno.test("as long as a handler thinks, the search for an element takes no time", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().lost().connected();
  play.pass(TIMING.failoverTimeoutMs * 10).announced().lost();
  assert.equal(play.over, undefined);
  play.pass(TIMING.retryPauseMaxMs).connected().announced().says(SAYS.preface);
  assert.equal(play.over, undefined);
});
