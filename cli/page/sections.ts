/** The parts of the page, each by itself: pools, pool elements, registrars and events. */

import type { Api, ElementView, Transport } from "../api.ts";
import type { NumberedEvent, ToldEvent } from "../events/told_event.ts";
import type { Asker } from "../http/shown.ts";
import { addressesOf, endpointsOf, portOf, protocolOf, Views } from "../views.ts";
import { bar } from "./chart.ts";
import { type Html, html } from "./html.ts";
import { PAGE_LIMITS } from "./limits.ts";
import { addressOf, type ElementKey, type PageQuery, type PoolKey } from "./query.ts";
import type { ElementRow, Found, PoolRow } from "./scan.ts";
import { type Column, countOf, headersOf, number, pagesOf } from "./table.ts";
import { durationWords } from "./time_words.ts";

const POOL_COLUMNS: readonly Column<PoolKey>[] = [
  { title: "Pool", key: "pool" },
  { title: "Policy", key: "policy" },
  { title: "Elements", key: "elements", isNumber: true },
  { title: "Available", key: "available", isNumber: true },
  { title: "Lost", key: "lost", isNumber: true },
];

const ELEMENT_COLUMNS: readonly Column<ElementKey>[] = [
  { title: "Pool", key: "pool" },
  { title: "Element", key: "element" },
  { title: "Endpoint", key: "endpoint" },
  { title: "State", key: "state" },
  { title: "Policy", key: "policy" },
  { title: "Load", key: "load", isNumber: true },
  { title: "Life left", key: "life", isNumber: true },
  { title: "Home", key: "home" },
];

/** The pools of a page. */
export function* poolsSection(
  query: PageQuery,
  { pools }: Found,
  asker: Asker,
): Generator<Html> {
  const headers = headersOf(
    POOL_COLUMNS,
    query.pools,
    (order) => addressOf(query, { pools: order, poolPage: 1 }),
  );
  yield html`
    <section id="pools" aria-labelledby="pools-title">
      <h2 id="pools-title">Pools <small>${countOf(pools)}</small></h2>
      <div class="scroll">
        <table class="pools"><caption class="unseen">Pools</caption>
    ${headers}<tbody>
  `;
  for (const row of pools.rows) yield poolRow(query, row);
  yield html`
    </tbody></table></div>
    ${pools.rows.length === 0 &&
      nothing("pool", pools.total, asker)}
    ${pagesOf(
      "pools",
      { page: query.poolPage, matching: pools.matching },
      (poolPage) => addressOf(query, { poolPage }),
    )}
    </section>
  `;
}

function poolRow(query: PageQuery, row: PoolRow): Html {
  const { poolHandle, policy, elements, available, lost, inconsistent } = row;
  const href = addressOf(query, { pool: poolHandle, filter: "", page: 1, poolPage: 1 });
  const isDown = available === 0;
  const odd = inconsistent > 0 &&
    html`
      <b class="odd">${number(inconsistent)} inconsistent</b>
    `;
  return html`
    <tr tabindex="-1" data-key="${poolHandle}" class="${isDown && "down"}">
      <th scope="row"><a href="${href}"><bdi>${poolHandle}</bdi></a></th>
      <td>${policy}</td>
      <td class="number" data-name="elements">${number(elements)}</td>
      <td class="number" data-name="available"
        data-of="${elements}">${bar(available / elements, "share")} <span class="count">${number(
          available,
        )}</span></td>
      <td class="number ${lost + inconsistent === 0 && "zero"}" data-name="lost">${lost > 0
        ? html`<b class="bad">${number(lost)}</b>`
        : "0"}${odd}</td>
    </tr>
  `;
}

/** What says that a table is empty, and what to do. */
function nothing(name: string, total: number, { operates }: Asker): Html {
  if (total > 0) {
    return html`<p class="nothing">No ${name} fits the filter. <a href="/">Show all</a></p>`;
  }
  if (!operates) return html`<p class="nothing">There is no ${name} that you may read.</p>`;
  const command = html`<code>rserpool register POOL --port N</code>`;
  return html`<p class="nothing">There is no ${name} yet: ${command}</p>`;
}

/** Makes the rows of pool elements. */
export class ElementsSection {
  private readonly api: Api;
  private readonly views: Views;

  constructor(api: Api) {
    this.api = api;
    this.views = new Views(api);
  }

  /** The pool elements of a page. */
  *pieces(query: PageQuery, { elements }: Found, asker: Asker): Generator<Html> {
    const headers = headersOf(
      ELEMENT_COLUMNS,
      query.sort,
      (order) => addressOf(query, { sort: order, page: 1 }),
    );
    const only = query.pool !== undefined && html`
      in <bdi>${query.pool}</bdi> <a class="all" href="${addressOf(query, {
        pool: undefined,
        page: 1,
      })}">all pools</a>
    `;
    yield html`
      <section id="elements" aria-labelledby="elements-title">
        <h2 id="elements-title">Pool elements <small>${countOf(elements)}</small>${only}</h2>
        <div class="scroll">
          <table class="elements"><caption class="unseen">Pool elements</caption>
      ${headers}<tbody>
    `;
    for (const row of elements.rows) yield this.row(query, row, asker.operates);
    yield html`
      </tbody></table></div>
      ${elements.rows.length === 0 &&
        nothing("pool element", elements.total, asker)}
      ${pagesOf(
        "pool elements",
        { page: query.page, matching: elements.matching },
        (page) => addressOf(query, { page }),
      )}
      </section>
    `;
  }

  private row(query: PageQuery, { poolHandle, view }: ElementRow, showsWho: boolean): Html {
    const { poolElement, state, unreachableReporters, identity } = view;
    const { formatIdentifier } = this.api;
    const identifier = formatIdentifier(poolElement.identifier);
    const home = formatIdentifier(poolElement.home);
    const toPool = addressOf(query, { pool: poolHandle, filter: "", page: 1, poolPage: 1 });
    const reports = unreachableReporters > 0 && html`
      <b class="odd">${number(unreachableReporters)} unreachable</b>
    `;
    const who = showsWho && identity !== undefined &&
      html`<small class="who"><bdi>${identity}</bdi></small>`;
    return html`
      <tr tabindex="-1" data-key="${poolHandle} ${identifier}">
        <th scope="row"><a href="${toPool}"><bdi>${poolHandle}</bdi></a></th>
        <td class="id">${identifier}${who}</td>
        <td class="endpoint" title="${endpointsOf(poolElement.transport)}">${endpointWords(
          poolElement.transport,
        )}</td>
        <td>${stateBadge(state)}${reports}</td>
        <td class="policy">${this.policy(view)}</td>
        <td class="number ${!("load" in poolElement.policy) && "zero"}" data-name="load">${this
          .load(
            view,
          )}</td>
        <td class="number" data-name="life">${this.life(view)}</td>
        <td class="id" data-name="home">${home}</td>
      </tr>
    `;
  }

  private policy({ poolElement: { policy } }: ElementView): Html {
    const { name, data: _, load: _load, loadRaw: _raw, ...values } = this.api.viewPolicy(policy);
    const shown = Object.entries(values).filter(([key]) => !key.endsWith("Raw"));
    const words = shown.map(([key, value]) => {
      const number = fraction(key, value);
      return key === name ? number : `${key} ${number}`;
    }).join(", ");
    return html`${String(name)}${
      words !== "" && html`
        <small>${words}</small>
      `
    }`;
  }

  private load({ poolElement: { policy } }: ElementView): Html {
    const { load } = this.api.viewPolicy(policy);
    if (typeof load !== "number") return html`<span class="none">–</span>`;
    return html`${bar(load, load >= 0.9 ? "load high" : "load")} ${Math.round(load * 100)} %`;
  }

  private life({ poolElement: { registrationLife }, lifeLeftMs }: ElementView): Html {
    if (lifeLeftMs !== undefined) return html`${durationWords(lifeLeftMs)}`;
    if (registrationLife === this.api.INFINITE_LIFE) return html`<span class="none">no end</span>`;
    return html`<span class="none" title="Only its home knows">at home</span>`;
  }
}

function fraction(key: string, value: unknown): string {
  return key === "degradation" && typeof value === "number"
    ? `${Math.round(value * 100)} %`
    : String(value);
}

/** Addresses beyond the first are a number; all of them stand in the title. */
function endpointWords(transport: Transport): Html {
  const [first, ...others] = addressesOf(transport);
  if (first === undefined) return html`<small>${protocolOf(transport)}</small>`;
  const address = first.includes(":") ? `[${first}]` : first;
  return html`<small>${protocolOf(transport)}</small> ${address}:${portOf(transport)}${
    others.length > 0 && html`
      <small>+${others.length}</small>
    `
  }`;
}

const STATE_KINDS: Readonly<Record<ElementView["state"], string>> = {
  available: "good",
  lost: "bad",
  inconsistent: "odd",
};

function stateBadge(state: ElementView["state"]): Html {
  return html`<span class="badge ${STATE_KINDS[state]}">${state}</span>`;
}

/** The last events, the newest first. */
export function* eventsSection(
  query: PageQuery,
  events: readonly NumberedEvent[],
): Generator<Html> {
  const { importantOnly } = query;
  const shown = events.filter(({ event: { level } }) =>
    level !== "debug" && !(importantOnly && level === "info")
  ).slice(-PAGE_LIMITS.events).reverse();
  const choice = (wanted: boolean, text: string) =>
    html`<a href="${addressOf(query, { importantOnly: wanted })}" aria-current="${
      importantOnly === wanted ? "true" : "false"
    }">${text}</a>`;
  yield html`
    <section id="events" aria-labelledby="events-title">
      <h2 id="events-title">Events <span class="choice">${choice(false, "all")} ${choice(
        true,
        "important",
      )}</span></h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="events-title">
        <table class="events">
          <caption class="unseen">Last events, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Event</th>
            </tr>
          </thead>
          <tbody>
  `;
  for (const { id, event } of shown) yield eventRow(id, event);
  yield html`
    </tbody></table></div>
    ${shown.length === 0 && html`<p class="nothing">Nothing has happened yet.</p>`}
    </section>
  `;
}

function eventRow(id: number, { time, level, event, message, ...fields }: ToldEvent): Html {
  const { poolHandle, identifier, ...others } = fields;
  const words = Object.entries({ poolHandle, identifier, ...others }).flatMap(([key, value]) => {
    if (value === true) {
      return [html`
        <small>${key}</small>
      `];
    }
    if (typeof value !== "string" && typeof value !== "number") return [];
    if (message?.includes(String(value))) return [];
    const name = !SPEAK_FOR_THEMSELVES.includes(key) && html`
      <small>${key}</small>
    `;
    return [html`
      <span>${name}<bdi>${cut(String(value))}</bdi></span>
    `];
  });
  const badge = level !== "info" && html`
    <span class="badge ${level}">${level}</span>
  `;
  const text = message !== undefined && html`
    ${cut(message)}
  `;
  return html`
    <tr data-key="${id}">
      <td><time datetime="${time}">${time.slice(11, 19)}</time></td>
      <td><b>${event}</b> ${badge}${text}${words}</td>
    </tr>
  `;
}

/** What an event is about is known without its name. */
const SPEAK_FOR_THEMSELVES: readonly string[] = ["poolHandle", "identifier"];

/** Characters of one value of an event: the log has all of it. */
const VALUE_CHARACTERS = 160;

function cut(text: string): string {
  const characters = [...text.slice(0, 2 * VALUE_CHARACTERS)];
  if (characters.length <= VALUE_CHARACTERS) return text;
  return `${characters.slice(0, VALUE_CHARACTERS).join("")}…`;
}
