/** What all tables of the page have: headers that sort, a caption, and pages. */

import { type Html, html } from "./html.ts";
import { PAGE_LIMITS } from "./limits.ts";
import type { Order } from "./query.ts";

/** A column. */
export interface Column<Key extends string> {
  readonly title: string;
  /** By what it sorts; absent: it does not. */
  readonly key?: Key;
  readonly isNumber?: boolean;
}

/** The row of headers; each is a link that sorts by it, and the other way round where it is. */
export function headersOf<Key extends string>(
  columns: readonly Column<Key>[],
  order: Order<Key>,
  address: (order: Order<Key>) => string,
): Html {
  const cells = columns.map(({ title, key, isNumber }) => {
    const kind = isNumber === true ? "number" : "";
    if (key === undefined) return html`<th scope="col" class="${kind}">${title}</th>`;
    const isSorted = order.by === key;
    const next = { by: key, descending: isSorted && !order.descending };
    const sorted = order.descending ? "descending" : "ascending";
    return html`
      <th scope="col" class="${kind}"
        aria-sort="${isSorted ? sorted : "none"}"><a href="${address(
          next,
        )}" data-key="${key}">${title}</a></th>
    `;
  });
  return html`
    <thead>
      <tr>${cells}</tr>
    </thead>
  `;
}

/** Links to the other pages of a table, and which rows these are; nothing if there is one page. */
export function pagesOf(
  name: string,
  { page, matching }: { readonly page: number; readonly matching: number },
  address: (page: number) => string,
): Html {
  const { rows, pages: most } = PAGE_LIMITS;
  const pages = Math.ceil(matching / rows);
  if (pages <= 1 && page === 1) return html``;
  const from = (page - 1) * rows + 1;
  const to = Math.min(page * rows, matching);
  const last = Math.min(pages, most);
  const beyond = pages > most && html`
    Only the first ${number(rows * most)} can be turned to: a filter finds the others.
  `;
  return html`
    <nav class="pages"
      aria-label="Pages of ${name}">${link(
        page > 1,
        address(Math.max(1, Math.min(page - 1, last))),
        "previous",
        "‹ Previous",
      )}<span>${from > matching ? "beyond the end" : `${number(from)}–${number(to)}`} of ${number(
        matching,
      )}${beyond}</span>${link(page < last, address(page + 1), "next", "Next ›")}</nav>
  `;
}

function link(isThere: boolean, address: string, rel: string, text: string): Html {
  if (!isThere) return html`<span class="off" aria-hidden="true">${text}</span>`;
  return html`<a href="${address}" rel="${rel === "next" ? "next" : "prev"}">${text}</a>`;
}

/** A whole number with separators, the same in every locale. */
export function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** How many there are, and how many of them the filter leaves. */
export function countOf(
  { matching, total }: { readonly matching: number; readonly total: number },
) {
  return matching === total ? number(total) : `${number(matching)} of ${number(total)}`;
}
