/** The keyboard; `cli/page/document.ts` has the table of keys. */

import type { Live } from "./live.ts";
import { switchTheme } from "./theme.ts";

const ROWS = "#pools tbody tr, #elements tbody tr";

/** Listens. */
export function listenToKeys(live: Live): void {
  const actions: Readonly<Record<string, () => void>> = {
    "/": focusFilter,
    j: () => step(1),
    ArrowDown: () => step(1),
    k: () => step(-1),
    ArrowUp: () => step(-1),
    a: () => follow("#elements .all", live),
    s: () => follow(nextColumn(), live),
    r: () => follow("#elements th:not([aria-sort=none]) a", live),
    n: () => follow("#elements .pages a[rel=next]", live),
    p: () => follow("#elements .pages a[rel=prev]", live),
    e: () => follow("#events .choice a[aria-current=false]", live),
    t: switchTheme,
    "?": showKeys,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isDialogOpen()) return;
    const { target, key } = event;
    if (target instanceof HTMLInputElement) return inFilter(event, target);
    if (key === "Enter") return choose(event, live);
    // Where there is something to scroll with arrows, they scroll it.
    if (key.startsWith("Arrow") && !isRow(document.activeElement)) return;
    const action = Object.hasOwn(actions, key) ? actions[key] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}

/** Opens the table of keys. */
export function showKeys(): void {
  const dialog = document.getElementById("keys");
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
}

function isDialogOpen(): boolean {
  return document.querySelector("dialog[open]") !== null;
}

function focusFilter(): void {
  const filter = document.getElementById("filter");
  if (!(filter instanceof HTMLInputElement)) return;
  filter.focus();
  filter.select();
}

function inFilter(event: KeyboardEvent, filter: HTMLInputElement): void {
  if (event.key === "ArrowDown") {
    event.preventDefault();
    filter.blur();
    step(1);
  }
  if (event.key !== "Escape") return;
  event.preventDefault();
  if (filter.value === "") return filter.blur();
  filter.value = "";
  filter.dispatchEvent(new Event("input", { bubbles: true }));
}

function isRow(element: Element | null): boolean {
  return element?.matches(ROWS) ?? false;
}

/** From row to row; from elsewhere to the first pool element. */
function step(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)];
  const current = document.activeElement?.closest(ROWS);
  const at = rows.findIndex((row) => row === current);
  const first = rows.findIndex((row) => row.closest("#elements") !== null);
  rows[at < 0 ? Math.max(0, first) : at + by]?.focus();
}

function choose(event: KeyboardEvent, live: Live): void {
  if (!isRow(document.activeElement)) return;
  event.preventDefault();
  const link = document.activeElement?.querySelector("th a");
  if (link instanceof HTMLAnchorElement) live.go(link.href, "push");
}

/** The header after the one that is sorted by, or the first. */
function nextColumn(): string {
  const headers = [...document.querySelectorAll("#elements th")];
  const at = headers.findIndex((header) => header.getAttribute("aria-sort") !== "none");
  return `#elements th:nth-child(${(at + 1) % headers.length + 1}) a`;
}

function follow(selector: string, live: Live): void {
  const link = document.querySelector(selector);
  if (link instanceof HTMLAnchorElement) live.go(link.href, "push");
}
