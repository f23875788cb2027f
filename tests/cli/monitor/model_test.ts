/** What keys do, and what is kept at most. */

import assert from "node:assert/strict";
import { COMPONENT_LIMITS } from "../../../cli/csp/components.ts";
import { componentId } from "../../../cli/csp/report.ts";
import { MONITOR_LIMITS } from "../../../cli/monitor/limits.ts";
import { Painter } from "../../../cli/monitor/paint.ts";
import { element, peer, snapshot, Stage } from "./stage.ts";

const POOLS = { web: [element(1), element(2), element(3)], db: [element(4)], mail: [] };

function stage(): Stage {
  return new Stage().size(80, 10).told(0, snapshot(0xaa, POOLS));
}

/** The first words of the rows. */
function rows({ state: { rows } }: Stage): string[] {
  return rows.map(({ key }) => key);
}

Deno.test("1 to 4, Tab and arrows choose the view; 5 is there with --csp only", () => {
  const views = (keys: string[], given = {}) => {
    const stage = new Stage(given);
    return keys.map((key) => stage.press(key).state.view);
  };
  assert.deepEqual(views(["2", "3", "4", "1", "5", "9"]), [
    "elements",
    "registrars",
    "events",
    "pools",
    "pools",
    "pools",
  ]);
  assert.deepEqual(views(["\t", "\t", "\x1b[D", "\x1b[Z", "\x1b[Z"]), [
    "elements",
    "registrars",
    "elements",
    "pools",
    "events",
  ]);
  assert.deepEqual(views(["5", "\t"], { csp: true }), ["components", "pools"]);
});

Deno.test("q, Ctrl-C and, from outside, Esc end it", () => {
  for (const keys of ["q", "\x03", "\x1b", "/ab\x03"]) {
    assert.equal(stage().press(keys).state.isOver, true, JSON.stringify(keys));
  }
  for (const keys of ["/q", "p", "/w\r\x1b", "\r\x1b"]) {
    assert.equal(stage().press(keys).state.isOver, false, JSON.stringify(keys));
  }
});

Deno.test("Enter on a pool shows its elements, Esc goes back", () => {
  const inside = stage().press("j\r");
  assert.deepEqual([inside.state.view, rows(inside)], ["elements", ["db 0x00000004"]]);
  assert.match(inside.frame[1]!, / pool db {2}1 of 1$/);
  const back = inside.press("\x1b");
  assert.deepEqual([back.state.view, back.state.cursor], ["pools", 1]);
  assert.equal(stage().press("2").state.rows.length, 4);
});

Deno.test("the filter: while it is typed, when it is taken, when it is left", () => {
  const typing = stage().press("/WE");
  assert.deepEqual(rows(typing), ["web"]);
  assert.equal(typing.frame.at(-1), "/WE_   Enter takes it, Esc leaves it");
  assert.deepEqual(rows(typing.press("\x7f\x7fmai\r")), ["mail"]);
  assert.match(typing.frame[1]!, / \/mai {2}1 of 1$/);
  assert.deepEqual(rows(typing.press("/x\x1b")), ["mail"], "what was there is kept");
  assert.deepEqual(rows(typing.press("\x1b")), ["web", "db", "mail"]);
  assert.deepEqual(rows(typing.press("/zzz\r")), []);
  assert.equal(typing.frame[3], "nothing fits the filter (Esc leaves it)");
  assert.deepEqual(rows(stage().press("/a\x15e\r")).length, 1);
});

Deno.test("the filter takes no more characters than it may", () => {
  const { state } = stage().press("/" + "x".repeat(MONITOR_LIMITS.filter + 5));
  assert.equal(state.typed!.length, MONITOR_LIMITS.filter);
});

Deno.test("s, < and > sort by one column after the other, numbers as numbers; r reverses", () => {
  const sorted = stage().press("s");
  assert.deepEqual(rows(sorted), ["db", "mail", "web"]);
  assert.match(sorted.frame[2]!, /^POOL\+ /);
  assert.deepEqual(rows(sorted.press("s")), ["mail", "db", "web"]);
  assert.deepEqual(rows(sorted.press("r")), ["web", "db", "mail"]);
  assert.match(sorted.frame[2]!, /ELEMENTS- /);
  assert.deepEqual(rows(sorted.press("<<")), ["web", "db", "mail"], "as they come");
  const many = Array.from({ length: 12 }, (_, i) => [`p${i}`, [element(1), element(2)].slice(i)]);
  const numbers = new Stage().told(0, snapshot(0xaa, Object.fromEntries(many))).press("ss");
  assert.deepEqual(rows(numbers).slice(-2), ["p1", "p0"]);
});

Deno.test("the cursor stays with its row while rows come and go, and is always to be seen", () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, []]));
  const scrolled = new Stage().size(80, 10).told(0, snapshot(0xaa, many(50)));
  scrolled.press("\x1b[6~\x1b[6~");
  assert.equal(rows(scrolled)[scrolled.state.cursor], "p12");
  scrolled.told(0, snapshot(0xaa, { first: [], ...many(50) }));
  assert.equal(rows(scrolled)[scrolled.state.cursor], "p12");
  assert.ok(scrolled.frame.some((line) => line.startsWith("p12 ")));
  scrolled.press("G");
  assert.ok(scrolled.frame.some((line) => line.startsWith("p49 ")));
  scrolled.told(0, snapshot(0xaa, many(3)));
  assert.ok(scrolled.frame.some((line) => line.startsWith("p2 ")));
  scrolled.press("g");
  assert.equal(scrolled.state.cursor, 0);
  scrolled.told(0, snapshot(0xaa, {}));
  assert.equal(scrolled.state.cursor, 0);
});

Deno.test("p holds what is shown; nothing that comes meanwhile is lost", () => {
  const held = stage().press("p").told(0, snapshot(0xaa, { other: [] }));
  assert.match(held.frame[0]!, / PAUSED /);
  assert.deepEqual(rows(held), ["web", "db", "mail"]);
  assert.deepEqual(rows(held.press(" ")), ["other"]);
});

Deno.test("events and changesAtOnce: the oldest are forgotten, many at once are counted", () => {
  const none = new Stage().told(0, snapshot(0xaa, { web: [] }));
  const many = Array.from({ length: MONITOR_LIMITS.changesAtOnce + 5 }, (_, i) => element(i));
  const { data: { tail } } = none.told(0, snapshot(0xaa, { web: many })).state;
  assert.equal(tail.length, MONITOR_LIMITS.changesAtOnce + 1);
  assert.equal(tail.at(-1)!.text, "and 5 more changes");
  const line = { time: "", level: "info" as const, source: "a", text: "b" };
  for (let i = 0; i < MONITOR_LIMITS.events; i++) none.learn({ type: "told", line });
  assert.equal(none.state.data.tail.length, MONITOR_LIMITS.events);
  assert.equal(none.state.data.tail.at(-1)!.number, tail.length + MONITOR_LIMITS.events);
});

Deno.test("the events view begins at its end, and stays where one looks", () => {
  const events = new Stage().size(80, 8);
  const tell = (text: string) =>
    events.learn({ type: "told", line: { time: "", level: "info", source: "a", text } });
  for (let i = 0; i < 20; i++) tell(`event ${i}`);
  events.press("4");
  assert.ok(events.frame.some((line) => line.endsWith("event 19")));
  tell("event 20");
  assert.ok(events.frame.some((line) => line.endsWith("event 20")));
  events.press("k");
  tell("event 21");
  assert.equal(rows(events)[events.state.cursor], "20");
  events.press("G");
  tell("event 22");
  assert.ok(events.frame.some((line) => line.endsWith("event 22")));
});

Deno.test("a stream of events that is open tells changes instead of the questions", () => {
  const followed = new Stage({ streams: ["a:1"] }).told(0, snapshot(0xaa, { web: [] }));
  const details = { identifier: "0x000000aa", version: "", uptimeMs: 0, state: "serving" };
  followed.learn({ type: "stream", stream: 0 });
  followed.learn({
    type: "details",
    details: { ...details, associations: 0, counters: {}, at: 0 },
  });
  followed.told(0, snapshot(0xaa, { web: [element(1)] }));
  assert.deepEqual(followed.state.data.tail.map(({ text }) => text), ["its events are followed"]);
  followed.learn({ type: "stream", stream: 0, failure: "the stream\x07 has ended" });
  followed.told(0, snapshot(0xaa, { web: [] }, [peer(1)]));
  assert.deepEqual(followed.state.data.tail.slice(1).map(({ text }) => text), [
    "no events: the stream\\u{7} has ended",
    "web: 0x00000001 went: tcp 192.0.2.1:80 (no pool elements)",
    "peer 0x00000001 is active",
  ]);
});

Deno.test("components come, fall silent and are forgotten", () => {
  const report = {
    sender: componentId("pool user", 7),
    isFinal: false,
    timestampUs: 0n,
    intervalUs: 1_000_000,
    location: "host",
    status: "well",
    workload: 0.5,
    associations: [],
    associationCount: 2,
  };
  const heard = new Stage({ sources: [], csp: true }).size(100, 10).press("5");
  assert.equal(heard.frame[3], "no component has reported yet");
  assert.match(heard.learn({ type: "unreadable" }).frame[3]!, /yet; 1 datagrams were no reports$/);
  heard.learn({ type: "report", report, from: "192.0.2.7:40000" });
  const row = (state: string, age: string) =>
    new RegExp(`^pool user +0x00000007 +192.0.2.7:40000 +host +${state} +${age} +50% +2 +well$`);
  assert.match(heard.frame[3]!, row("reports", "0s"));
  assert.match(heard.wait(4_000).frame[3]!, row("silent", "4s"));
  heard.wait(COMPONENT_LIMITS.keptMs);
  assert.match(heard.frame[3]!, /no component has reported yet/);
  const again = { type: "report", report, from: "192.0.2.7:40000" } as const;
  heard.learn(again, again, { ...again, report: { ...report, isFinal: true } });
  assert.deepEqual(heard.state.data.tail.map(({ text }) => text), [
    "pool user 0x00000007 at host reports",
    "pool user 0x00000007 at host is silent, and forgotten",
    "pool user 0x00000007 at host reports",
    "pool user 0x00000007 at host has ended",
  ]);
});

Deno.test("the painter writes what has changed, and without colours none", () => {
  const painter = new Painter(true);
  const plain = (text: string) => [{ text, style: "plain" as const }];
  assert.equal(
    painter.paint([plain("a"), plain("b")]),
    "\x1b[1;1H\x1b[Ka\x1b[2;1H\x1b[Kb",
  );
  assert.equal(painter.paint([plain("a"), plain("c")]), "\x1b[2;1H\x1b[Kc");
  assert.equal(painter.paint([plain("a")]), "\x1b[J");
  assert.equal(painter.paint([plain("a")]), "");
  painter.reset();
  assert.equal(painter.paint([[{ text: "x", style: "bad" }]]), "\x1b[1;1H\x1b[K\x1b[31mx\x1b[0m");
  const colourless = new Painter(false).paint([[{ text: "x", style: "good" }]]);
  assert.equal(colourless, "\x1b[1;1H\x1b[Kx");
});
