/** All that a monitor knows: a value, so that what is shown can be held while more comes. */

import { type Components, NO_COMPONENTS } from "../csp/components.ts";
import type { Level } from "../log.ts";
import { MONITOR_LIMITS } from "./limits.ts";
import { type Merged, NOTHING, type Source } from "./merge.ts";
import type { Details } from "./snapshot.ts";

/** Something that has happened, as the tail shows it. */
export interface TailLine {
  /** Counts up. */
  readonly number: number;
  /** RFC 3339, UTC, with milliseconds. */
  readonly time: string;
  readonly level: Level;
  /** Who tells it: a registrar, or an address. */
  readonly source: string;
  /** Harmless for a terminal. */
  readonly text: string;
}

/** A process whose events are followed. */
export interface Stream {
  /** Its address. */
  readonly label: string;
  readonly isOpen: boolean;
  /** Why it is not. */
  readonly reason?: string | undefined;
}

/** What is known. */
export interface Data {
  readonly sources: readonly Source[];
  readonly merged: Merged;
  /** What registrars show of themselves over HTTP, by their identifiers. */
  readonly details: ReadonlyMap<string, Details>;
  /** What they have done a second, lately, by the names of the counters. */
  readonly rates: Readonly<Record<string, number>>;
  readonly streams: readonly Stream[];
  /** The last events, the oldest first. */
  readonly tail: readonly TailLine[];
  /** `undefined`: nobody listens for reports. */
  readonly components: Components | undefined;
}

/** What is known at the start. */
export function emptyData(
  sources: readonly string[],
  streams: readonly string[],
  csp: boolean,
): Data {
  return {
    sources: sources.map((label) => ({ label })),
    merged: NOTHING,
    details: new Map(),
    rates: {},
    streams: streams.map((label) => ({ label, isOpen: false })),
    tail: [],
    components: csp ? NO_COMPONENTS : undefined,
  };
}

/** Adds events to the tail, of which the oldest are forgotten. */
export function withTail(data: Data, lines: readonly Omit<TailLine, "number">[]): Data {
  if (lines.length === 0) return data;
  const first = (data.tail.at(-1)?.number ?? 0) + 1;
  const numbered = lines.map((line, i) => ({ number: first + i, ...line }));
  return { ...data, tail: [...data.tail, ...numbered].slice(-MONITOR_LIMITS.events) };
}

/**
 * Whether all that answer tell their events: what is seen between two questions then tells the same
 * again, later and without reasons.
 */
export function isFollowed({ sources, streams, details }: Data): boolean {
  if (streams.length === 0 || !streams.every(({ isOpen }) => isOpen)) return false;
  return sources.every(({ snapshot, awaySince }) =>
    snapshot === undefined || awaySince !== undefined || details.has(snapshot.identifier)
  );
}
