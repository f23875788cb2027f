import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../../lib/core/limits.ts";
import type { DisconnectReason } from "../../../lib/core/machine.ts";
import { CAUSE, SESSION_PREFACE } from "../../../lib/wire/mod.ts";
import { bytesOf, element, poolOf, SAYS, TIMING, UserPlay } from "./user_play.ts";

Deno.test("a lost element is reported once; the next is told of before anything reaches it", () => {
  const play = new UserPlay(poolOf(1, 1, 2, 3)).open();
  play.says(SAYS.cookie("old"), SAYS.cookie("new"));
  const before = play.send("before");
  play.lost("closed");
  assert.equal(play.handedTo(before), 1);
  const waiting = play.send("waiting");
  assert.deepEqual(play.reported, [1]);
  assert.deepEqual(play.dialled, [1, 2]);
  play.connected();
  assert.deepEqual(play.written(), new Uint8Array(0));
  const announce = play.all("announce");
  assert.equal(announce.length, 1);
  assert.equal(announce[0]!.from.element.identifier, 1);
  assert.equal(announce[0]!.from.reason, "closed");
  assert.equal(announce[0]!.to.identifier, 2);
  assert.equal(announce[0]!.hasCookie, true);
  play.announced("again", "!");
  assert.deepEqual(play.heard(), [
    "preface+cookie",
    "echo:new",
    "data:again",
    "data:!",
    "data:waiting",
  ]);
  play.takenAll();
  assert.equal(play.handedTo(waiting), 2);
  assert.deepEqual(play.all("opened").map((each) => each.element.identifier), [1, 2]);
  assert.deepEqual(play.reported, [1]);
});

Deno.test("the order at the next element: preface, cookie, card, handler's bytes, rest", () => {
  const businessCard = { poolHandle: "users", poolElements: [] };
  const play = new UserPlay(poolOf(1, 1, 2), { businessCard }).open().says(SAYS.cookie("c"));
  play.lost();
  play.send("waits");
  play.connected().announced("handler");
  assert.deepEqual(play.heard(), [
    "preface+cookie",
    "echo:c",
    "card:users",
    "data:handler",
    "data:waits",
  ]);
});

Deno.test("without a control channel a reset is a failure, the end of the stream is none", () => {
  const play = new UserPlay(poolOf(0, 1, 2)).open();
  play.send("lost with it");
  play.lost("reset").connected();
  assert.equal(play.all("announce")[0]?.hasCookie, false);
  play.announced("replayed");
  assert.deepEqual(play.written(), bytesOf("replayed"));
  assert.deepEqual(play.reported, [1]);
  play.lost("closed");
  assert.equal(play.all("element-ended").length, 1);
  assert.deepEqual(play.dialled, [1, 2]);
});

Deno.test("every way to lose an element leads to the next one", () => {
  const ways: Record<string, readonly [(play: UserPlay) => void, DisconnectReason, boolean]> = {
    "closed without an end": [(play) => play.lost("closed"), "closed", true],
    "reset": [(play) => play.lost("reset"), "reset", true],
    "timed out by TCP": [(play) => play.lost("timed-out"), "timed-out", true],
    "garbage": [(play) => play.says(Uint8Array.of(0, 0, 0, 0, 0xff, 0, 0, 0)), "garbage", false],
    "data behind its end": [
      (play) => {
        play.says(SAYS.data("x"), Uint8Array.of(0, 0, 0, 11, 0, 0, 0, 0));
      },
      "garbage",
      false,
    ],
    "part of a header and silence": [
      (play) => {
        play.says(Uint8Array.of(0, 0, 0)).pass(DEFAULT_LIMITS.partialMessageMs);
      },
      "partial-timeout",
      true,
    ],
    "part of a message and silence": [
      (play) => {
        play.says(SAYS.cookie("half").slice(0, 12)).pass(DEFAULT_LIMITS.partialMessageMs);
      },
      "partial-timeout",
      true,
    ],
  };
  for (const [way, [lose, reason, isReported]] of Object.entries(ways)) {
    const play = new UserPlay(poolOf(1, 1, 2)).open();
    lose(play);
    assert.deepEqual(play.dialled, [1, 2], way);
    assert.deepEqual(play.reported, isReported ? [1] : [], way);
    play.connected();
    assert.equal(play.all("announce")[0]?.from.reason, reason, way);
  }
});

Deno.test("partialMessageMs: until then the rest may come; each part has its own time", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open();
  const cookie = SAYS.cookie("c");
  for (let round = 0; round < 3; round++) {
    play.says(cookie.slice(0, 5)).pass(DEFAULT_LIMITS.partialMessageMs - 1);
    play.says(cookie.slice(5));
  }
  play.pass(DEFAULT_LIMITS.partialMessageMs * 10);
  assert.deepEqual(play.dialled, [1]);
  // A frame of data may take its time.
  play.says(SAYS.data("slow").slice(0, 10)).pass(DEFAULT_LIMITS.partialMessageMs * 10);
  assert.deepEqual(play.dialled, [1]);
});

Deno.test("prefaceMs: an element that accepts and says nothing is left for the next one", () => {
  const first = new UserPlay(poolOf(1, 1, 2)).connected().pass(TIMING.prefaceMs - 1);
  assert.deepEqual(first.dialled, [1]);
  first.pass(1);
  assert.deepEqual(first.dialled, [1, 2]);
  assert.deepEqual(first.reported, [1]);
  assert.deepEqual(first.all("announce"), []);
  assert.equal(first.all("hang-up")[0]?.how, "abort");

  const next = new UserPlay(poolOf(1, 1, 2, 3)).open().lost().connected().announced();
  next.pass(TIMING.prefaceMs);
  assert.deepEqual(next.dialled, [1, 2, 3]);
  next.connected();
  assert.deepEqual(next.all("announce").map((each) => each.from.element.identifier), [1, 2]);
});

Deno.test("another program, or version, at an element's port is garbage at its first byte", () => {
  const version = SESSION_PREFACE.slice();
  version[8] = 2;
  for (const said of [bytesOf("HTTP/1.1 400"), bytesOf("R?"), version]) {
    const play = new UserPlay(poolOf(1, 1, 2)).connected().says(said);
    assert.deepEqual(play.dialled, [1, 2]);
    assert.deepEqual(play.reported, []);
    assert.deepEqual(play.all("opened"), []);
  }
});

Deno.test("who does not trust the next element ends the session, and nothing was sent", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().lost().connected();
  play.send("secret");
  play.handle({ type: "vetoed", attempt: 2 });
  assert.equal(play.over?.failure, "vetoed");
  assert.deepEqual(play.written(2), new Uint8Array(0));
  assert.deepEqual(play.all("hang-up").at(-1), { type: "hang-up", attempt: 2, how: "abort" });
  assert.deepEqual(play.reported, [1]);
});

Deno.test("the handler has as long as it likes: no search is given up meanwhile", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().lost().connected();
  play.pass(TIMING.failoverTimeoutMs * 10);
  assert(!play.session.isOver);
  play.announced().says(SAYS.preface, SAYS.data("x"));
  assert.deepEqual(play.received, ["2:x"]);
});

Deno.test("a cookie that is refused is the end, and is offered to nobody else", () => {
  const play = new UserPlay(poolOf(1, 1, 2, 3)).open().says(SAYS.cookie("forged")).lost();
  play.connected().announced();
  play.says(SAYS.preface, SAYS.error(CAUSE.rejectedDueToSecurityConsiderations));
  assert.equal(play.over?.failure, "cookie-refused");
  assert.equal(play.over?.attempts.at(-1)?.reason, "security");
  assert.deepEqual(play.dialled, [1, 2]);
  assert.deepEqual(play.reported, [1]);
});

Deno.test("errors that are not about a cookie end nothing", () => {
  const refusal = SAYS.error(CAUSE.rejectedDueToSecurityConsiderations);
  const first = new UserPlay(poolOf(1, 1, 2)).open().says(refusal);
  assert(!first.session.isOver);
  const next = new UserPlay(poolOf(1, 1, 2)).open().says(SAYS.cookie("c")).lost();
  next.connected().announced().says(SAYS.preface, SAYS.error(CAUSE.unrecognizedParameter));
  assert(!next.session.isOver);
  // Whoever goes on has accepted it.
  next.says(SAYS.data("served"), refusal);
  assert(!next.session.isOver);
  assert.equal(next.all("error-received").length, 2);
});

Deno.test("the first element is sent no cookie; each next one the latest that came", () => {
  const play = new UserPlay(poolOf(1, 1, 2, 3)).open();
  assert.deepEqual(play.heard(), ["preface"]);
  play.says(SAYS.cookie("1")).lost().connected().announced().says(SAYS.preface);
  play.lost().connected().announced().says(SAYS.preface, SAYS.cookie("3")).pass(TIMING.provenMs);
  play.lost().connected().announced();
  assert.deepEqual(play.heard(2), ["preface+cookie", "echo:1"]);
  assert.deepEqual(play.heard(3), ["preface+cookie", "echo:1"]);
  assert.deepEqual(play.heard(4), ["preface+cookie", "echo:3"]);
});

Deno.test("a cookie that is too long is refused, and the one before it kept", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().says(SAYS.cookie("kept"));
  play.says(SAYS.message({
    type: "ASAP_COOKIE",
    cookie: new Uint8Array(DEFAULT_LIMITS.maxCookieBytes + 1),
  }));
  assert.deepEqual(play.heard(), ["preface", "error:3"]);
  play.lost().connected().announced();
  assert.deepEqual(play.heard(), ["preface+cookie", "echo:kept"]);
});

Deno.test("lost between its own end and the element's: the end is repeated, and told once", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open();
  play.send("request");
  const end = play.end();
  play.takenAll().lost().connected().announced("request");
  assert.deepEqual(play.heard(2), ["preface", "data:request", "end"]);
  play.says(SAYS.preface, SAYS.data("answer"), SAYS.end);
  assert.deepEqual(play.received, ["2:answer"]);
  assert.deepEqual(play.all("handed").filter(({ send }) => send === end).length, 1);
  assert.equal(play.over?.failure, undefined);
});

Deno.test("without failover the session ends with its element, which is reported", () => {
  const play = new UserPlay(poolOf(1, 1, 2), { failover: false }).open();
  play.send("unsent to nobody else");
  play.lost();
  assert.equal(play.over?.failure, "element-lost");
  assert.deepEqual(play.over?.attempts.map((each) => each.element.identifier), [1]);
  assert.deepEqual(play.reported, [1]);
  assert.deepEqual(play.dialled, [1]);
});

Deno.test("close while bytes wait: they reach the next element first", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().lost();
  play.send("last words");
  play.end("close");
  play.connected().announced();
  assert.deepEqual(play.heard(), ["preface", "data:last words", "end"]);
  play.lost();
  assert.equal(play.over?.failure, undefined);
});

Deno.test("the pool may change its use between two elements", () => {
  const mixed = { poolElements: [element(1, 1), element(2, 0)] };
  const play = new UserPlay(mixed).open().says(SAYS.cookie("c")).lost().connected();
  assert.equal(play.all("announce")[0]?.hasCookie, false);
  play.announced();
  play.send("plain");
  assert.deepEqual(play.written(), bytesOf("plain"));
});
