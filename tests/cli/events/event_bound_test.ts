/** How often events are told, and that those that are not are counted. */

import assert from "node:assert/strict";
import { BOUND_LIMITS, RateBound } from "../../../cli/events/event_bound.ts";
import { EventFeed } from "../../../cli/events/event_feed.ts";
import { Log, type LogSettings } from "../../../cli/log.ts";

const TIME = "2026-01-01T00:00:00.000Z";

function bounded(settings: Partial<LogSettings> = {}) {
  const lines: string[] = [];
  const clock = { now: 0 };
  const bound = new RateBound(() => clock.now, (name) => name === "refused");
  const log = new Log(
    (line) => lines.push(line.trimEnd()),
    { threshold: "notice", format: "text", color: false, timestamps: false, bound, ...settings },
    () => new Date(TIME),
  );
  return { log, lines, clock };
}

const STRANGERS = BOUND_LIMITS.strangers.burst;
const OTHERS = BOUND_LIMITS.others.burst;

Deno.test("what strangers bring about is told five times a second, and the rest is counted", () => {
  const { log, lines, clock } = bounded();
  for (let i = 0; i < STRANGERS + 7; i++) log.event("warning", "refused", { i });
  assert.equal(lines.length, STRANGERS);
  clock.now += 1_000;
  log.event("warning", "refused");
  assert.equal(lines.at(-1), "rserpool: warning: refused untold=7");
  log.event("warning", "refused");
  assert.equal(lines.at(-1), "rserpool: warning: refused");
});

Deno.test("all other events have a bound of their own, each name", () => {
  const { log, lines } = bounded();
  for (let i = 0; i <= OTHERS; i++) log.event("notice", "peer-active");
  assert.equal(lines.length, OTHERS);
  log.event("notice", "peer-left");
  assert.equal(lines.length, OTHERS + 1);
});

Deno.test("an hour of a flood is as many lines as the rates say", () => {
  const { log, lines, clock } = bounded();
  for (let i = 0; i < 3_600_000; i += 10) {
    log.event("notice", "peer-active");
    log.event("warning", "refused");
    clock.now += 10;
  }
  const strangers = lines.filter((line) => line.includes("refused")).length;
  const most = ({ burst, perSecond }: { burst: number; perSecond: number }) =>
    burst + 3_600 * perSecond;
  assert.ok(Math.abs(strangers - most(BOUND_LIMITS.strangers)) <= 2, `${strangers}`);
  const others = lines.length - strangers;
  assert.ok(Math.abs(others - most(BOUND_LIMITS.others)) <= 2, `${others}`);
});

Deno.test("what was left out is told when something else happens later", () => {
  const { log, lines, clock } = bounded();
  for (let i = 0; i <= STRANGERS; i++) log.event("warning", "refused");
  clock.now += BOUND_LIMITS.untoldMs - 1;
  log.event("debug", "association-opened");
  assert.equal(lines.length, STRANGERS, "the next of that name may tell it yet");
  clock.now += 1;
  log.event("debug", "association-opened");
  assert.deepEqual(lines.slice(STRANGERS), ["rserpool: warning: refused untold=1"]);
});

Deno.test("what was left out is told at the end", () => {
  const { log, lines } = bounded();
  for (let i = 0; i <= STRANGERS; i++) log.event("warning", "refused");
  log.tellUntold();
  log.tellUntold();
  assert.deepEqual(lines.slice(STRANGERS), ["rserpool: warning: refused untold=1"]);
});

Deno.test("events reach a feed whatever is written, bounded as lines are, all counted", () => {
  const { log, lines } = bounded({ threshold: undefined });
  const feed = new EventFeed();
  log.attach(feed);
  for (let i = 0; i < 8; i++) log.event("warning", "refused", { i }, "in words");
  assert.deepEqual(lines, []);
  assert.equal(feed.recent().length, STRANGERS);
  assert.equal(feed.counts.get("refused"), 8);
  assert.deepEqual(feed.recent()[1]!.event, {
    time: TIME,
    level: "warning",
    event: "refused",
    message: "in words",
    i: 1,
  });
});

Deno.test("nothing is found out for nobody", () => {
  const { log, lines } = bounded();
  log.event("debug", "association-opened", () => assert.fail("nobody reads it"));
  for (let i = 0; i < STRANGERS; i++) log.event("warning", "refused");
  log.event("warning", "refused", () => assert.fail("it is not told"));
  assert.equal(lines.length, STRANGERS);
});

Deno.test("a line of an event: name and fields, or words that say all; in JSON all of it", () => {
  const text = bounded();
  text.log.event("notice", "stopping", { signal: "SIGTERM", nothing: undefined });
  text.log.event("warning", "lost", { registrar: "192.0.2.1:3863" }, "lost\n the registrar");
  assert.deepEqual(text.lines, [
    "rserpool: stopping signal=SIGTERM",
    "rserpool: warning: lost\\u{a} the registrar",
  ]);
  const json = bounded({ format: "json" });
  json.log.event("notice", "stopping", { signal: "SIGTERM" });
  json.log.event("warning", "lost", { registrar: "192.0.2.1:3863" }, "lost the registrar");
  assert.deepEqual(json.lines.map((line) => JSON.parse(line)), [
    { time: TIME, level: "notice", event: "stopping", signal: "SIGTERM" },
    {
      time: TIME,
      level: "warning",
      event: "lost",
      message: "lost the registrar",
      registrar: "192.0.2.1:3863",
    },
  ]);
});
