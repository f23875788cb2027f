import assert from "node:assert/strict";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { element, poolOf, SAYS, TIMING, UserPlay } from "./user_play.ts";

Deno.test("the unreachable are reported and passed over, the untrusted only passed over", () => {
  const play = new UserPlay(poolOf(1, 1, 2, 3, 4));
  play.lost("refused").lost("security").lost("timed-out");
  assert.deepEqual(play.dialled, [1, 2, 3, 4]);
  assert.deepEqual(play.reported, [1, 3]);
  play.open();
  assert.equal(play.all("opened").length, 1);
  assert.deepEqual(play.all("announce"), []);
});

Deno.test("an element that is not reached by TCP is passed over without a report", () => {
  const sctp = { ...element(1), transport: { ...element(1).transport, protocol: "sctp" as const } };
  const play = new UserPlay({ poolElements: [sctp as typeof sctp & never, element(2)] });
  assert.deepEqual(play.dialled, [2]);
  assert.deepEqual(play.reported, []);
});

Deno.test("the failover order of the last card comes first, of those that are in the pool", () => {
  const play = new UserPlay(poolOf(1, 1, 2, 3, 4)).open();
  play.says(SAYS.card("web", 1, 2, 3), SAYS.card("web", 1, 9, 4, 3), SAYS.card("others", 2));
  assert.equal(play.all("card").length, 2);
  play.lost();
  assert.deepEqual(play.dialled, [1, 4]);
  play.lost("refused").lost("refused");
  assert.deepEqual(play.dialled, [1, 4, 3, 2]);
});

Deno.test("an order may be given to begin with, and one element before it", () => {
  const play = new UserPlay(poolOf(1, 1, 2, 3, 4), { first: 4, order: [9, 3, 2] });
  play.lost("refused").lost("refused").lost("refused");
  assert.deepEqual(play.dialled, [4, 3, 2, 1]);
});

Deno.test("the policy of all sessions proposes; what has failed is not taken again", () => {
  const elements = [1, 2, 3].map((each) => element(each));
  let turn = 1;
  const propose = () => elements[turn++ % 3];
  const play = new UserPlay({ poolElements: elements, propose });
  assert.deepEqual(play.dialled, [2]);
  play.lost("refused").lost("refused");
  assert.deepEqual(play.dialled, [2, 3, 1]);
  // Another session has moved it: 2 is proposed, and has failed.
  const stuck = new UserPlay({ poolElements: elements, propose: () => elements[1] });
  stuck.lost("refused").lost("refused");
  assert.deepEqual(new Set(stuck.dialled), new Set([1, 2, 3]));
});

Deno.test("weights hold among those that are left, and weight 0 is never chosen", () => {
  const weighted = [0, 1, 1].map((weight, at) => ({
    ...element(at + 1),
    policy: { name: "weighted-round-robin" as const, weight },
  }));
  const play = new UserPlay({ poolElements: weighted }).lost("refused").lost("refused");
  assert.deepEqual(new Set(play.dialled.slice(0, 2)), new Set([2, 3]));
  assert(!play.dialled.includes(1));
});

Deno.test("the element that is asked for is looked for before another is taken", () => {
  const play = new UserPlay(poolOf(1, 1, 2), { first: 7, requiresFirst: true });
  assert.deepEqual(play.all("resolve").map(({ isFresh }) => isFresh), [false, true]);
  assert.deepEqual(play.dialled, [1]);
  const late = new UserPlay(undefined, { first: 7, requiresFirst: true });
  late.handle({ type: "resolved", request: 1, pool: poolOf(1, 1, 2) });
  assert.deepEqual(late.dialled, []);
  const request = late.all("resolve").at(-1)!.request;
  late.handle({ type: "resolved", request, pool: poolOf(1, 1, 7) });
  assert.deepEqual(late.dialled, [7]);
});

Deno.test("without failover it is that element or none", () => {
  const missing = new UserPlay(poolOf(1, 1), { first: 7, requiresFirst: true, failover: false });
  assert.equal(missing.over?.failure, "no-element");
  assert.deepEqual(missing.dialled, []);
  const refused = new UserPlay(poolOf(1, 1, 7), { first: 7, requiresFirst: true, failover: false });
  refused.lost("refused");
  assert.equal(refused.over?.failure, "no-element");
  assert.deepEqual(refused.dialled, [7]);
  assert.deepEqual(refused.reported, [7]);
});

Deno.test("the element of the last session is taken if it is there, and not looked for", () => {
  const play = new UserPlay(poolOf(1, 1, 2), { first: 2 });
  assert.deepEqual(play.dialled, [2]);
  const gone = new UserPlay(poolOf(1, 1, 2), { first: 7 });
  assert.deepEqual(gone.dialled, [1]);
  assert.equal(gone.all("resolve").length, 1);
});

Deno.test("at a failure nobody is asked before the next element is dialled", () => {
  const play = new UserPlay(poolOf(1, 1, 2)).open().lost();
  assert.deepEqual(play.dialled, [1, 2]);
  assert(play.all("resolve").every(({ isFresh }) => !isFresh));
});

Deno.test("when all have failed the registrar is asked, with growing pauses of ±50 %", () => {
  const play = new UserPlay(poolOf(1, 1, 2), { random: seededRandom(7) });
  const pauses: number[] = [];
  for (let round = 0; round < 8; round++) {
    play.lost("refused").lost("refused");
    pauses.push(play.session.deadline()! - play.now);
    play.pass(pauses.at(-1)!);
  }
  const { retryPauseMs, retryPauseMaxMs } = TIMING;
  pauses.forEach((pause, at) => {
    const mean = Math.min(retryPauseMs * 2 ** at, retryPauseMaxMs);
    assert(pause >= mean / 2 && pause < mean * 1.5, `pause ${at}: ${pause} of ${mean}`);
  });
  const fresh = play.all("resolve").filter(({ isFresh }) => isFresh).length;
  assert.equal(fresh, 9);
  assert.deepEqual(play.dialled.slice(0, 6).toSorted(), [1, 1, 1, 2, 2, 2]);
});

Deno.test("an element that came meanwhile is tried before the pause", () => {
  const play = new UserPlay(poolOf(1, 1));
  play.pool = poolOf(1, 1, 2);
  play.lost("refused");
  assert.deepEqual(play.dialled, [1, 2]);
});

Deno.test("connectTimeoutMs: no element until then is a failure that names every attempt", () => {
  const play = new UserPlay(poolOf(1, 1));
  while (!play.session.isOver && play.now < 10 * TIMING.connectTimeoutMs) {
    if (play.dialled.length > play.all("report").length) play.lost("refused");
    else play.pass(100);
  }
  assert.equal(play.now, TIMING.connectTimeoutMs);
  assert.equal(play.over?.failure, "no-element");
  assert.equal(play.over?.attempts.length, play.dialled.length);
  assert(play.over!.attempts.every(({ reason }) => reason === "refused"));
});

Deno.test("connectTimeoutMs: a dial that hangs, or a silent element, has no time to fail", () => {
  const timing = { ...TIMING, connectTimeoutMs: 1_000 };
  const hanging = new UserPlay(poolOf(1, 1), { timing });
  assert.equal(hanging.all("dial")[0]!.timeoutMs, 1_000);
  const silent = new UserPlay(poolOf(1, 1), { timing }).connected();
  for (const play of [hanging, silent]) {
    play.pass(1_000);
    assert.equal(play.over?.failure, "no-element");
    assert.deepEqual(play.over?.attempts.map(({ reason }) => reason), ["timed-out"]);
    assert.deepEqual(play.reported, []);
    assert.equal(play.all("hang-up").length, 1);
  }
});

Deno.test("elementDialMs: one element does not take all the time", () => {
  const play = new UserPlay(poolOf(1, 1, 2));
  assert.equal(play.all("dial")[0]!.timeoutMs, TIMING.elementDialMs);
});

Deno.test("failoverTimeoutMs: no other element until then is a failure", () => {
  const play = new UserPlay(poolOf(1, 1)).open().pass(60_000).lost();
  assert.deepEqual(play.dialled, [1]);
  const lostAt = play.now;
  while (!play.session.isOver && play.now < lostAt + 10 * TIMING.failoverTimeoutMs) {
    if (play.dialled.length > play.reported.length) play.lost("refused");
    else play.pass(100);
  }
  assert.equal(play.now - lostAt, TIMING.failoverTimeoutMs);
  assert.equal(play.over?.failure, "no-element");
  assert.equal(play.over?.attempts[0]?.reason, "closed");
  assert.deepEqual(
    new Set(play.over?.attempts.slice(1).map(({ reason }) => reason)),
    new Set(["refused"]),
  );
});

Deno.test("whom nobody trusts is told as such", () => {
  const timing = { ...TIMING, connectTimeoutMs: 1_000 };
  const play = new UserPlay(poolOf(1, 1), { timing });
  while (!play.session.isOver) {
    const { length } = play.dialled;
    play.lost("security");
    if (play.dialled.length === length) play.pass(50);
  }
  assert.equal(play.over?.failure, "not-trusted");
  assert.deepEqual(play.reported, []);
});

Deno.test("a pool that cannot be resolved is a failure at once, but not in a failover", () => {
  const first = new UserPlay(undefined).handle({ type: "unresolved", request: 1 });
  assert.equal(first.over?.failure, "unresolved");
  const play = new UserPlay(poolOf(1, 1)).open();
  play.pool = undefined;
  play.lost();
  for (let asked = play.all("resolve"); asked.length < 6; asked = play.all("resolve")) {
    play.handle({ type: "unresolved", request: asked.at(-1)!.request });
    play.pass(TIMING.retryPauseMaxMs);
    if (play.all("dial").length > play.reported.length) play.lost("refused");
  }
  assert(!play.session.isOver);
  // What was known is tried again: its element may be back.
  assert(play.dialled.length > 1);
});

Deno.test("provenMs: an element that dies at once is not tried again before all others", () => {
  const play = new UserPlay(poolOf(1, 1, 2, 3)).open().lost();
  for (const expected of [[1, 2], [1, 2, 3]]) {
    assert.deepEqual(play.dialled, expected);
    play.connected().announced().says(SAYS.preface).pass(TIMING.provenMs - 1).lost();
  }
  // All three have failed: it asks, and rests.
  assert.deepEqual(play.dialled, [1, 2, 3]);
  play.pass(TIMING.retryPauseMs * 1.5);
  assert.equal(play.dialled.length, 4);
  play.connected().announced().says(SAYS.preface).pass(TIMING.provenMs).lost();
  assert.equal(play.dialled.length, 5, "one that was well is replaced at once");
});

Deno.test("elements that die at once, one after the other, do not keep a session for ever", () => {
  for (const use of [0, 1]) {
    const play = new UserPlay(poolOf(use, 1, 2)).open();
    while (!play.session.isOver && play.now < 10 * TIMING.failoverTimeoutMs) {
      const { length } = play.dialled;
      if (play.all("opened").length === length) play.lost("reset");
      else if (play.all("announce").length < length - 1) play.connected().announced();
      else play.says(SAYS.preface).lost("reset");
      if (play.dialled.length === length) play.pass(10);
    }
    assert.equal(play.over?.failure, "no-element", `use ${use}`);
    assert(play.now <= TIMING.failoverTimeoutMs + TIMING.provenMs, `use ${use}: ${play.now}`);
  }
});

Deno.test("what is remembered of attempts is bounded", () => {
  const play = new UserPlay(poolOf(1, ...Array.from({ length: 100 }, (_, at) => at + 1)));
  for (let failed = 0; failed < 100; failed++) play.lost("refused");
  play.pass(TIMING.connectTimeoutMs);
  assert.equal(play.over?.attempts.length, 64);
});
