import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../../lib/core/limits.ts";
import { bytesOf, poolOf, SAYS, TIMING, UserPlay } from "./user_play.ts";

Deno.test("data+control: preface first, then data; it is open when the element speaks", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).connected();
  assert.deepEqual(play.dialled, [1]);
  assert.deepEqual(play.heard(), ["preface"]);
  assert.deepEqual(play.all("opened"), []);
  play.says(SAYS.preface);
  assert.deepEqual(play.all("opened").map((each) => each.element.identifier), [1]);
  const send = play.send("hello");
  assert.equal(play.handedTo(send), undefined);
  play.takenAll();
  assert.equal(play.handedTo(send), 1);
  play.says(SAYS.data("hi"));
  assert.deepEqual(play.received, ["1:hi"]);
  assert.deepEqual(play.heard(), ["preface", "data:hello"]);
});

Deno.test("data: the bytes of the application and nothing else", () => {
  const play = new UserPlay(poolOf(0, 1)).connected();
  assert.equal(play.all("opened").length, 1);
  play.send("hello");
  play.command({ type: "send-card", card: { poolHandle: "users", poolElements: [] } });
  play.says(bytesOf("RSerPool"));
  assert.deepEqual(play.written(), bytesOf("hello"));
  assert.deepEqual(play.received, ["1:RSerPool"]);
});

Deno.test("the card of a user that is an element comes behind the preface, and at any time", () => {
  const businessCard = { poolHandle: "users", poolElements: [] };
  const play = new UserPlay(poolOf(1, 1), { businessCard }).open();
  play.send("x");
  play.command({ type: "send-card", card: { poolHandle: "others", poolElements: [] } });
  assert.deepEqual(play.heard(), ["preface", "card:users", "data:x", "card:others"]);
});

Deno.test("both ends: the user closes the connection in order, whoever has ended first", () => {
  for (const use of [0, 1]) {
    const first = new UserPlay(poolOf(use, 1)).open();
    const end = first.end();
    first.takenAll();
    assert.equal(first.handedTo(end), 1);
    assert(!first.session.isOver);
    if (use === 1) first.says(SAYS.data("last"), SAYS.end);
    else first.says(bytesOf("last")).lost("closed");
    assert.deepEqual(first.received, ["1:last"]);
    assert.deepEqual(first.over, { type: "over", failure: undefined, attempts: [] });
    assert.deepEqual(first.all("hang-up").map(({ how }) => how), ["close"]);

    const second = new UserPlay(poolOf(use, 1)).open();
    if (use === 1) second.says(SAYS.end);
    else second.lost("closed");
    assert.equal(second.all("element-ended").length, 1);
    second.send("still");
    second.end();
    second.takenAll();
    assert.equal(second.over?.failure, undefined);
    assert.deepEqual(second.reported, []);
    assert.deepEqual(second.all("hang-up").map(({ how }) => how), ["close"]);
  }
});

Deno.test("an element that leaves behind its end is not reported, and not replaced", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().says(SAYS.end).lost("closed");
  assert.equal(play.over?.failure, "element-lost");
  assert.deepEqual(play.reported, []);
  assert.deepEqual(play.dialled, [1]);
});

Deno.test("a failure behind both ends is none", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open();
  play.end();
  play.says(SAYS.end);
  // The end is given to the connection, which the system has not taken.
  assert(!play.session.isOver);
  play.lost("reset");
  assert.equal(play.over?.failure, undefined);
  assert.deepEqual(play.reported, []);
});

Deno.test("close: ends its data, throws away what comes, and waits for the element's end", () => {
  const play = new UserPlay(poolOf(1, 1)).open();
  play.send("last words");
  play.end("close");
  play.takenAll().says(SAYS.data("unwanted"));
  assert.deepEqual(play.heard(), ["preface", "data:last words", "end"]);
  assert.deepEqual(play.received, []);
  play.says(SAYS.end);
  assert.equal(play.over?.failure, undefined);
});

Deno.test("sessionEndMs: an element that does not end is not waited for longer", () => {
  const play = new UserPlay(poolOf(1, 1)).open();
  play.end("close");
  play.pass(TIMING.sessionEndMs - 1);
  assert(!play.session.isOver);
  play.pass(1);
  assert.equal(play.over?.failure, undefined);
  assert.deepEqual(play.all("hang-up").map(({ how }) => how), ["close"]);
});

Deno.test("close while nothing waits ends it in every phase", () => {
  const phases: Record<string, () => UserPlay> = {
    resolving: () => new UserPlay(undefined),
    connecting: () => new UserPlay(poolOf(1, 1)),
    "in its failover": () => new UserPlay(poolOf(1, 1, 2)).open().lost(),
    announcing: () => new UserPlay(poolOf(1, 1, 2)).open().lost().connected(),
  };
  for (const [phase, begin] of Object.entries(phases)) {
    const play = begin();
    play.end("close");
    assert.equal(play.over?.failure, undefined, phase);
    assert(play.over, phase);
    assert.equal(play.session.deadline(), undefined, phase);
  }
});

Deno.test("abort ends it at once in every phase", () => {
  const phases: Record<string, () => UserPlay> = {
    resolving: () => new UserPlay(undefined),
    connecting: () => new UserPlay(poolOf(1, 1)),
    greeting: () => new UserPlay(poolOf(1, 1)).connected(),
    open: () => new UserPlay(poolOf(1, 1)).open(),
    resting: () => new UserPlay(poolOf(1, 1)).lost("refused"),
    announcing: () => new UserPlay(poolOf(1, 1, 2)).open().lost().connected(),
  };
  for (const [phase, begin] of Object.entries(phases)) {
    const play = begin().command({ type: "abort" });
    assert.equal(play.over?.failure, "aborted", phase);
    assert.equal(play.session.deadline(), undefined, phase);
    const { length } = play.log;
    play.connected().says(SAYS.preface).announced().lost();
    assert.equal(play.log.length, length, phase);
    if (["connecting", "greeting", "open", "announcing"].includes(phase)) {
      assert.equal(play.all("hang-up").at(-1)?.how, "abort", phase);
    }
  }
});

Deno.test("maxUnsentBytes: what the system has not taken yet keeps the rest waiting", () => {
  const play = new UserPlay(poolOf(0, 1)).open();
  const half = "x".repeat(DEFAULT_LIMITS.maxUnsentBytes / 2);
  const sends = [play.send(half), play.send(half), play.send("more")];
  assert.equal(play.written().length, DEFAULT_LIMITS.maxUnsentBytes);
  play.handle({ type: "written", attempt: 1, send: sends[0]! });
  assert.equal(play.written().length, DEFAULT_LIMITS.maxUnsentBytes + 4);
  assert.equal(play.handedTo(sends[0]!), 1);
  assert.equal(play.handedTo(sends[1]!), undefined);
});

Deno.test("nothing is sent behind the end, and an empty send is handed on at once", () => {
  const play = new UserPlay(poolOf(1, 1)).open();
  assert.equal(play.handedTo(play.send("")), 1);
  play.end();
  play.send("too late");
  assert.deepEqual(play.heard(), ["preface", "end"]);
});

Deno.test("what is no message for a user is answered, and told once", () => {
  const play = new UserPlay(poolOf(1, 1)).open();
  const echo = SAYS.message({ type: "ASAP_COOKIE_ECHO", cookie: bytesOf("x") });
  play.says(echo, echo);
  assert.deepEqual(play.heard(), ["preface", "error:2", "error:2"]);
  assert.equal(play.all("discarded").length, 1);
  assert(!play.session.isOver);
  play.says(SAYS.error(0x2));
  assert.deepEqual(play.heard(), ["preface", "error:2", "error:2"]);
});

Deno.test("late and repeated inputs change nothing", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().lost();
  const { length } = play.log;
  play.handle({ type: "received", attempt: 1, bytes: SAYS.data("late") });
  play.handle({ type: "disconnected", attempt: 1, reason: "reset" });
  play.handle({ type: "connected", attempt: 1 });
  play.handle({ type: "written", attempt: 1, send: 1 });
  play.handle({ type: "resolved", request: 1, pool: poolOf(1, 9) });
  play.announced().handle({ type: "vetoed", attempt: play.attempt });
  assert.equal(play.log.length, length);
});
