/** `/api/v1/events`: server-sent events, as the HTML standard has them (§9.2). */

import type { EventSource, NumberedEvent } from "../events/told_event.ts";
import { printableJson } from "../printable.ts";

/** Milliseconds after which a browser that was cut off comes again. */
const RETRY_MS = 2_000;

/** How a stream is read. */
export interface StreamOptions {
  /** The last event that the reader has, if it comes again. */
  readonly after: number | undefined;
  readonly heartbeatMs: number;
  /** Ends the stream in order. */
  readonly signal: AbortSignal;
}

/**
 * Everything that happens from now on, until whoever reads it goes or the signal aborts. Who reads
 * too slowly misses some, which the numbers tell.
 *
 * @throws {RangeError} if there are as many readers as there may be.
 */
export function eventStream(
  events: EventSource,
  { after, heartbeatMs, signal }: StreamOptions,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const leaving = new AbortController();
  const ending = AbortSignal.any([signal, leaving.signal]);
  const numbered = events.follow(ending, after)[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<NumberedEvent>> | undefined;
  let isBegun = false;
  return new ReadableStream({
    async pull(controller) {
      if (!isBegun) {
        isBegun = true;
        return controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
      }
      next ??= numbered.next();
      const outcome = await within(next, heartbeatMs);
      if (outcome === undefined) return controller.enqueue(encoder.encode(": still here\n\n"));
      next = undefined;
      if (outcome.done) return controller.close();
      controller.enqueue(encoder.encode(written(outcome.value)));
    },
    async cancel() {
      leaving.abort();
      await numbered.return?.();
    },
  }, { highWaterMark: 0 });
}

function written({ id, event }: NumberedEvent): string {
  return `id: ${id}\ndata: ${printableJson(event)}\n\n`;
}

/** What a promise comes to, or `undefined` if it takes longer. */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
