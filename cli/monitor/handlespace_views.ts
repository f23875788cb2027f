/** Pools and pool elements, as rows. */

import { endpointText, policyText } from "../watch/change_lines.ts";
import { type Merged, type MergedElement, type MergedPool, unawareOf } from "./merge.ts";
import { defineView, type Shown } from "./view.ts";

interface PoolRow extends MergedPool {
  readonly key: string;
}

/** The pools. */
export const POOLS = defineView<PoolRow>({
  name: "pools",
  title: "Pools",
  rows: ({ data }) =>
    [...data.merged.pools.values()].map((pool) => ({ key: pool.poolHandle, ...pool })),
  nothing: nothingKnown,
  columns: [
    { title: "POOL", min: 8, drop: 0, cell: ({ poolHandle }) => poolHandle },
    {
      title: "ELEMENTS",
      min: 3,
      drop: 0,
      isRight: true,
      cell: ({ elements }) => String(elements.length),
      order: ({ elements }) => elements.length,
      style: ({ elements }) => elements.length === 0 ? "bad" : "plain",
    },
    {
      title: "POLICY",
      min: 8,
      drop: 2,
      cell: ({ policies }) => policies.length === 0 ? "-" : policies.join(" / "),
      style: ({ policies }) => policies.length > 1 ? "bad" : "plain",
    },
    {
      title: "HOMES",
      min: 3,
      drop: 3,
      isRight: true,
      cell: (pool) => String(homesOf(pool)),
      order: homesOf,
    },
    {
      title: "KNOWN TO",
      min: 6,
      drop: 1,
      cell: (pool, { data }) => poolDifference(pool, data.merged),
      order: ({ doubtful }) => doubtful,
      style: ({ doubtful }) => doubtful > 0 ? "warn" : "plain",
    },
  ],
});

/** The pool elements of all pools. */
export const ELEMENTS = defineView<MergedElement>({
  name: "elements",
  title: "Elements",
  rows: ({ data }) => data.merged.elements,
  nothing: nothingKnown,
  columns: [
    { title: "POOL", min: 6, drop: 0, cell: ({ poolHandle }) => poolHandle },
    { title: "IDENTIFIER", min: 10, drop: 0, cell: ({ view }) => view.identifier },
    { title: "ENDPOINT", min: 22, drop: 1, cell: ({ view }) => endpointText(view.transport) },
    { title: "POLICY", min: 8, drop: 3, cell: ({ view }) => policyText(view.policy) },
    {
      title: "LOAD",
      min: 4,
      drop: 4,
      isRight: true,
      cell: (element) => loadText(element),
      order: ({ view }) => Number(view.policy.load ?? -1),
    },
    { title: "HOME", min: 10, drop: 5, cell: ({ view }) => view.home },
    {
      title: "LIFE",
      min: 4,
      drop: 6,
      isRight: true,
      cell: ({ view }) => view.lifetimeMs === null ? "infinite" : `${view.lifetimeMs / 1000}s`,
      order: ({ view }) => view.lifetimeMs ?? Infinity,
    },
    {
      title: "KNOWN TO",
      min: 6,
      drop: 2,
      cell: (element, { data }) => elementDifference(element, data.merged),
      style: (element, { data }) => unawareOf(element, data.merged).length > 0 ? "warn" : "plain",
    },
  ],
});

/** Where a view has no row, why. */
function nothingKnown({ data: { merged, sources } }: Shown): string {
  if (merged.registrars.length > 0) return "there is no pool";
  if (sources.length === 0) return "no registrar is asked";
  const away = sources.filter(({ awaySince }) => awaySince !== undefined);
  if (away.length < sources.length) return "asking ...";
  return "no registrar answers: see Registrars (3)";
}

function homesOf({ elements }: MergedPool): number {
  return new Set(elements.map(({ view }) => view.home)).size;
}

function loadText({ view: { policy } }: MergedElement): string {
  return typeof policy.load === "number" ? `${Math.round(policy.load * 100)}%` : "-";
}

function elementDifference(element: MergedElement, merged: Merged): string {
  const unaware = unawareOf(element, merged);
  return unaware.length === 0 ? "all" : `not to ${unaware.join(" ")}`;
}

function poolDifference({ doubtful }: MergedPool, _: Merged): string {
  if (doubtful === 0) return "all";
  return doubtful === 1 ? "1 element not to all" : `${doubtful} elements not to all`;
}
