/** docs/tcp-mapping.md §15, the element's side; RFC 5352 §3.8 and §3.9. */

import assert from "node:assert/strict";
import { DEFAULT_LIMITS, SESSION_TIMING } from "../../../lib/core/mod.ts";
import {
  CAUSE,
  endFrame,
  frameHeader,
  type PoolElement,
  SESSION_PREFACE,
  SESSION_PREFACE_WITH_COOKIE,
} from "../../../lib/wire/mod.ts";
import { framed, joined, said, Stage, textOf, withCookie } from "./element_stage.ts";

const COOKIE = Uint8Array.of(1, 2, 3, 4);

function elementOf(identifier: number): PoolElement {
  return {
    identifier,
    home: 0,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 80, use: 1, addresses: ["192.0.2.1"] },
    policy: { name: "round-robin" },
  };
}

/** Why the last session ended, as far as it has. */
function faultOf(stage: Stage) {
  const over = stage.taken().at(-1);
  assert.equal(over?.type, "over");
  return over.fault;
}

Deno.test("a session begins with the user's preface, which is answered at once", () => {
  const stage = new Stage();
  for (const byte of SESSION_PREFACE.slice(0, -1)) stage.receive(Uint8Array.of(byte));
  assert.deepEqual(stage.kinds(), []);
  stage.receive(SESSION_PREFACE.slice(-1));
  const [write, began] = stage.taken();
  assert.deepEqual(write, { type: "write", bytes: SESSION_PREFACE });
  assert.deepEqual(began, { type: "began", state: undefined });
});

Deno.test("prefaceMs: whoever sends no preface in time is closed", () => {
  const stage = new Stage();
  stage.receive(SESSION_PREFACE.slice(0, 8));
  stage.pass(SESSION_TIMING.prefaceMs - 1);
  assert.deepEqual(stage.kinds(), []);
  stage.pass(1);
  const [close, over] = stage.taken();
  assert.equal(close?.type, "close");
  assert(over?.type === "over");
  assert.deepEqual(over.fault, { reason: "partial-timeout", detail: "no preface within 5000 ms" });
});

Deno.test("whoever speaks something else reads a line of text, and is closed", () => {
  for (const wrong of ["GET / HTTP/1.1\r\n\r\n", "RSerPooL", "\n"]) {
    const stage = new Stage();
    stage.receive(new TextEncoder().encode(wrong));
    const outputs = stage.taken();
    assert.deepEqual(outputs.map(({ type }) => type), ["write", "close", "over"]);
    const [write, , over] = outputs;
    assert(write?.type === "write" && over?.type === "over");
    assert.match(new TextDecoder().decode(write.bytes), /^This port speaks RSerPool.*\n$/);
    assert.equal(over.fault?.reason, "garbage");
  }
});

Deno.test("another version is refused with its number", () => {
  const stage = new Stage();
  const preface = SESSION_PREFACE.slice();
  preface[8] = 2;
  stage.receive(preface);
  assert.match(faultOf(stage)?.detail ?? "", /version is 2/);
});

Deno.test("bytes behind the version are ignored, but for the flag of a cookie", () => {
  const stage = new Stage();
  const preface = SESSION_PREFACE.slice();
  preface.set([0xfe, 0xff, 0xff], 9);
  stage.receive(preface);
  assert.deepEqual(stage.kinds(), ["write", "began"]);
});

Deno.test("data comes in order, however it is cut, and frames of others are skipped", () => {
  const stream = joined([
    said("one "),
    frameHeader(0x4711, 3),
    Uint8Array.of(1, 2, 3),
    said("two"),
    frameHeader(0x4711, 0),
  ]);
  for (let cut = 0; cut <= stream.length; cut++) {
    const stage = Stage.begun();
    stage.receive(stream.slice(0, cut), stream.slice(cut));
    assert.equal(textOf(stage.taken()), "one two");
  }
});

Deno.test("both have ended: the user closes, and the session ends in order", () => {
  const stage = Stage.begun();
  stage.receive(said("bye"), endFrame());
  assert.deepEqual(stage.kinds(), ["data", "user-ended"]);
  stage.command({ type: "end" });
  assert.deepEqual(stage.taken(), [{ type: "write", bytes: endFrame() }]);
  stage.input({ type: "disconnected", reason: "closed" });
  assert.deepEqual(stage.taken(), [{ type: "close" }, { type: "over", fault: undefined }]);
});

Deno.test("sessionEndMs: a user that does not close after both ends is closed", () => {
  for (const last of ["user", "element"]) {
    const stage = Stage.begun();
    if (last === "user") stage.command({ type: "end" }).receive(endFrame());
    else stage.receive(endFrame()).command({ type: "end" });
    stage.pass(SESSION_TIMING.sessionEndMs - 1);
    assert(!stage.kinds().includes("close"));
    stage.pass(1);
    assert.deepEqual(stage.taken(), [{ type: "close" }, { type: "over", fault: undefined }]);
  }
});

Deno.test("a user that has ended may take its time to be answered", () => {
  const stage = Stage.begun();
  stage.receive(endFrame()).pass(3_600_000);
  assert.deepEqual(stage.kinds(), ["user-ended"]);
});

Deno.test("a user that is gone before the end of its data was lost, however it went", () => {
  for (const reason of ["closed", "reset", "timed-out"] as const) {
    const stage = Stage.begun();
    stage.input({ type: "disconnected", reason });
    assert.equal(faultOf(stage)?.reason, reason);
  }
});

Deno.test("a user that has ended, and is gone before all was sent, was lost", () => {
  const stage = Stage.begun();
  stage.receive(endFrame()).input({ type: "disconnected", reason: "closed" });
  assert.deepEqual(faultOf(stage), { reason: "closed", detail: "before all was sent" });
});

Deno.test("data behind the end, or a second end, loses the stream", () => {
  for (const wrong of [said("more"), endFrame()]) {
    const stage = Stage.begun();
    stage.receive(endFrame(), wrong);
    assert.equal(faultOf(stage)?.reason, "garbage");
  }
});

Deno.test("messages of the control channel may follow an end", () => {
  const stage = Stage.begun();
  stage.receive(endFrame());
  stage.receive(
    framed({ type: "ASAP_BUSINESS_CARD", poolHandle: "mine", poolElements: [elementOf(1)] }),
  );
  assert.deepEqual(stage.kinds(), ["user-ended", "card"]);
});

Deno.test("a frame that is too long, and a message of nothing, lose the stream", () => {
  for (const header of [frameHeader(0, 65_537), frameHeader(11, 65_537), frameHeader(11, 0)]) {
    const stage = Stage.begun();
    stage.receive(header);
    assert.equal(faultOf(stage)?.reason, "garbage");
  }
});

Deno.test("partialMessageMs: half a header, or half a message, may stand for 10 s", () => {
  const card = framed({ type: "ASAP_BUSINESS_CARD", poolHandle: "mine", poolElements: [] });
  for (const part of [card.slice(0, 3), card.slice(0, 8), card.slice(0, 12)]) {
    const stage = Stage.begun();
    stage.receive(part).pass(DEFAULT_LIMITS.partialMessageMs - 1);
    assert.deepEqual(stage.kinds(), []);
    stage.pass(1);
    assert.equal(faultOf(stage)?.reason, "partial-timeout");
  }
});

Deno.test("dribbled messages have 10 s each, data frames as long as they like", () => {
  const stage = Stage.begun();
  stage.receive(said("slow").slice(0, -1)).pass(3_600_000);
  assert.deepEqual(stage.kinds(), ["data"]);
  stage.receive(said("slow").slice(-1));
  const card = framed({ type: "ASAP_BUSINESS_CARD", poolHandle: "mine", poolElements: [] });
  for (let round = 0; round < 5; round++) {
    stage.receive(card.slice(0, 9)).pass(9_000).receive(card.slice(9)).pass(9_000);
  }
  assert(!stage.kinds().includes("over"));
});

Deno.test("what is not read for the program's sake is not the user's fault", () => {
  const stage = Stage.begun();
  stage.receive(said("slow").slice(0, 3)).input({ type: "unheard" }).pass(3_600_000);
  assert.deepEqual(stage.kinds(), []);
  stage.receive(said("slow").slice(3));
  assert.equal(textOf(stage.taken()), "slow");
});

Deno.test("RFC 5352 §3.8: a cookie is verified before the session begins", () => {
  const stage = new Stage();
  stage.receive(joined([withCookie(COOKIE), said("then")]));
  const outputs = stage.taken();
  assert.deepEqual(outputs.map(({ type }) => type), ["write", "verify"]);
  assert.deepEqual(outputs[1], { type: "verify", cookie: COOKIE });
  assert.equal(stage.session.isListening, false);
  const state = Uint8Array.of(9);
  stage.input({ type: "verified", state });
  const then = stage.taken();
  assert.deepEqual(then[0], { type: "began", state });
  assert.equal(textOf(then), "then");
  assert.equal(stage.session.isListening, true);
});

Deno.test("a cookie that is not accepted is refused with 0xa, and the user closed", () => {
  const stage = new Stage();
  stage.receive(joined([withCookie(COOKIE), said("lost")]));
  stage.taken();
  stage.input({ type: "verified", state: undefined });
  const outputs = stage.taken();
  assert.deepEqual(outputs.map(({ type }) => type), ["write", "close", "over"]);
  const over = outputs.at(-1);
  assert(over?.type === "over");
  assert.equal(over.fault?.reason, "security");
});

Deno.test("a cookie that was not announced, or comes late, is refused with 0xa", () => {
  const echo = framed({ type: "ASAP_COOKIE_ECHO", cookie: COOKIE });
  for (const before of [[], [said("data")], [endFrame()]]) {
    const stage = new Stage();
    stage.receive(SESSION_PREFACE, ...before, echo);
    const [error] = stage.messages();
    assert(error?.type === "ASAP_ERROR");
    const codes = error.causes.map(({ code }) => code);
    assert.deepEqual(codes, [CAUSE.rejectedDueToSecurityConsiderations]);
    assert.equal(stage.session.isListening, false);
  }
});

Deno.test("another frame in the place of an announced cookie loses the stream", () => {
  const card = framed({ type: "ASAP_BUSINESS_CARD", poolHandle: "mine", poolElements: [] });
  for (const first of [said("data"), endFrame(), card, Uint8Array.of(0, 0, 0, 11, 0, 0, 0, 1, 7)]) {
    const stage = new Stage();
    stage.receive(SESSION_PREFACE_WITH_COOKIE, first);
    assert.equal(faultOf(stage)?.reason, "garbage");
  }
});

Deno.test("an announced cookie that does not come is not waited for", () => {
  const stage = new Stage();
  stage.receive(SESSION_PREFACE_WITH_COOKIE);
  stage.pass(DEFAULT_LIMITS.partialMessageMs);
  assert.equal(faultOf(stage)?.detail, "no cookie within 10000 ms");
});

Deno.test("maxCookieBytes: a longer cookie is refused without being verified", () => {
  const most = DEFAULT_LIMITS.maxCookieBytes;
  const fits = new Stage().receive(withCookie(new Uint8Array(most)));
  assert.deepEqual(fits.kinds(), ["write", "verify"]);
  const tooLong = new Stage().receive(withCookie(new Uint8Array(most + 1)));
  assert.deepEqual(tooLong.kinds(), ["write", "write", "close", "over"]);
});

Deno.test("RFC 5352 §3.9: a user's card is told; maxFailoverOrder elements of it", () => {
  const stage = Stage.begun();
  const most = DEFAULT_LIMITS.maxFailoverOrder;
  const poolElements = Array.from({ length: most + 6 }, (_, i) => elementOf(i + 1));
  stage.receive(framed({ type: "ASAP_BUSINESS_CARD", poolHandle: "mine", poolElements }));
  const { card } = stage.only("card");
  assert.equal(card.poolHandle, "mine");
  assert.deepEqual(card.poolElements.map(({ identifier }) => identifier), [
    ...Array.from({ length: most }, (_, i) => i + 1),
  ]);
});

Deno.test("cookies, cards and data leave in the order in which they were asked for", () => {
  const stage = new Stage();
  stage.receive(SESSION_PREFACE);
  stage.command({ type: "send-card", card: { poolHandle: "web", poolElements: [elementOf(7)] } });
  stage.command({ type: "send-cookie", cookie: COOKIE });
  stage.command({ type: "send", bytes: new TextEncoder().encode("acknowledged") });
  stage.command({ type: "end" });
  const kinds = stage.written().map(({ kind }) => kind);
  assert.deepEqual(kinds, ["preface", "control", "control", "data", "end"]);
});

Deno.test("RFC 5354 §4: other messages are answered by ASAP_ERROR and change nothing", () => {
  const stage = new Stage().receive(SESSION_PREFACE);
  stage.receive(framed({ type: "ASAP_COOKIE", cookie: COOKIE }));
  stage.receive(said("on"));
  const outputs = stage.taken();
  assert.equal(outputs.filter(({ type }) => type === "discarded").length, 1);
  assert.equal(textOf(outputs), "on");
  // It is told of once, but answered each time.
  stage.receive(framed({ type: "ASAP_COOKIE", cookie: COOKIE }));
  assert.deepEqual(stage.kinds(), ["write"]);
});

Deno.test("bytes that are no message are answered as their action bits say", () => {
  const unknown = (type: number) => joined([frameHeader(11, 4), Uint8Array.of(type, 0, 0, 4)]);
  const report = new Stage().receive(SESSION_PREFACE, unknown(0x7f));
  const [error] = report.messages();
  assert(error?.type === "ASAP_ERROR");
  assert.deepEqual(error.causes.map(({ code }) => code), [CAUSE.unrecognizedMessage]);
  const silent = Stage.begun().receive(unknown(0x3f));
  assert.deepEqual(silent.kinds(), ["discarded"]);
});

Deno.test("ASAP_ERROR is told and never answered", () => {
  const stage = Stage.begun();
  const causes = [{ code: CAUSE.unrecognizedMessage, information: COOKIE }];
  stage.receive(framed({ type: "ASAP_ERROR", causes }));
  assert.deepEqual(stage.only("error-received").causes, causes);
  assert.deepEqual(stage.kinds(), []);
});

Deno.test("close: what still comes is thrown away, and the user has a few seconds to end", () => {
  const stage = Stage.begun();
  stage.command({ type: "close" });
  stage.receive(said("unread"));
  const outputs = stage.taken();
  assert.equal(textOf(outputs), "");
  stage.pass(SESSION_TIMING.sessionEndMs);
  assert.deepEqual(stage.taken(), [{ type: "close" }, { type: "over", fault: undefined }]);
});

Deno.test("close: a user that closes without a word of its own is no loss", () => {
  const stage = Stage.begun();
  stage.command({ type: "close" }).taken();
  stage.input({ type: "disconnected", reason: "closed" });
  assert.deepEqual(stage.taken(), [{ type: "close" }, { type: "over", fault: undefined }]);
});

Deno.test("abort sends no end, so that the user fails over", () => {
  const stage = Stage.begun();
  stage.command({ type: "abort" });
  assert.deepEqual(stage.taken(), [{ type: "abort" }, { type: "over", fault: undefined }]);
});

Deno.test("once it is over, nothing more comes of it", () => {
  const stage = Stage.begun();
  stage.command({ type: "abort" }).taken();
  stage.receive(said("late"), endFrame());
  stage.command({ type: "send", bytes: COOKIE }).command({ type: "close" });
  stage.input({ type: "verified", state: COOKIE });
  stage.input({ type: "disconnected", reason: "reset" }).pass(3_600_000);
  assert.deepEqual(stage.kinds(), []);
  assert.equal(stage.session.deadline(), undefined);
});

Deno.test("what is sent before the user has come, or after the end, is not written", () => {
  const early = new Stage().command({ type: "send", bytes: COOKIE });
  assert.deepEqual(early.kinds(), []);
  const late = Stage.begun().command({ type: "end" });
  late.taken();
  late.command({ type: "send", bytes: COOKIE });
  assert.deepEqual(late.kinds(), []);
});
