/** What a feed keeps, hands out and leaves out. */

import assert from "node:assert/strict";
import { EventFeed, FEED_LIMITS } from "../../../cli/events/event_feed.ts";
import type { NumberedEvent, ToldEvent } from "../../../cli/events/told_event.ts";

const TIME = "2026-01-01T00:00:00.000Z";

function event(name: string, level: ToldEvent["level"] = "notice"): ToldEvent {
  return { time: TIME, level, event: name };
}

function numbers(events: readonly NumberedEvent[]): number[] {
  return events.map(({ id }) => id);
}

async function take(events: AsyncIterable<NumberedEvent>, count: number): Promise<NumberedEvent[]> {
  const taken: NumberedEvent[] = [];
  for await (const each of events) {
    taken.push(each);
    if (taken.length === count) break;
  }
  return taken;
}

Deno.test("events are numbered from 1 and kept in their order", () => {
  const feed = new EventFeed();
  feed.tell(event("peer-dead", "warning"));
  feed.tell(event("association-opened", "debug"));
  feed.tell(event("peer-active"));
  assert.deepEqual(
    feed.recent().map(({ id, event }) => [id, event.event]),
    [[1, "peer-dead"], [2, "association-opened"], [3, "peer-active"]],
  );
});

Deno.test("of each kind as many are kept as the limit says, the latest", () => {
  const feed = new EventFeed();
  for (let i = 0; i <= FEED_LIMITS.recentImportant; i++) feed.tell(event("peer-active"));
  const important = feed.recent();
  assert.equal(important.length, FEED_LIMITS.recentImportant);
  assert.equal(important[0]!.id, 2);
  for (let i = 0; i <= FEED_LIMITS.recentInfo; i++) {
    feed.tell(event("pool-element-registered", "info"));
  }
  for (let i = 0; i <= FEED_LIMITS.recentDebug; i++) {
    feed.tell(event("association-opened", "debug"));
  }
  const all = feed.recent();
  const { recentImportant, recentInfo, recentDebug } = FEED_LIMITS;
  assert.equal(all.length, recentImportant + recentInfo + recentDebug);
  assert.equal(all[0]!.id, 2, "what comes by the thousand displaces nothing that matters");
});

Deno.test("who follows gets what comes, and with a number what came since", async () => {
  const feed = new EventFeed();
  const over = new AbortController();
  for (const name of ["a", "b", "c"]) feed.tell(event(name));
  const fresh = feed.follow(over.signal);
  const resumed = feed.follow(over.signal, 1);
  const restarted = feed.follow(over.signal, 99);
  feed.tell(event("d"));
  assert.deepEqual(numbers(await take(fresh, 1)), [4]);
  assert.deepEqual(numbers(await take(resumed, 3)), [2, 3, 4]);
  assert.deepEqual(numbers(await take(restarted, 4)), [1, 2, 3, 4], "a number of another process");
});

Deno.test("who waits is woken, and an abort ends it", async () => {
  const feed = new EventFeed();
  const over = new AbortController();
  const seen: number[] = [];
  const following = (async () => {
    for await (const { id } of feed.follow(over.signal)) {
      seen.push(id);
      if (id === 2) over.abort();
    }
  })();
  await Promise.resolve();
  feed.tell(event("a"));
  feed.tell(event("b"));
  await following;
  feed.tell(event("c"));
  assert.deepEqual(seen, [1, 2]);
  assert.deepEqual(await take(feed.follow(AbortSignal.abort(), 0), 1), []);
});

Deno.test("a reader that is too slow misses the oldest, and the others miss nothing", async () => {
  const feed = new EventFeed();
  const over = new AbortController();
  const slow = feed.follow(over.signal);
  const quick = feed.follow(over.signal)[Symbol.asyncIterator]();
  const count = FEED_LIMITS.waiting + 3;
  for (let id = 1; id <= count; id++) {
    feed.tell(event("peer-active"));
    assert.equal((await quick.next()).value.id, id);
  }
  assert.equal((await take(slow, 1))[0]!.id, 4);
  over.abort();
});

Deno.test("as many readers as the limit says, and one that leaves makes room", async () => {
  const feed = new EventFeed();
  const over = new AbortController();
  const first = feed.follow(over.signal);
  for (let i = 1; i < FEED_LIMITS.readers; i++) feed.follow(over.signal);
  assert.throws(() => feed.follow(over.signal), RangeError);
  feed.tell(event("a"));
  await take(first, 1);
  feed.follow(over.signal);
  assert.throws(() => feed.follow(over.signal), RangeError);
  over.abort();
  feed.follow(new AbortController().signal);
});

Deno.test("what happens is counted by name, and so are no more names than the limit", () => {
  const feed = new EventFeed();
  feed.happened("refused");
  feed.happened("refused");
  for (let i = 0; i < FEED_LIMITS.names; i++) feed.happened(`name-${i}`);
  assert.equal(feed.counts.get("refused"), 2);
  assert.equal(feed.counts.size, FEED_LIMITS.names);
  assert.equal(feed.counts.has(`name-${FEED_LIMITS.names - 1}`), false);
});
