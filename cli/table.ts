/** Tables for eyes, in columns, and for spreadsheets, as csv (RFC 4180 with plain line ends). */

import { eastAsianWidth } from "get-east-asian-width";
import { printable } from "./printable.ts";

/** Rows under a header. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const GAP = "  ";
const BOLD = "\x1b[1m";
const PLAIN = "\x1b[0m";

/** A table in columns as wide as their widest cell. */
export function renderTable(table: Table, style: { noHeader: boolean; color: boolean }): string {
  const rows = table.rows.map((row) => row.map(printable));
  const all = style.noHeader ? rows : [table.header, ...rows];
  const widths = table.header.map((_, i) => Math.max(0, ...all.map((row) => widthOf(row[i]!))));
  const lines = all.map((row) => renderRow(row, widths));
  if (!style.noHeader && style.color) lines[0] = `${BOLD}${lines[0]}${PLAIN}`;
  return lines.map((line) => `${line}\n`).join("");
}

function renderRow(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, i) => cell + " ".repeat(widths[i]! - widthOf(cell)));
  return cells.join(GAP).trimEnd();
}

/** Columns that a text takes on a terminal: East Asian characters take two, marks none. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) {
    if (/^\p{M}$/u.test(character)) continue;
    width += eastAsianWidth(character.codePointAt(0)!);
  }
  return width;
}

/** A table as csv; cells with commas, quotes or line ends are quoted. */
export function renderCsv(table: Table, style: { noHeader: boolean }): string {
  const all = style.noHeader ? table.rows : [table.header, ...table.rows];
  return all.map((row) => `${row.map(csvCell).join(",")}\n`).join("");
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
