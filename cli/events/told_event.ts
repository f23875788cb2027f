/** One event, the same in logs, event streams, metrics and pages. docs/events.md lists them. */

import type { Level } from "../log.ts";

/** What happened, when, and how much it matters. */
export interface ToldEvent {
  /** RFC 3339, UTC, with milliseconds. */
  readonly time: string;
  readonly level: Level;
  /** Its name, as docs/events.md lists it: `pool-element-registered`. */
  readonly event: string;
  /** For people, where the name does not say all. */
  readonly message?: string | undefined;
  /** All else that is known, by name, written as in the JSON of the command line. */
  readonly [field: string]: unknown;
}

/** An event of a stream. */
export interface NumberedEvent {
  /** Counts up from 1 in a process: what is missing between two was not told. */
  readonly id: number;
  readonly event: ToldEvent;
}

/** What is told as it happens, and the last of it once more to whoever comes later. */
export interface EventSource {
  /** The last events that are kept, the oldest first. */
  recent(): readonly NumberedEvent[];
  /**
   * All from now on, or from after a number as far as they are kept, until the signal aborts.
   * Whoever reads too slowly misses some, which the numbers tell.
   *
   * @throws {RangeError} if there are as many readers as there may be.
   */
  follow(signal: AbortSignal, after?: number): AsyncIterable<NumberedEvent>;
}
