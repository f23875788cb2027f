/**
 * The script of the status page. The page is whole without it: it spares the reloading, and gives
 * it keys.
 */

/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { listenToKeys, showKeys } from "./keys.ts";
import { Live } from "./live.ts";
import { labelTheme, rememberTheme, switchTheme } from "./theme.ts";

/** Milliseconds after the last letter of a filter. */
const TYPING_MS = 150;

function begin(): void {
  const live = new Live();
  live.start();
  listenToKeys(live);
  listenToLinks(live);
  listenToFilter(live);
  showButton("theme", switchTheme);
  showButton("show-keys", showKeys);
  labelTheme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", labelTheme);
  addEventListener("popstate", () => {
    filterInput().value = new URLSearchParams(location.search).get("filter") ?? "";
    live.lookNow();
  });
}

function showButton(id: string, action: () => void): void {
  const button = document.getElementById(id)!;
  button.hidden = false;
  button.addEventListener("click", action);
}

/** A link to another part of this page fetches that part only. */
function listenToLinks(live: Live): void {
  document.addEventListener("click", (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.origin !== location.origin || link.pathname !== "/") return;
    if (link.hash !== "") return;
    event.preventDefault();
    filterInput().value = new URLSearchParams(link.search).get("filter") ?? "";
    live.go(link.href, "push");
  });
}

function listenToFilter(live: Live): void {
  const input = filterInput();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const apply = () => {
    clearTimeout(timer);
    live.go(filteredAddress(input.value), "replace");
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, TYPING_MS);
  });
  input.form!.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
}

/** The address of what is shown, with another filter, from its first page on. */
function filteredAddress(filter: string): string {
  const parameters = new URLSearchParams(location.search);
  for (const name of ["page", "pool-page", "filter"]) parameters.delete(name);
  if (filter.trim() !== "") parameters.set("filter", filter);
  return parameters.size === 0 ? "/" : `/?${parameters}`;
}

function filterInput(): HTMLInputElement {
  return document.getElementById("filter") as HTMLInputElement;
}

rememberTheme();
document.addEventListener("DOMContentLoaded", begin);
