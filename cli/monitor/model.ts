/** What is shown, and what keys do to it. Pure: a state and an input make a state. */

import type { Data } from "./data.ts";
import { COMPONENTS, EVENTS } from "./event_views.ts";
import { ELEMENTS, POOLS } from "./handlespace_views.ts";
import { learn, type Moment, type News } from "./inputs.ts";
import type { Key, KeyName } from "./keys.ts";
import { layoutOf, type Size } from "./layout.ts";
import { MONITOR_LIMITS } from "./limits.ts";
import { REGISTRARS } from "./registrar_view.ts";
import type { Row, Shown, View, ViewName } from "./view.ts";

/** What each view remembers while others are looked at. */
export interface Place {
  /** The row under the cursor; `undefined`: the first, or the last of a tail. */
  readonly key: string | undefined;
  /** The column that rows are sorted by; `undefined`: they stand as they come. */
  readonly sort: number | undefined;
  readonly isReversed: boolean;
}

/** All that a frame is made of, besides the size of the screen. */
export interface MonitorState {
  readonly data: Data;
  /** What was known when the display was stopped, if it is. */
  readonly held: { readonly data: Data; readonly now: number } | undefined;
  readonly view: ViewName;
  readonly places: Readonly<Record<ViewName, Place>>;
  /** What rows must hold, in any case of letters. */
  readonly filter: string;
  /** What is typed behind `/`, before Enter takes it. */
  readonly typed: string | undefined;
  /** Only this pool's elements are shown. */
  readonly pool: string | undefined;
  readonly size: Size;
  /** The rows of the view, sorted and filtered. */
  readonly rows: readonly Row[];
  /** Where the cursor is among them. */
  readonly cursor: number;
  /** The first row on the screen. */
  readonly top: number;
  readonly isOver: boolean;
}

/** Something that changes the state. */
export type Input =
  | { readonly type: "key"; readonly key: Key }
  | { readonly type: "news"; readonly news: News }
  | { readonly type: "resize"; readonly size: Size };

const VIEWS: readonly View[] = [POOLS, ELEMENTS, REGISTRARS, EVENTS, COMPONENTS];
const PLACE: Place = { key: undefined, sort: undefined, isReversed: false };

/** The state at the start. */
export function startState(data: Data): MonitorState {
  const names = VIEWS.map(({ name }) => [name, PLACE] as const);
  return {
    data,
    held: undefined,
    view: "pools",
    places: Object.fromEntries(names) as Record<ViewName, Place>,
    filter: "",
    typed: undefined,
    pool: undefined,
    size: { columns: 80, rows: 24 },
    rows: [],
    cursor: 0,
    top: 0,
    isOver: false,
  };
}

/** The views that there are: components only where somebody listens for them. */
export function viewsOf({ data }: MonitorState): readonly View[] {
  return VIEWS.filter(({ name }) => name !== "components" || data.components !== undefined);
}

/** The view that is shown. */
export function viewOf({ view }: MonitorState): View {
  return VIEWS.find(({ name }) => name === view)!;
}

/** What is shown: while the display is held, what was known then. */
export function shownOf({ held, data }: MonitorState, now: number): Shown {
  return held ?? { data, now };
}

/** What an input makes of a state. */
export function step(state: MonitorState, input: Input, moment: Moment): MonitorState {
  const next = changed(state, input, moment);
  const { cursor, size, view } = next;
  // The cursor is always to be seen, and the screen moves no further than it must.
  const { room } = layoutOf(size, view);
  const last = Math.max(0, next.rows.length - room);
  const top = Math.min(last, cursor, Math.max(next.top, cursor - room + 1));
  return top === next.top ? next : { ...next, top };
}

function changed(state: MonitorState, input: Input, moment: Moment): MonitorState {
  switch (input.type) {
    case "news": {
      const data = learn(state.data, input.news, moment);
      if (data === state.data) return state;
      const next = { ...state, data };
      return state.held === undefined ? withRows(next, moment.now) : next;
    }
    case "resize":
      return { ...state, size: input.size };
    case "key":
      return state.typed === undefined
        ? commanded(state, input.key, moment.now)
        : typed(state, state.typed, input.key, moment.now);
  }
}

/** The rows anew, with the cursor on the same one as before. */
function withRows(state: MonitorState, now: number): MonitorState {
  const view = viewOf(state);
  const shown = shownOf(state, now);
  const { key, sort, isReversed } = state.places[state.view];
  const rows = sorted(filtered(state, view, shown), view, { sort, isReversed }, shown);
  const end = view.isTail === true ? rows.length - 1 : 0;
  const found = key === undefined ? end : rows.findIndex((row) => row.key === key);
  const cursor = found >= 0 ? found : Math.min(state.cursor, rows.length - 1);
  return { ...state, rows, cursor: Math.max(0, cursor) };
}

function filtered(state: MonitorState, view: View, shown: Shown): readonly Row[] {
  const all = view.rows(shown);
  const ofPool = state.pool === undefined || state.view !== "elements"
    ? all
    : all.filter((row) => (row as Row & { poolHandle: string }).poolHandle === state.pool);
  const words = (state.typed ?? state.filter).toLowerCase();
  if (words === "") return ofPool;
  return ofPool.filter((row) =>
    view.columns.some((column) => column.cell(row, shown).toLowerCase().includes(words))
  );
}

function sorted(
  rows: readonly Row[],
  { columns }: View,
  { sort, isReversed }: Pick<Place, "sort" | "isReversed">,
  shown: Shown,
): readonly Row[] {
  if (sort === undefined) return isReversed ? rows.toReversed() : rows;
  const column = columns[sort]!;
  const order = column.order?.bind(column) ?? column.cell.bind(column);
  const keyed = rows.map((row) => [order(row, shown), row] as const);
  const sign = isReversed ? -1 : 1;
  keyed.sort(([a], [b]) => a === b ? 0 : a < b ? -sign : sign);
  return keyed.map(([, row]) => row);
}

function typed(state: MonitorState, text: string, key: Key, now: number): MonitorState {
  const become = (changes: Partial<MonitorState>) => withRows({ ...state, ...changes }, now);
  if ("character" in key) {
    if (text.length >= MONITOR_LIMITS.filter) return state;
    return become({ typed: text + key.character });
  }
  switch (key.name) {
    case "enter":
      return become({ typed: undefined, filter: text });
    case "escape":
      return become({ typed: undefined });
    case "backspace":
      return text === ""
        ? become({ typed: undefined })
        : become({ typed: [...text].slice(0, -1).join("") });
    case "clear-line":
      return become({ typed: "" });
    case "interrupt":
      return { ...state, isOver: true };
  }
  return commanded({ ...state, typed: undefined, filter: text }, key, now);
}

function commanded(state: MonitorState, key: Key, now: number): MonitorState {
  const command = "name" in key ? NAMED[key.name] : characterCommand(key.character);
  return command?.(state, now) ?? state;
}

type Command = (state: MonitorState, now: number) => MonitorState;

function characterCommand(character: string): Command | undefined {
  const number = /^[1-9]$/.test(character) ? Number(character) : 0;
  return number > 0 ? (state, now) => go(state, now, number - 1) : CHARACTERS[character];
}

const CHARACTERS: Readonly<Record<string, Command>> = {
  "q": (state) => ({ ...state, isOver: true }),
  "/": (state) => ({ ...state, typed: state.filter }),
  "s": (state, now) => sortBy(state, now, 1),
  ">": (state, now) => sortBy(state, now, 1),
  "<": (state, now) => sortBy(state, now, -1),
  "r": (state, now) =>
    placed(state, now, { isReversed: !state.places[state.view].isReversed, key: undefined }),
  "p": pause,
  " ": pause,
  "j": (state) => move(state, 1),
  "k": (state) => move(state, -1),
  "g": (state) => moveTo(state, 0),
  "G": (state) => moveTo(state, Infinity),
};

const NAMED: Readonly<Partial<Record<KeyName, Command>>> = {
  "interrupt": (state) => ({ ...state, isOver: true }),
  "escape": escape,
  "tab": (state, now) => turn(state, now, 1),
  "right": (state, now) => turn(state, now, 1),
  "back-tab": (state, now) => turn(state, now, -1),
  "left": (state, now) => turn(state, now, -1),
  "up": (state) => move(state, -1),
  "down": (state) => move(state, 1),
  "page-up": (state) => move(state, -pageOf(state)),
  "page-down": (state) => move(state, pageOf(state)),
  "home": (state) => moveTo(state, 0),
  "end": (state) => moveTo(state, Infinity),
  "enter": enter,
};

/** Out of what one has gone into; from outside of all of it, the end. */
function escape(state: MonitorState, now: number): MonitorState {
  if (state.filter !== "") return withRows({ ...state, filter: "" }, now);
  if (state.pool !== undefined) {
    return withRows({ ...state, pool: undefined, view: "pools" }, now);
  }
  return { ...state, isOver: true };
}

function enter(state: MonitorState, now: number): MonitorState {
  const row = state.rows[state.cursor];
  if (state.view !== "pools" || row === undefined) return state;
  return withRows({ ...state, view: "elements", pool: row.key, filter: "" }, now);
}

function pause(state: MonitorState, now: number): MonitorState {
  if (state.held !== undefined) return withRows({ ...state, held: undefined }, now);
  return { ...state, held: { data: state.data, now } };
}

function turn(state: MonitorState, now: number, by: number): MonitorState {
  const views = viewsOf(state);
  const at = views.findIndex(({ name }) => name === state.view);
  return go(state, now, (at + by + views.length) % views.length);
}

function go(state: MonitorState, now: number, index: number): MonitorState {
  const view = viewsOf(state)[index];
  if (view === undefined) return state;
  const pool = view.name === state.view ? state.pool : undefined;
  return withRows({ ...state, view: view.name, pool }, now);
}

function placed(state: MonitorState, now: number, changes: Partial<Place>): MonitorState {
  const place = { ...state.places[state.view], ...changes };
  return withRows({ ...state, places: { ...state.places, [state.view]: place } }, now);
}

/** The next column, and after the last none. */
function sortBy(state: MonitorState, now: number, by: number): MonitorState {
  const { columns } = viewOf(state);
  const { sort } = state.places[state.view];
  const places = columns.length + 1;
  const next = ((sort ?? columns.length) + by + places) % places;
  const column = next === columns.length ? undefined : next;
  return placed(state, now, { sort: column, isReversed: false });
}

function pageOf({ size, view }: MonitorState): number {
  return Math.max(1, layoutOf(size, view).room);
}

function move(state: MonitorState, by: number): MonitorState {
  return moveTo(state, state.cursor + by);
}

function moveTo(state: MonitorState, index: number): MonitorState {
  const last = Math.max(0, state.rows.length - 1);
  const cursor = Math.min(last, Math.max(0, index));
  const isAtEnd = viewOf(state).isTail === true && cursor === last;
  const key = isAtEnd ? undefined : state.rows[cursor]?.key;
  const place = { ...state.places[state.view], key };
  return { ...state, cursor, places: { ...state.places, [state.view]: place } };
}
