/** Streams of events, well-formed and hostile, cut anywhere. */

import assert from "node:assert/strict";
import { LINE_LIMITS, StreamGarbled, StreamLines } from "../../../cli/events/stream_lines.ts";
import { sent } from "./event_stream_server.ts";

const TOLD = '{"time":"2026-01-01T00:00:00.000Z","level":"info","event":"peer-active"}';

function items(...pieces: string[]) {
  const lines = new StreamLines();
  return pieces.flatMap((piece) => [...lines.take(piece)]);
}

function read(text: string) {
  const [item, ...more] = items(text);
  assert.deepEqual(more, []);
  return item;
}

Deno.test("an event is its number and its data, wherever the stream is cut", () => {
  const streams = [
    `: hello\n\nid: 7\ndata: ${TOLD}\n\nevent: x\nretry: 5\n\n`,
    `id:7\r\ndata:${TOLD}\r\n\r\n`,
    `id: 7\rdata: ${TOLD}\r\r`,
    `id: 7\ndata: {"time":"2026-01-01T00:00:00.000Z",\ndata: "level":"info",\n` +
    `data: "event":"peer-active"}\n\n`,
  ];
  const wanted = [{ kind: "event", numbered: { id: 7, event: JSON.parse(TOLD) } }];
  for (const stream of streams) {
    for (let cut = 0; cut <= stream.length; cut++) {
      const found = items(stream.slice(0, cut), "", stream.slice(cut));
      assert.deepEqual(found, wanted, `${JSON.stringify(stream)} cut at ${cut}`);
    }
  }
});

Deno.test("what is not whole is no event yet", () => {
  assert.deepEqual(items(`id: 1\ndata: ${TOLD}\n`), []);
});

Deno.test("what is no event of ours is skipped, and why is told", () => {
  const cases: readonly [string, RegExp][] = [
    [`data: ${TOLD}`, /no number/],
    [`id: 0\ndata: ${TOLD}`, /no number/],
    [`id: 99999999999999999\ndata: ${TOLD}`, /no number/],
    ["id: 1\ndata: {", /no JSON/],
    ["id: 1\ndata: [1]", /no JSON object/],
    ["id: 1\ndata: null", /no JSON object/],
    [`id: 1\ndata: ${TOLD.replace("peer-active", "\\u001b[2J")}`, /no name/],
    [`id: 1\ndata: ${TOLD.replace("peer-active", "a".repeat(LINE_LIMITS.name + 1))}`, /no name/],
    [`id: 1\ndata: ${TOLD.replace('"info"', '"loud"')}`, /no known level/],
    [`id: 1\ndata: ${TOLD.replace('"info"', '"__proto__"')}`, /no known level/],
    [`id: 1\ndata: ${TOLD.replace("2026-", "")}`, /no time/],
    [`id: 1\ndata: ${TOLD.replace("{", '{"message":{},')}`, /no text/],
  ];
  for (const [stream, why] of cases) {
    const item = read(`${stream}\n\n`);
    assert.equal(item?.kind, "unreadable", stream);
    assert.match(item.kind === "unreadable" ? item.why : "", why);
  }
});

Deno.test("a line may be as long as the limit, and no longer; so may an event", () => {
  const filler = "x".repeat(LINE_LIMITS.characters - 1);
  assert.deepEqual(items(`:${filler}\n`), []);
  assert.throws(() => items(`:${filler}y\n`), StreamGarbled);
  assert.throws(() => items(`:${filler}`, "y"), StreamGarbled, "without its end, too");
  const half = `data: ${" ".repeat(LINE_LIMITS.characters / 2)}\n`;
  assert.deepEqual(items(half, half), []);
  assert.throws(() => items(half, half, "data: x\n"), StreamGarbled);
  assert.equal(items(half, half, "\n", half, half, "\n").length, 2, "each event has its own");
});

Deno.test("a number belongs to the next event, as it does for browsers", () => {
  const found = items(sent(3, "a"), `data: ${TOLD}\n\n`);
  assert.deepEqual(found.map((each) => each.kind === "event" && each.numbered.id), [3, 3]);
});
