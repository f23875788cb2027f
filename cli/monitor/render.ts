/** A frame: lines of styled text, one for each line of the screen. Pure. */

import { eventStyle } from "./event_views.ts";
import { layoutOf } from "./layout.ts";
import { type MonitorState, shownOf, viewOf, viewsOf } from "./model.ts";
import { cellsOf, fit } from "./text.ts";
import type { Column, Row, Shown, Style } from "./view.ts";

/** Text of one style. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One line of the screen, as wide as that. */
export type Line = readonly Span[];

const GAP = 2;
const KEYS = "q quit  1-4 Tab view  / filter  s sort  r reverse  p pause  Enter open  Esc back";
const KEYS_OF_FIVE = KEYS.replace("1-4", "1-5");

/** Draws a state; only what is seen is looked at. */
export function render(state: MonitorState, now: number, time: string): Line[] {
  const { size: { columns, rows }, view } = state;
  const layout = layoutOf(state.size, view);
  const shown = shownOf(state, now);
  const visible = state.rows.slice(state.top, state.top + layout.room);
  const table = new TableLayout(viewOf(state).columns, visible, shown, columns);
  const lines: Line[] = [titleLine(state, shown, time)];
  if (layout.hasTabs) lines.push(tabsLine(state));
  if (layout.hasHeader) lines.push(table.header(state.places[view]));
  const body = visible.map((row, i) => table.row(row, state.top + i === state.cursor));
  if (visible.length === 0 && layout.room > 0) body.push(nothingLine(state, shown));
  lines.push(...body);
  const rest = layout.room - body.length;
  for (let i = 0; i < rest; i++) lines.push([]);
  if (layout.tail > 0) lines.push(...tailLines(shown, layout.tail));
  if (layout.hasKeys) lines.push(keysLine(state));
  else if (state.typed !== undefined) lines[0] = keysLine(state);
  return lines.slice(0, rows).map((line) => clip(line, columns));
}

function titleLine(state: MonitorState, shown: Shown, time: string): Line {
  const { data: { sources, merged, rates } } = shown;
  const away = sources.filter(({ awaySince }) => awaySince !== undefined).length;
  const doubtful = merged.elements.length === 0
    ? 0
    : [...merged.pools.values()].reduce((sum, pool) => sum + pool.doubtful, 0);
  const spans: Span[] = [
    { text: "rserpool monitor", style: "bold" },
    { text: `  ${time.slice(11, 19)}Z`, style: "dim" },
  ];
  const add = (text: string, style: Style = "plain") => spans.push({ text: `  ${text}`, style });
  if (state.held !== undefined) add("PAUSED", "warn");
  const answering =
    sources.filter(({ snapshot, awaySince }) => snapshot !== undefined && awaySince === undefined)
      .length;
  if (sources.length > 0) {
    add(`${answering}/${sources.length} registrars`, away > 0 ? "bad" : "plain");
  }
  add(counted(merged.pools.size, "pool"), merged.isOld ? "dim" : "plain");
  add(counted(merged.elements.length, "element"), merged.isOld ? "dim" : "plain");
  if (merged.isOld) add("(as last told)", "bad");
  if (doubtful > 0) add(`${doubtful} not known to all`, "warn");
  for (const [name, rate] of Object.entries(totals(rates))) add(`${rate.toFixed(1)} ${name}/s`);
  return spans;
}

/** The rates of all registrars together. */
function totals(rates: Readonly<Record<string, number>>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, rate] of Object.entries(rates)) {
    const name = key.slice(key.indexOf(" ") + 1);
    sums[name] = (sums[name] ?? 0) + rate;
  }
  return sums;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function tabsLine(state: MonitorState): Line {
  const spans = viewsOf(state).flatMap(({ name, title }, i): Span[] => [
    { text: ` ${i + 1} ${title} `, style: name === state.view ? "bar" : "plain" },
    { text: " ", style: "plain" },
  ]);
  const told: Span[] = [];
  if (state.pool !== undefined && state.view === "elements") {
    told.push({ text: `  pool ${state.pool}`, style: "bold" });
  }
  if (state.filter !== "" && state.typed === undefined) {
    told.push({ text: `  /${state.filter}`, style: "bold" });
  }
  const { length } = state.rows;
  const count = length === 0 ? "" : `  ${state.cursor + 1} of ${length}`;
  return [...spans, ...told, { text: count, style: "dim" }];
}

function nothingLine(state: MonitorState, shown: Shown): Line {
  const view = viewOf(state);
  const isFiltered = state.filter !== "" || (state.typed ?? "") !== "" ||
    (state.pool !== undefined && state.view === "elements");
  const hasSome = isFiltered && view.rows(shown).length > 0;
  const text = hasSome ? "nothing fits the filter (Esc leaves it)" : view.nothing(shown);
  return [{ text, style: "dim" }];
}

function tailLines({ data: { tail } }: Shown, count: number): Line[] {
  const lines: Line[] = [[{ text: "Events", style: "bold" }]];
  for (const line of tail.slice(-count)) {
    const head = `${line.time.slice(11, 19)}  ${line.source}  `;
    lines.push([{ text: head, style: "dim" }, { text: line.text, style: eventStyle(line) }]);
  }
  while (lines.length < count + 1) lines.push([]);
  return lines;
}

function keysLine(state: MonitorState): Line {
  if (state.typed !== undefined) {
    return [
      { text: `/${state.typed}`, style: "bold" },
      { text: "_   Enter takes it, Esc leaves it", style: "dim" },
    ];
  }
  const text = viewsOf(state).length > 4 ? KEYS_OF_FIVE : KEYS;
  return [{ text, style: "bar" }];
}

function clip(line: Line, columns: number): Line {
  const clipped: Span[] = [];
  let left = columns;
  for (const { text, style } of line) {
    if (left <= 0) break;
    const width = Math.min(left, cellsOf(text));
    if (width > 0) clipped.push({ text: fit(text, width), style });
    left -= width;
  }
  return clipped;
}

/** Columns of a table, as wide as what is seen of it needs and the screen allows. */
class TableLayout {
  private readonly columns: readonly Column[];
  private readonly widths: readonly number[];
  private readonly indexes: readonly number[];
  private readonly shown: Shown;

  constructor(
    all: readonly Column[],
    visible: readonly Row[],
    shown: Shown,
    room: number,
  ) {
    this.shown = shown;
    this.indexes = columnsFor(all, room);
    this.columns = this.indexes.map((index) => all[index]!);
    const wanted = this.columns.map((column) =>
      Math.max(
        column.title.length,
        ...visible.map((row) => cellsOf(column.cell(row, shown))),
      )
    );
    this.widths = shrunk(wanted, this.columns, room);
  }

  /** The titles; behind the one that rows are sorted by stands how. */
  header({ sort, isReversed }: { sort: number | undefined; isReversed: boolean }): Line {
    return this.columns.flatMap(({ title, isRight }, i): Span[] => {
      const gap = this.gap(i);
      const sign = this.indexes[i] !== sort ? "" : isReversed ? "-" : "+";
      const width = this.widths[i]!;
      const isInside = isRight !== true && title.length + sign.length <= width;
      const text = isInside
        ? fit(title + sign, width) + gap.text
        : fit(title, width, isRight) + sign + gap.text.slice(sign.length);
      return [{ text, style: "bold" }];
    });
  }

  row(row: Row, isChosen: boolean): Line {
    return this.columns.flatMap((column, i): Span[] => {
      const text = fit(column.cell(row, this.shown), this.widths[i]!, column.isRight);
      const style = isChosen ? "bar" : column.style?.(row, this.shown) ?? "plain";
      return [{ text, style }, { ...this.gap(i), style: isChosen ? "bar" : "plain" }];
    });
  }

  private gap(index: number): Span {
    const isLast = index === this.columns.length - 1;
    return { text: " ".repeat(isLast ? 0 : GAP), style: "plain" };
  }
}

/** Which columns there is room for, by their least widths. */
function columnsFor(all: readonly Column[], room: number): number[] {
  let kept = all.map((_, index) => index);
  const least = (indexes: readonly number[]) =>
    indexes.reduce((sum, index) => sum + all[index]!.min + GAP, -GAP);
  while (least(kept) > room) {
    const [first] = kept.filter((index) => all[index]!.drop > 0)
      .sort((a, b) => all[b]!.drop - all[a]!.drop);
    if (first === undefined) break;
    kept = kept.filter((index) => index !== first);
  }
  return kept;
}

/** The widest columns give way first, none below its least width. */
function shrunk(wanted: readonly number[], columns: readonly Column[], room: number): number[] {
  const widths = [...wanted];
  const gaps = GAP * (widths.length - 1);
  for (;;) {
    const excess = widths.reduce((sum, width) => sum + width, gaps) - room;
    if (excess <= 0) return widths;
    const spare = widths.map((width, i) => width - columns[i]!.min);
    const widest = Math.max(...widths.filter((_, i) => spare[i]! > 0), 0);
    const index = widths.findIndex((width, i) => width === widest && spare[i]! > 0);
    if (index < 0) return widths;
    widths[index]!--;
  }
}
