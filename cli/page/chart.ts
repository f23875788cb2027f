/** Small charts, drawn here: without JavaScript, and without a style that the page forbids. */

import { type Html, html } from "./html.ts";

/** A chart of one number over time. */
export interface ChartSettings {
  readonly name: string;
  /** The oldest first. */
  readonly values: readonly number[];
  /** How many values fill the whole width. */
  readonly capacity: number;
  /** What is at the left end, in words. */
  readonly span: string;
  /** What stands beside the name: the number now. */
  readonly now: string;
}

const WIDTH = 300;
const HEIGHT = 48;
/** So that the line is not cut in half at its highest and lowest. */
const MARGIN = 2;

/** A line with what is below it; the newest value is at the right. */
export function chart({ name, values, capacity, span, now }: ChartSettings): Html {
  const highest = ceilingOf(values);
  const step = WIDTH / Math.max(1, capacity - 1);
  const points = values.map((value, index) => {
    const x = WIDTH - (values.length - 1 - index) * step;
    const y = HEIGHT - MARGIN - (value / highest) * (HEIGHT - 2 * MARGIN);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const [left = WIDTH] = (points[0] ?? "").split(",").map(Number);
  const area = `${left.toFixed(1)},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`;
  const words = `${name}: now ${now}, scale to ${short(highest)}, ${span}`;
  return html`
    <figure class="chart" data-key="${name}">
      <figcaption><span>${name}</span> <strong>${now}</strong></figcaption>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img"
        aria-label="${words}">
    <line class="grid" x1="0" x2="${WIDTH}" y1="${MARGIN}" y2="${MARGIN}"></line>
    <line class="grid" x1="0" x2="${WIDTH}" y1="${HEIGHT - 1}" y2="${HEIGHT - 1}"></line>
    ${points.length > 1 && html`<polygon points="${area}"></polygon>
<polyline points="${points.join(" ")}"></polyline>`}</svg>
      <p class="axis" aria-hidden="true"><span>${span}</span><span>${short(highest)} max</span></p>
    </figure>
  `;
}

/** A part of a whole, as a bar. */
export function bar(part: number, name: string): Html {
  const percent = Math.round(Math.min(1, Math.max(0, part)) * 100);
  return html`
    <svg class="bar ${name}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="6"></rect>
      <rect class="part" width="${percent}" height="6"></rect>
    </svg>
  `;
}

/** A number as one reads it at a glance: `4.2`, `812`, `12.3k`. */
export function short(value: number): string {
  if (value >= 999_950) return `${trimmed(value / 1_000_000)}M`;
  if (value >= 9_999.5) return `${trimmed(value / 1_000)}k`;
  return value < 9.95 ? trimmed(value) : String(Math.round(value));
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, "");
}

/** The end of the scale: 1, 2 or 5 and noughts, not below any value. */
function ceilingOf(values: readonly number[]): number {
  const highest = values.reduce((a, b) => Math.max(a, b), 1);
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map((factor) => factor * power).find((end) => end >= highest)!;
}
