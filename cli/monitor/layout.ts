/** What has a place on a screen of a size. Pure. */

import type { ViewName } from "./view.ts";

/** A screen, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Which lines there are, from above; the title is always there. */
export interface Layout {
  readonly hasTabs: boolean;
  readonly hasHeader: boolean;
  /** Lines for rows of the view. */
  readonly room: number;
  /** Lines for the last events, with a line above them; 0: none. */
  readonly tail: number;
  readonly hasKeys: boolean;
}

const LEAST_ROWS = { keys: 3, header: 4, tabs: 6, tail: 16 };
/** Of how many lines one is for the tail. */
const TAIL_SHARE = 4;
const LONGEST_TAIL = 8;

/** What is left out on a small screen. */
export function layoutOf({ rows }: Size, view: ViewName): Layout {
  const hasKeys = rows >= LEAST_ROWS.keys;
  const hasHeader = rows >= LEAST_ROWS.header;
  const hasTabs = rows >= LEAST_ROWS.tabs;
  const wantsTail = rows >= LEAST_ROWS.tail && view !== "events" && view !== "components";
  const tail = wantsTail ? Math.min(LONGEST_TAIL, Math.floor(rows / TAIL_SHARE)) : 0;
  const others = 1 + Number(hasKeys) + Number(hasHeader) + Number(hasTabs) +
    (tail > 0 ? tail + 1 : 0);
  return { hasTabs, hasHeader, hasKeys, tail, room: Math.max(0, rows - others) };
}
