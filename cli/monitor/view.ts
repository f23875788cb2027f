/** What a view of the monitor is: rows, and columns that can be sorted. */

import type { Data } from "./data.ts";

/** How something is drawn. */
export type Style = "plain" | "bold" | "dim" | "good" | "warn" | "bad" | "bar";

/** One row of a view. */
export interface Row {
  /** Who it is, while it changes. */
  readonly key: string;
}

/** One column. */
export interface Column<R extends Row = Row> {
  readonly title: string;
  /** The least width that it may be given; then its text is cut. */
  readonly min: number;
  /** 0: it is always there. Else those with the highest number go first where room is short. */
  readonly drop: number;
  readonly isRight?: boolean;
  cell(row: R, shown: Shown): string;
  /** What rows are sorted by; default: the text. */
  order?(row: R, shown: Shown): number | string;
  style?(row: R, shown: Shown): Style;
}

/** What is shown, and when. */
export interface Shown {
  readonly data: Data;
  readonly now: number;
}

/** One view. */
export interface View {
  readonly name: ViewName;
  readonly title: string;
  readonly columns: readonly Column[];
  /** Whether the end is shown first, as of a tail. */
  readonly isTail?: boolean;
  rows(shown: Shown): readonly Row[];
  /** What is said where there is no row. */
  nothing(shown: Shown): string;
}

/** The views, in their order. */
export type ViewName = "pools" | "elements" | "registrars" | "events" | "components";

/** Defines a view over rows of one type. */
export function defineView<R extends Row>(
  view: Omit<View, "columns" | "rows"> & {
    readonly columns: readonly Column<R>[];
    rows(shown: Shown): readonly R[];
  },
): View {
  return view as unknown as View;
}

/** A time that has passed: `12s`, `3m05s`, `2h10m`, `4d03h`. */
export function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number: number) => String(number).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}
