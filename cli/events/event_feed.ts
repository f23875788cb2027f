/** The events of this process, for whoever follows them: the log's, kept and counted. */

import type { EventSink } from "../log.ts";
import type { EventSource, NumberedEvent, ToldEvent } from "./told_event.ts";

/** What keeps a feed small, however much happens and however slow its readers are. */
export const FEED_LIMITS = {
  /** Events of error, warning and notice that are kept. */
  recentImportant: 512,
  /** Events of info that are kept: they come by the hundred and must not displace those above. */
  recentInfo: 256,
  /** Events of debug that are kept: every association is two of them. */
  recentDebug: 256,
  /** Who follows at a time. */
  readers: 64,
  /** Events that wait for one reader; what it is too slow for, it misses: the oldest. */
  waiting: 256,
  /** Names that are counted; there are fewer (docs/events.md). */
  names: 512,
} as const;

const IMPORTANT: ReadonlySet<string> = new Set(["error", "warning", "notice"]);

/** Keeps the last events, and hands each to all who follow. */
export class EventFeed implements EventSource, EventSink {
  private readonly important: NumberedEvent[] = [];
  private readonly info: NumberedEvent[] = [];
  private readonly debug: NumberedEvent[] = [];
  private readonly readers = new Set<Reader>();
  private readonly counted = new Map<string, number>();
  private latest = 0;

  /** How often each event has happened, told or not. */
  get counts(): ReadonlyMap<string, number> {
    return this.counted;
  }

  /** An event has happened; it need not be told. */
  happened(name: string): void {
    const count = this.counted.get(name);
    if (count === undefined && this.counted.size >= FEED_LIMITS.names) return;
    this.counted.set(name, (count ?? 0) + 1);
  }

  /** Tells an event to all who follow and will follow. */
  tell(event: ToldEvent): void {
    const numbered = { id: ++this.latest, event };
    if (IMPORTANT.has(event.level)) keep(this.important, numbered, FEED_LIMITS.recentImportant);
    else if (event.level === "info") keep(this.info, numbered, FEED_LIMITS.recentInfo);
    else keep(this.debug, numbered, FEED_LIMITS.recentDebug);
    for (const reader of this.readers) reader.push(numbered);
  }

  recent(): readonly NumberedEvent[] {
    return [...this.important, ...this.info, ...this.debug].sort((a, b) => a.id - b.id);
  }

  /** A number that is yet to come is one of an earlier process: then all that is kept is told. */
  follow(signal: AbortSignal, after = this.latest): AsyncIterable<NumberedEvent> {
    if (this.readers.size >= FEED_LIMITS.readers) {
      throw new RangeError(`${FEED_LIMITS.readers} readers follow the events already`);
    }
    const from = after > this.latest ? 0 : after;
    const missed = this.recent().filter(({ id }) => id > from);
    const reader = new Reader(missed.slice(-FEED_LIMITS.waiting), () => {
      signal.removeEventListener("abort", end);
      this.readers.delete(reader);
    });
    const end = () => void reader.return();
    this.readers.add(reader);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    return reader;
  }
}

function keep(ring: NumberedEvent[], event: NumberedEvent, most: number): void {
  ring.push(event);
  if (ring.length > most) ring.shift();
}

/** One who follows. */
class Reader implements AsyncIterableIterator<NumberedEvent> {
  private readonly waiting: NumberedEvent[];
  private readonly onEnd: () => void;
  private wake: (() => void) | undefined;
  private isOver = false;

  constructor(waiting: NumberedEvent[], onEnd: () => void) {
    this.waiting = waiting;
    this.onEnd = onEnd;
  }

  push(event: NumberedEvent): void {
    this.waiting.push(event);
    if (this.waiting.length > FEED_LIMITS.waiting) this.waiting.shift();
    this.wake?.();
  }

  async next(): Promise<IteratorResult<NumberedEvent>> {
    while (!this.isOver) {
      const value = this.waiting.shift();
      if (value !== undefined) return { done: false, value };
      await new Promise<void>((resolve) => this.wake = resolve);
    }
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<NumberedEvent>> {
    this.isOver = true;
    this.waiting.length = 0;
    this.onEnd();
    this.wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
