/** What somebody wants to see, as it stands in the address of the page: it can be sent on. */

import { PAGE_LIMITS } from "./limits.ts";

/** Columns by which pool elements can be sorted. */
export const ELEMENT_KEYS = [
  "pool",
  "element",
  "endpoint",
  "state",
  "policy",
  "load",
  "life",
  "home",
] as const;

/** Columns by which pools can be sorted. */
export const POOL_KEYS = ["pool", "policy", "elements", "available", "lost"] as const;

/** A column by which pool elements can be sorted. */
export type ElementKey = typeof ELEMENT_KEYS[number];

/** A column by which pools can be sorted. */
export type PoolKey = typeof POOL_KEYS[number];

/** A column, and whether the largest comes first; written `life` and `-life`. */
export interface Order<Key extends string> {
  readonly by: Key;
  readonly descending: boolean;
}

/** What somebody wants to see. */
export interface PageQuery {
  /** Words, all of which a pool element or a pool has. */
  readonly filter: string;
  /** Only this pool, if it is given. */
  readonly pool: string | undefined;
  readonly sort: Order<ElementKey>;
  /** Which page of the pool elements, from 1 on. */
  readonly page: number;
  readonly pools: Order<PoolKey>;
  readonly poolPage: number;
  /** Whether only events are wanted that matter: notices, warnings, errors. */
  readonly importantOnly: boolean;
}

const DEFAULT: PageQuery = {
  filter: "",
  pool: undefined,
  sort: { by: "pool", descending: false },
  page: 1,
  pools: { by: "pool", descending: false },
  poolPage: 1,
  importantOnly: false,
};

/** Reads it of an address; what makes no sense counts as not said. */
export function queryOf(parameters: URLSearchParams): PageQuery {
  return {
    filter: (parameters.get("filter") ?? "").slice(0, PAGE_LIMITS.filterCharacters).trim(),
    pool: parameters.get("pool") || undefined,
    sort: orderOf(parameters.get("sort"), ELEMENT_KEYS, DEFAULT.sort),
    page: pageOf(parameters.get("page")),
    pools: orderOf(parameters.get("pools"), POOL_KEYS, DEFAULT.pools),
    poolPage: pageOf(parameters.get("pool-page")),
    importantOnly: parameters.get("events") === "important",
  };
}

/** What stands in an address, without what goes without saying. */
export function parametersOf(query: PageQuery): [name: string, value: string][] {
  const all: [string, string, string][] = [
    ["filter", query.filter, DEFAULT.filter],
    ["pool", query.pool ?? "", ""],
    ["sort", written(query.sort), written(DEFAULT.sort)],
    ["page", `${query.page}`, "1"],
    ["pools", written(query.pools), written(DEFAULT.pools)],
    ["pool-page", `${query.poolPage}`, "1"],
    ["events", query.importantOnly ? "important" : "all", "all"],
  ];
  return all.filter(([, value, otherwise]) => value !== otherwise)
    .map(([name, value]) => [name, value]);
}

/** The address of a page that shows other things than this one. */
export function addressOf(query: PageQuery, changes: Partial<PageQuery> = {}): string {
  const parameters = new URLSearchParams(parametersOf({ ...query, ...changes }));
  return parameters.size === 0 ? "/" : `/?${parameters}`;
}

function written({ by, descending }: Order<string>): string {
  return descending ? `-${by}` : by;
}

function orderOf<Key extends string>(
  text: string | null,
  keys: readonly Key[],
  otherwise: Order<Key>,
): Order<Key> {
  const by = keys.find((key) => key === text?.replace(/^-/, ""));
  return by === undefined ? otherwise : { by, descending: text!.startsWith("-") };
}

function pageOf(text: string | null): number {
  const page = /^[0-9]{1,6}$/.test(text ?? "") ? Number(text) : 1;
  return Math.min(Math.max(1, page), PAGE_LIMITS.pages);
}
