/** The frame of the page: what stays while everything in it changes. */

import { type Html, html } from "./html.ts";
import { PAGE_LIMITS } from "./limits.ts";
import { type PageQuery, parametersOf } from "./query.ts";

/** What the frame says. */
export interface DocumentSettings {
  readonly query: PageQuery;
  /** The registrar's identifier. */
  readonly identifier: string;
  /** Only those who operate it are told, as /metrics is theirs only. */
  readonly version: string | undefined;
  /** Whether events can be followed: else the page asks from time to time. */
  readonly isLive: boolean;
}

/** Keys, and what they do; `cli/page/client/keys.ts` does it. */
const KEYS: readonly [key: string, meaning: string][] = [
  ["/", "go to the filter"],
  ["Esc", "empty the filter, leave it"],
  ["j k ↓ ↑", "next, previous row"],
  ["Enter", "only the pool of this row"],
  ["a", "all pools again"],
  ["s", "sort by the next column"],
  ["r", "the other way round"],
  ["n p", "next, previous page"],
  ["e", "all events, important events"],
  ["t", "light, dark"],
  ["?", "these keys"],
];

/** All before what changes. */
export function beginning(settings: DocumentSettings): Html {
  const { query, identifier, isLive } = settings;
  const { filter } = query;
  const { filterCharacters: most } = PAGE_LIMITS;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>rserpool ${identifier}</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/page.css">
        <script src="/page.js"></script>
      </head>
      <body data-live="${isLive ? "events" : "asking"}">
        <a class="skip" href="#elements">Skip to the pool elements</a>
        <header>
          <h1><a href="/">rserpool</a> <span class="id">${identifier}</span></h1>
          <form action="/" method="get" role="search">
    <label class="unseen" for="filter">Filter pools and pool elements</label>
    <input id="filter" name="filter" type="search" value="${filter}" maxlength="${most}"
    placeholder="Filter: pool, address, state, home"
    autocomplete="off" autocapitalize="off" spellcheck="false">
    ${hidden(query)}<button type="submit">Filter</button>
          </form>
          <p class="actions"><span id="connection" role="status"></span>
    <button id="theme" type="button" hidden>Dark</button>
    <button id="show-keys" type="button" aria-haspopup="dialog" hidden>Keys</button></p>
        </header>
        <p id="unreachable" role="alert" hidden></p>
        <noscript><p class="notice">
        Without JavaScript this page does not change by itself: reload it.</p></noscript>
  `;
}

/** Where a form goes, the rest of the address stays; pages begin anew. */
function hidden(query: PageQuery): Html {
  const kept = parametersOf({ ...query, filter: "", page: 1, poolPage: 1 });
  return html`${
    kept.map(([name, value]) =>
      html`
        <input type="hidden" name="${name}" value="${value}">
      `
    )
  }`;
}

/** All behind it. */
export function ending({ version }: DocumentSettings): Html {
  const rows = KEYS.map(([key, meaning]) =>
    html`
      <tr>
        <th scope="row">${key.split(" ").map((each) =>
          html`
            <kbd>${each}</kbd>
          `
        )}</th>
        <td>${meaning}</td>
      </tr>
    `
  );
  const metrics = version !== undefined && html`
    · <a href="/metrics">metrics</a>
  `;
  return html`
    <dialog id="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <table>
        <tbody>
    ${rows}</tbody>
      </table>
      <form method="dialog"><button>Close</button></form>
    </dialog>
    <footer>rserpool ${version ??
      ""} · read-only · <a href="/api/v1/pools">JSON</a>${metrics}</footer>
    </body>
    </html>
  `;
}
