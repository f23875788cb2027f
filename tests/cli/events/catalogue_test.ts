/** The table of events: whole, true and written down. */

import assert from "node:assert/strict";
import { CATALOGUE, entryOf, LIBRARY_EVENTS } from "../../../cli/events/catalogue.ts";
import type { FieldOf, LibraryEvent } from "../../../cli/events/entry.ts";
import { FEED_LIMITS } from "../../../cli/events/event_feed.ts";
import { LINE_LIMITS } from "../../../cli/events/stream_lines.ts";
import { eventsDocument } from "../../../tools/events.ts";

const CLI = new URL("../../../cli/", import.meta.url);
const ROWS = CATALOGUE.flatMap(({ events }) => Object.entries(events));
const NAMES = ROWS.map(([name]) => name);

/** Fields that an event of the library has and its row has not. */
type Forgotten = {
  [Type in LibraryEvent["type"]]: Exclude<
    FieldOf<LibraryEvent, Type>,
    typeof LIBRARY_EVENTS[Type]["fields"][number]
  >;
}[LibraryEvent["type"]];

/** The sources of the command line, but not the tables. */
function* sources(folder = CLI): Generator<{ path: string; text: string }> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    const isTable = /\/events\/[a-z]+_events\.ts$|\/events\/catalogue\.ts$/.test(url.pathname);
    if (isDirectory) yield* sources(url);
    else if (name.endsWith(".ts") && !isTable) {
      yield { path: url.pathname, text: Deno.readTextFileSync(url) };
    }
  }
}

const SOURCES = [...sources()];
const LEVEL = '"(?:error|warning|notice|info|debug)"';
/** The name in a call that tells an event: behind a level, which may be one of two. */
const CALLS = [
  new RegExp(`\\.(?:event|log)\\(\\s*[^";]*(?:${LEVEL}[^";]*)+,\\s*"([a-z-]+)"`, "g"),
  new RegExp(`\\.log\\(\\{ level: ${LEVEL}, event: "([a-z-]+)"`, "g"),
  /\.event\(\s*[a-zA-Z.]+,\s*"([a-z-]+)"/g,
  /this\.(?:say|warn)\(\s*"([a-z-]+)",/g,
];

function told(): Map<string, string> {
  const names = new Map<string, string>();
  for (const { path, text } of SOURCES) {
    for (const call of CALLS) {
      for (const [, name] of text.matchAll(call)) names.set(name!, path);
    }
  }
  return names;
}

Deno.test("docs/events.md is what the table says", async () => {
  const text = await Deno.readTextFile(new URL("../../../docs/events.md", import.meta.url));
  assert.equal(eventsDocument(), text, "run: deno run -A tools/events.ts");
});

Deno.test("every event has one row, and every field of the library's is in it", () => {
  const forgotten: [Forgotten] extends [never] ? "none" : Forgotten = "none";
  assert.equal(forgotten, "none");
  assert.deepEqual(NAMES.filter((name, at) => NAMES.indexOf(name) !== at), []);
  for (const name of Object.keys(LIBRARY_EVENTS)) assert.ok(entryOf(name), name);
});

Deno.test("names and fields are written as they are read", () => {
  assert.ok(NAMES.length < FEED_LIMITS.names, "each of them is counted");
  const taken = new Set(["id", "time", "level", "event", "message", "untold"]);
  for (const [name, { fields, meaning }] of ROWS) {
    assert.match(name, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(name.length <= LINE_LIMITS.name, name);
    assert.match(meaning, /^[A-Z].*\.$/, name);
    for (const field of fields) {
      assert.match(field, /^[a-z][A-Za-z]*$/, name);
      assert.ok(!taken.has(field), `${name} has a field ${field}, which every event has`);
    }
  }
});

Deno.test("every event that a command tells is in the table", () => {
  const names = told();
  assert.ok(names.size > 40, "the calls are found");
  for (const [name, path] of names) {
    assert.ok(entryOf(name), `${path} tells ${name}, which is in no table of cli/events`);
  }
});

Deno.test("an event is told at a level that the table says", () => {
  const call = new RegExp(`\\.(?:event|log)\\(\\s*(${LEVEL}),\\s*"([a-z-]+)"`, "g");
  let count = 0;
  for (const { path, text } of SOURCES) {
    for (const [, level, name] of text.matchAll(call)) {
      const levels = [entryOf(name!)?.level].flat();
      assert.ok(levels.includes(JSON.parse(level!)), `${path}: ${name} at ${level}`);
      count++;
    }
  }
  assert.ok(count > 40, "the calls are found");
});

Deno.test("nothing is in the table that nobody tells", () => {
  const all = SOURCES.map(({ text }) => text).join("\n");
  const unknown = NAMES.filter((name) => !(name in LIBRARY_EVENTS) && !all.includes(`"${name}"`));
  assert.deepEqual(unknown, []);
});

Deno.test("each line of a long-running command has a name", () => {
  // These end by themselves: what they say is for whoever waits for them.
  const oneShot = new RegExp(
    "/(capture|certs|simulate|connect|monitor/once|" +
      "commands/(config|connect|dhcp_(partner|export).*|doctor|psk|report_unre.*))\\b",
  );
  const call = /\blog\.(error|warning|notice|info|debug)\(|\blog\[/;
  const nameless = SOURCES.filter(({ path, text }) => !oneShot.test(path) && call.test(text));
  assert.deepEqual(nameless.map(({ path }) => path), []);
});
