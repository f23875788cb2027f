/** docs/http.md says the limits that hold. */

import assert from "node:assert/strict";
import { FEED_LIMITS } from "../../cli/events/event_feed.ts";
import { HTTP_LIMITS } from "../../cli/http/limits.ts";

const seconds = (milliseconds: number) => `${milliseconds / 1000} s`;
const { handshakesPerSecond, handshakeBurstSeconds } = HTTP_LIMITS;
const burst = handshakesPerSecond * handshakeBurstSeconds;

/** What each row of the table must hold: a limit in words, and its number. */
const ROWS: readonly (readonly [what: string, number: string])[] = [
  ["connections of a listener", `${HTTP_LIMITS.connections}`],
  ["readers of events, of a process", `${FEED_LIMITS.readers}`],
  [
    `long answers under way (above ${HTTP_LIMITS.pieceLength / 1024} KiB of JSON), of a process`,
    `${HTTP_LIMITS.longAnswers}`,
  ],
  ["events that wait for one reader", `${FEED_LIMITS.waiting}`],
  [
    "first line and headers of a request",
    `${HTTP_LIMITS.headerBytes.toLocaleString("en")} bytes`,
  ],
  ["requests of a connection whose answers were not read", `${HTTP_LIMITS.pipelined}`],
  ["time for a request to come, and for a TLS handshake", seconds(HTTP_LIMITS.requestMs)],
  ["handshakes of one address", `${handshakesPerSecond} a second, ${burst} at once`],
  ["time without a request", seconds(HTTP_LIMITS.idleMs)],
  ["time for an answer to be read, but for events", seconds(HTTP_LIMITS.answerMs)],
  ["time for what is under way when the process ends", seconds(HTTP_LIMITS.graceMs)],
];

Deno.test("docs/http.md has every limit of HTTP with its number", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/http.md", import.meta.url));
  const [, table] = /^## Limits\n([^]*?)^## /m.exec(text)!;
  const found = [...table!.matchAll(/^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm)].slice(1);
  assert.deepEqual(found.map(([, what, number]) => [what, number]), ROWS);
  assert.ok(text.includes(`a comment each ${seconds(HTTP_LIMITS.heartbeatMs)}`));
});
