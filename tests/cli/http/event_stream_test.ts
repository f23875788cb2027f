/** Server-sent events, as they are written. */

import assert from "node:assert/strict";
import { FEED_LIMITS } from "../../../cli/events/event_feed.ts";
import type { ToldEvent } from "../../../cli/events/told_event.ts";
import { ask, type Asking, fakeShown } from "./fake_shown.ts";

const TIME = "2026-11-23T00:00:00.000Z";
const event = (name: string): ToldEvent => ({ time: TIME, level: "notice", event: name });

/** Reads a stream block by block. */
class Blocks {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(response: Response) {
    assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
    this.reader = response.body!.getReader();
  }

  /** The next block; `undefined`: the end. */
  async next(): Promise<string | undefined> {
    const { value } = await this.reader.read();
    return value && new TextDecoder().decode(value);
  }

  async cancel(): Promise<void> {
    await this.reader.cancel();
  }
}

function follow(shown: ReturnType<typeof fakeShown>, path = "", asking: Asking = {}): Blocks {
  return new Blocks(ask(shown, `/api/v1/events${path}`, asking));
}

Deno.test("each event is a block with its number and its JSON", async () => {
  const shown = fakeShown();
  shown.events.tell(event("before"));
  const blocks = follow(shown);
  assert.equal(await blocks.next(), "retry: 2000\n\n");
  shown.events.tell(event("first"));
  shown.events.tell(event("second\n\nid: 9\u2028"));
  const data = `{"time":"${TIME}","level":"notice","event":"first"}`;
  assert.equal(await blocks.next(), `id: 2\ndata: ${data}\n\n`);
  const escaped = data.replace("first", "second\\n\\nid: 9\\u2028");
  assert.equal(await blocks.next(), `id: 3\ndata: ${escaped}\n\n`);
  await blocks.cancel();
});

Deno.test("who comes again says what it has, in the header or behind after=", async () => {
  const shown = fakeShown();
  for (const name of ["a", "b", "c"]) shown.events.tell(event(name));
  const ways: [string, Record<string, string>][] = [
    ["?after=1", {}],
    ["", { "last-event-id": "1" }],
    ["?after=2", { "last-event-id": "1" }],
  ];
  for (const [path, headers] of ways) {
    const blocks = follow(shown, path, { headers });
    await blocks.next();
    assert.match((await blocks.next())!, /^id: 2\n.*"event":"b"/);
    assert.match((await blocks.next())!, /^id: 3\n.*"event":"c"/);
    await blocks.cancel();
  }
});

Deno.test("a comment says that it lives while nothing happens, and loses no event", async () => {
  const shown = fakeShown();
  const blocks = follow(shown, "", { limits: { heartbeatMs: 1 } });
  await blocks.next();
  assert.equal(await blocks.next(), ": still here\n\n");
  assert.equal(await blocks.next(), ": still here\n\n");
  shown.events.tell(event("at-last"));
  let block = await blocks.next();
  while (block === ": still here\n\n") block = await blocks.next();
  assert.match(block!, /"event":"at-last"/);
  await blocks.cancel();
});

Deno.test("who reads too slowly misses the oldest, which the numbers tell", async () => {
  const shown = fakeShown();
  const blocks = follow(shown);
  const missed = 10;
  for (let i = 0; i < FEED_LIMITS.waiting + missed; i++) shown.events.tell(event(`e${i}`));
  await blocks.next();
  assert.match((await blocks.next())!, new RegExp(`^id: ${missed + 1}\n`));
  await blocks.cancel();
});

Deno.test("at the end of the process the stream ends in order", async () => {
  const ending = new AbortController();
  const blocks = follow(fakeShown(), "", { signal: ending.signal });
  await blocks.next();
  const last = blocks.next();
  ending.abort();
  assert.equal(await last, undefined);
});

Deno.test("who goes while nothing happens makes room at once", async () => {
  const shown = fakeShown();
  for (let i = 0; i <= FEED_LIMITS.readers; i++) {
    const blocks = follow(shown);
    await blocks.next();
    const waiting = blocks.next();
    await blocks.cancel();
    assert.equal(await waiting, undefined);
  }
});
