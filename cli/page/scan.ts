/** One pass over the handlespace: what is counted, and the few rows that are shown. */

import type { ElementView, RegistrarPoolView, RegistrarView } from "../api.ts";
import type { Asker } from "../http/shown.ts";
import { addressesOf, portOf, type Views } from "../views.ts";
import { FirstOf } from "./first_of.ts";
import { PAGE_LIMITS } from "./limits.ts";
import type { ElementKey, Order, PageQuery, PoolKey } from "./query.ts";

/** A pool element that may be shown. */
export interface ElementRow {
  readonly poolHandle: string;
  readonly view: ElementView;
}

/** A pool, and the states of its elements. */
export interface PoolRow {
  readonly poolHandle: string;
  readonly policy: string;
  readonly elements: number;
  readonly available: number;
  readonly lost: number;
  readonly inconsistent: number;
}

/** Rows of one page of a table. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
  /** How many there are with the filter, on all pages. */
  readonly matching: number;
  /** How many there are without it. */
  readonly total: number;
}

/** What a pass has found. */
export interface Found {
  readonly pools: Rows<PoolRow>;
  readonly elements: Rows<ElementRow>;
  readonly states: Readonly<Record<ElementView["state"], number>>;
}

/** What a pass needs to know. */
export interface ScanSettings {
  readonly view: RegistrarView;
  readonly query: PageQuery;
  readonly asker: Asker;
  readonly views: Views;
  readonly formatIdentifier: (identifier: number) => string;
}

/** So many elements are looked at before it is seen how long that took. */
const ELEMENTS_AT_A_TIME = 64;

type Key = string | number;
type Keyed<Row> = readonly [key: Key, tie: string, number: number, row: Row];

/** Goes through the handlespace; it is paused where it yields. */
export function* scan(settings: ScanSettings): Generator<void, Found> {
  const { view, query, asker } = settings;
  const isWanted = new Filter(settings);
  const pools = new FirstOf<Keyed<PoolRow>>(
    query.poolPage * PAGE_LIMITS.rows,
    comparing(query.pools),
  );
  const elements = new FirstOf<Keyed<ElementRow>>(
    query.page * PAGE_LIMITS.rows,
    comparing(query.sort),
  );
  const states = { available: 0, lost: 0, inconsistent: 0 };
  let [poolsTotal, poolsMatching, total, matching, looked] = [0, 0, 0, 0, 0];
  for (const pool of view.pools()) {
    const { poolHandle } = pool;
    if (!asker.operates && !asker.mayRead(poolHandle)) continue;
    poolsTotal++;
    const counts = { available: 0, lost: 0, inconsistent: 0 };
    const sorted = sortable(poolHandle);
    const before = matching;
    for (const element of pool.elements()) {
      counts[element.state]++;
      if (++looked % ELEMENTS_AT_A_TIME === 0) yield;
      if (!isWanted.element(poolHandle, element)) continue;
      matching++;
      const key = keyOf(query.sort.by, sorted, element, settings);
      elements.offer([key, sorted, element.poolElement.identifier, { poolHandle, view: element }]);
    }
    const { available, lost, inconsistent } = counts;
    for (const state of ["available", "lost", "inconsistent"] as const) {
      states[state] += counts[state];
    }
    total += available + lost + inconsistent;
    const policy = policyName(pool, settings);
    const row = { poolHandle, policy, elements: available + lost + inconsistent, ...counts };
    if (matching === before && !isWanted.pool(row)) continue;
    poolsMatching++;
    pools.offer([poolKeyOf(query.pools.by, sorted, row), sorted, 0, row]);
  }
  yield;
  return {
    states,
    pools: { ...pageOf(pools, query.poolPage), matching: poolsMatching, total: poolsTotal },
    elements: { ...pageOf(elements, query.page), matching, total },
  };
}

function pageOf<Row>(first: FirstOf<Keyed<Row>>, page: number): { readonly rows: Row[] } {
  const rows = first.sorted().slice((page - 1) * PAGE_LIMITS.rows);
  return { rows: rows.map(([, , , row]) => row) };
}

/** Which of them have all words of the filter, and are of the pool that is asked for. */
class Filter {
  private readonly words: readonly string[];
  private readonly onlyPool: string | undefined;
  private readonly settings: ScanSettings;

  constructor(settings: ScanSettings) {
    const { filter, pool } = settings.query;
    this.words = filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
    this.onlyPool = pool;
    this.settings = settings;
  }

  element(poolHandle: string, element: ElementView): boolean {
    if (this.onlyPool !== undefined && this.onlyPool !== poolHandle) return false;
    return this.words.length === 0 || this.matches(this.textOf(poolHandle, element));
  }

  pool({ poolHandle, policy }: PoolRow): boolean {
    if (this.onlyPool !== undefined && this.onlyPool !== poolHandle) return false;
    return this.words.length === 0 || this.matches(`${poolHandle} ${policy}`);
  }

  private matches(text: string): boolean {
    const lower = text.toLowerCase();
    return this.words.every((word) => lower.includes(word));
  }

  /** All that its row says, whether the words of the filter are next to each other or not. */
  private textOf(poolHandle: string, { poolElement, state, identity }: ElementView): string {
    const { formatIdentifier, views, asker } = this.settings;
    const { transport, identifier, home, policy } = poolElement;
    const port = portOf(transport);
    const endpoints = addressesOf(transport).map((address) => `${address}:${port}`).join(" ");
    const { name } = views.poolPolicy(policy);
    const identifiers = `${formatIdentifier(identifier)} ${formatIdentifier(home)}`;
    // Who may only read pools is not told who registers there, not by a filter either.
    const who = asker.operates ? identity ?? "" : "";
    return `${poolHandle} ${identifiers} ${endpoints} ${state} ${name} ${who}`;
  }
}

function policyName({ policy }: RegistrarPoolView, { views }: ScanSettings): string {
  return String(views.poolPolicy(policy).name);
}

/** Worst first, where they are sorted by state. */
const STATE_ORDER: Readonly<Record<ElementView["state"], number>> = {
  lost: 0,
  inconsistent: 1,
  available: 2,
};

/** Of what has no such value, whichever way it is sorted, nobody wants to read first. */
const NO_VALUE = "";

function keyOf(
  by: ElementKey,
  pool: string,
  { poolElement, state, lifeLeftMs }: ElementView,
  { views }: ScanSettings,
): Key {
  switch (by) {
    case "pool":
      return pool;
    case "element":
      return poolElement.identifier;
    case "endpoint": {
      const { transport } = poolElement;
      const [address = ""] = addressesOf(transport);
      return sortable(`${address} ${portOf(transport)}`);
    }
    case "state":
      return STATE_ORDER[state];
    case "policy":
      return String(views.poolPolicy(poolElement.policy).name);
    case "load":
      return "load" in poolElement.policy ? poolElement.policy.load : NO_VALUE;
    case "life":
      return lifeLeftMs ?? NO_VALUE;
    case "home":
      return poolElement.home;
  }
}

function poolKeyOf(by: PoolKey, sorted: string, row: PoolRow): Key {
  return by === "pool" ? sorted : row[by];
}

/** Text that sorts as people count: `web2` before `web10`. */
function sortable(text: string): string {
  return text.replace(/[0-9]+/g, (digits) => digits.padStart(5, "0"));
}

function comparing({ descending }: Order<string>) {
  const sign = descending ? -1 : 1;
  return <Row>([a, tieA, numberA]: Keyed<Row>, [b, tieB, numberB]: Keyed<Row>): number => {
    if (a !== b) {
      if (a === NO_VALUE) return 1;
      if (b === NO_VALUE) return -1;
      return a < b ? -sign : sign;
    }
    if (tieA !== tieB) return tieA < tieB ? -1 : 1;
    return numberA - numberB;
  };
}
