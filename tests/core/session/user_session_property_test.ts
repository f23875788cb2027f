import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_LIMITS } from "../../../lib/core/limits.ts";
import type { UserSessionOutput } from "../../../lib/core/session/user_contract.ts";
import { asap, SessionSplitter } from "../../../lib/wire/mod.ts";
import { bytesOf, joined, poolOf, SAYS, textOf, TIMING, UserPlay } from "./user_play.ts";

/** One thing that happens. Numbers choose among what is there at that time. */
type Event =
  | { readonly kind: "connected" | "announced" | "veto" | "taken" | "end" | "close" | "abort" }
  /** It gets onto the next element, which says something. */
  | { readonly kind: "open"; readonly what: readonly number[] }
  | { readonly kind: "lost"; readonly reason: "refused" | "closed" | "reset" | "security" }
  | { readonly kind: "says"; readonly what: readonly number[]; readonly cut: number }
  | { readonly kind: "noise"; readonly bytes: Uint8Array }
  | { readonly kind: "send"; readonly size: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "pool"; readonly identifiers: readonly number[] };

const usually = fc.integer({ min: 0, max: 5 }).map((drawn) => drawn > 0);
const rarely = (kind: "veto" | "end" | "close" | "abort") => fc.constant({ kind } as const);

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 30, arbitrary: fc.constant({ kind: "connected" } as const) },
  { weight: 16, arbitrary: fc.constant({ kind: "announced" } as const) },
  { weight: 10, arbitrary: fc.constant({ kind: "taken" } as const) },
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant("open" as const),
      what: fc.array(fc.nat(7), { maxLength: 5 }),
    }),
  },
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constant("lost" as const),
      reason: fc.constantFrom("refused", "closed", "reset", "security"),
    }),
  },
  {
    weight: 24,
    arbitrary: fc.record({
      kind: fc.constant("says" as const),
      what: fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }),
      cut: fc.nat(100),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("noise" as const), bytes: fc.uint8Array() }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      size: fc.constantFrom(0, 1, 10, 70_000),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 100, 1_000, 6_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("pool" as const),
      identifiers: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.oneof(rarely("end"), rarely("close")) },
  { weight: 1, arbitrary: fc.oneof(rarely("veto"), rarely("abort")) },
);

/** Plays the events; what an element says comes in order, cut anywhere. */
class Player {
  readonly play: UserPlay;
  readonly sends: number[] = [];
  /** What each attempt's element has said so far, and what of it has not come yet. */
  private saying = { attempt: 0, rest: new Uint8Array(0), hasSpoken: false };
  private cookies = 0;
  constructor(private readonly use: number, failover: boolean) {
    this.play = new UserPlay(poolOf(use, 1, 2, 3), { failover });
  }

  step(event: Event): void {
    const { play } = this;
    switch (event.kind) {
      case "connected":
        return void play.connected();
      case "announced":
        return void play.announced(`hello ${play.attempt}`);
      case "open":
        play.connected().announced(`hello ${play.attempt}`);
        return this.say(event.what, 100);
      case "veto":
        return void play.handle({ type: "vetoed", attempt: play.attempt });
      case "taken":
        return void play.takenAll();
      case "lost":
        return void play.lost(event.reason);
      case "says":
        return this.say(event.what, event.cut);
      case "noise":
        return void play.says(event.bytes);
      case "send":
        return void this.sends.push(play.send("s".repeat(event.size)));
      case "pass":
        return void play.pass(event.ms);
      case "pool":
        play.pool = poolOf(this.use, ...event.identifiers);
        return;
      case "end":
      case "close":
        return void this.sends.push(play.end(event.kind));
      case "abort":
        return void play.command({ type: "abort" });
    }
  }

  private say(what: readonly number[], cut: number): void {
    const { play } = this;
    if (this.saying.attempt !== play.attempt) {
      this.saying = { attempt: play.attempt, rest: new Uint8Array(0), hasSpoken: false };
    }
    const { saying } = this;
    const pieces = what.map((each) => this.piece(each, saying.attempt));
    if (!saying.hasSpoken && this.use === 1) pieces.unshift(SAYS.preface);
    saying.hasSpoken = true;
    const all = joined(saying.rest, ...pieces);
    const at = Math.ceil(all.length * cut / 100);
    saying.rest = all.slice(at);
    play.says(all.slice(0, at));
  }

  private piece(what: number, attempt: number): Uint8Array {
    if (this.use === 0) return bytesOf(`<${attempt}>`);
    if (what < 3) return SAYS.data(`<${attempt}>`);
    if (what === 3) return SAYS.cookie(`${attempt}.${++this.cookies}`);
    if (what === 4) return SAYS.card("web", attempt, 3, 2);
    if (what === 5) return SAYS.error(attempt % 2 === 0 ? 0xa : 0x2);
    return what === 6 ? SAYS.data("") : SAYS.data(`<${attempt}>`);
  }
}

function checkOver(play: UserPlay): void {
  const overs = play.all("over");
  assert(overs.length <= 1, "over once");
  if (overs.length === 1) {
    assert.equal(play.log.at(-1)?.type, "over", "nothing follows");
    assert.equal(play.session.deadline(), undefined);
  }
}

/** Every attempt is told of at most once, is reported at most once, and not after its successor. */
function checkAttempts(play: UserPlay): void {
  const reports = new Map<number, number>();
  let attempt = 0;
  const hungUp = new Set<number>();
  for (const output of play.log) {
    if (output.type === "dial") attempt = output.attempt;
    if (output.type === "report") {
      reports.set(attempt, (reports.get(attempt) ?? 0) + 1);
      const dialled = play.all("dial")[attempt - 1]!.element.identifier;
      assert.equal(output.identifier, dialled, "who was tried is reported");
    }
    if (output.type === "hang-up") hungUp.add(output.attempt);
    if (isOfAttempt(output)) {
      assert.equal(output.attempt, attempt, `${output.type} of attempt ${output.attempt}`);
      assert(!hungUp.has(output.attempt), `${output.type} behind the hang-up`);
    }
  }
  for (const [which, count] of reports) assert.equal(count, 1, `reports of attempt ${which}`);
}

function isOfAttempt(
  output: UserSessionOutput,
): output is UserSessionOutput & { readonly attempt: number } {
  return ["write", "reply", "end-write", "start", "announce", "opened"].includes(output.type);
}

/** Behind a failover nothing is written before the handler is done, and its bytes come first. */
function checkFailovers(play: UserPlay, use: number): void {
  const started = new Set<number>();
  const announced = new Set<number>();
  let hasOpened = false;
  for (const output of play.log) {
    if (output.type === "announce") announced.add(output.attempt);
    if (output.type === "opened") hasOpened = true;
    if (output.type === "start") {
      assert(!started.has(output.attempt));
      assert.equal(announced.has(output.attempt), hasOpened, "announced, but for the first");
      started.add(output.attempt);
    }
    if (output.type === "write") assert(started.has(output.attempt), "nothing before the start");
  }
  for (const attempt of announced) {
    if (!started.has(attempt)) continue;
    if (use === 0) {
      assert.equal(String.fromCharCode(...play.written(attempt).slice(0, 6)), "hello ");
      continue;
    }
    const heard = play.heard(attempt).filter((each) => !each.startsWith("error"));
    const latest = lastCookieBefore(play, attempt);
    const expected = latest === undefined
      ? ["preface", `data:hello ${attempt}`]
      : ["preface+cookie", `echo:${latest}`, `data:hello ${attempt}`];
    assert.deepEqual(heard.slice(0, expected.length), expected);
  }
}

/** The cookies that came, as a plain reader finds them in what the session was given. */
const cookiesOf = new WeakMap<UserPlay, { readonly attempt: number; readonly text: string }[]>();

function lastCookieBefore(play: UserPlay, attempt: number): string | undefined {
  return cookiesOf.get(play)?.findLast((each) => each.attempt < attempt)?.text;
}

/** Notes each cookie that came whole, while the element that has sent it was the session's. */
function listen(play: UserPlay): void {
  const cookies: { readonly attempt: number; readonly text: string }[] = [];
  cookiesOf.set(play, cookies);
  const { session } = play;
  const handle = session.handle.bind(session);
  let reader = { attempt: 0, splitter: new SessionSplitter(), hasEnded: false };
  session.handle = (input, now) => {
    const starts = play.all("start").at(-1)?.attempt;
    const isHeard = input.type === "received" && input.attempt === starts &&
      input.attempt === play.attempt && !session.isOver &&
      !play.all("hang-up").some((each) => each.attempt === input.attempt);
    if (isHeard) {
      if (reader.attempt !== input.attempt) {
        reader = { attempt: input.attempt, splitter: new SessionSplitter(), hasEnded: false };
      }
      for (const piece of reader.splitter.split(input.bytes)) {
        if (piece.kind === "end") reader.hasEnded = true;
        if (reader.hasEnded && piece.kind === "data") break;
        const decoded = piece.kind === "control" ? asap.decode(piece.bytes) : undefined;
        if (decoded?.ok !== true || decoded.message.type !== "ASAP_COOKIE") continue;
        const text = textOf(decoded.message.cookie);
        cookies.push({ attempt: input.attempt, text });
      }
    }
    handle(input, now);
  };
}

/** Bytes of an element are its own, and come before those of the next one. */
function checkData(play: UserPlay): void {
  let last = 0;
  for (const { bytes } of play.all("data")) {
    const text = String.fromCharCode(...bytes);
    for (const found of text.matchAll(/<(\d+)>/g)) {
      const attempt = Number(found[1]);
      assert(attempt >= last, "data of one element behind that of the next");
      last = attempt;
    }
  }
}

/** Each send is handed to one element at most, in order, and never both handed and written anew. */
function checkSends(play: UserPlay, sends: readonly number[]): void {
  const handed = play.all("handed").map(({ send }) => send);
  assert.equal(new Set(handed).size, handed.length, "handed once");
  const writtenAt = new Map<number, number>();
  const ends = new Set<number>();
  for (const output of play.log) {
    if (output.type === "end-write") ends.add(output.send);
    if (output.type !== "write" || output.send === undefined) continue;
    const isEnd = output.bytes.length === 8 && output.bytes.every((each) => each === 0);
    if (isEnd) ends.add(output.send);
    else {
      assert(!writtenAt.has(output.send), "bytes are given to one element only");
      writtenAt.set(output.send, output.attempt);
    }
  }
  const order = [...writtenAt.keys()];
  assert.deepEqual(order, order.toSorted((a, b) => a - b), "in the order of sending");
  for (const send of handed) assert(sends.includes(send));
}

function unsentBytes(play: UserPlay): number {
  const done = new Set(play.all("handed").map(({ send }) => send));
  let size = 0;
  for (const output of play.log) {
    if (output.type !== "write" || output.send === undefined || done.has(output.send)) continue;
    size += output.bytes.length;
  }
  return size;
}

for (const use of [0, 1]) {
  Deno.test(`whatever happens, use ${use}: the promises of a session hold`, () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80, size: "max" }), usually, (events, failover) => {
        const player = new Player(use, failover);
        const { play } = player;
        listen(play);
        for (const each of events) {
          player.step(each);
          assert(unsentBytes(play) <= DEFAULT_LIMITS.maxUnsentBytes + 70_000 + 100);
        }
        checkOver(play);
        checkAttempts(play);
        checkFailovers(play, use);
        checkData(play);
        checkSends(play, player.sends);
        if (!failover) assert(play.all("announce").length === 0);
      }),
      { numRuns: 300 },
    );
  });

  Deno.test(`whatever has happened, use ${use}: a session that finds no element ends`, () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30, size: "max" }), (events) => {
        const player = new Player(use, true);
        const { play } = player;
        for (const each of events) player.step(each);
        const isLeft = () => !play.session.isOver && play.now < 1_000_000;
        if (play.all("element-ended").length > 0) player.step({ kind: "close" });
        while (isLeft()) {
          play.announced().lost("reset").pass(TIMING.retryPauseMaxMs);
        }
        assert(play.session.isOver, `it goes on at ${play.now}`);
        checkOver(play);
      }),
      { numRuns: 200 },
    );
  });
}
