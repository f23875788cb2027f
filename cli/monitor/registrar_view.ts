/** Registrars: those that are asked, and those that they know. */

import type { Data } from "./data.ts";
import type { Source } from "./merge.ts";
import { ageText, defineView, type Shown, type Style } from "./view.ts";

interface RegistrarRow {
  readonly key: string;
  readonly identifier: string;
  readonly endpoint: string;
  /** If it is asked. */
  readonly source: Source | undefined;
  /** What others think of it: a state, and who thinks so. */
  readonly opinions: readonly { readonly state: string; readonly by: string }[];
  /** Pool elements of which it is the home. */
  readonly own: number;
}

/** The registrars. */
export const REGISTRARS = defineView<RegistrarRow>({
  name: "registrars",
  title: "Registrars",
  rows: ({ data }) => registrarRows(data),
  nothing: () => "no registrar is asked",
  columns: [
    { title: "IDENTIFIER", min: 10, drop: 0, cell: ({ identifier }) => identifier || "?" },
    { title: "ENDPOINT", min: 15, drop: 2, cell: ({ endpoint }) => endpoint },
    { title: "STATE", min: 12, drop: 0, cell: stateText, style: stateStyle },
    {
      title: "ELEMENTS",
      min: 3,
      drop: 3,
      isRight: true,
      cell: (row) => countText(elementsOf(row)),
      order: (row) => elementsOf(row) ?? -1,
    },
    {
      title: "OWN",
      min: 3,
      drop: 4,
      isRight: true,
      cell: ({ own }) => String(own),
      order: ({ own }) => own,
    },
    {
      title: "PEERS",
      min: 3,
      drop: 5,
      isRight: true,
      cell: ({ source }) => countText(source?.snapshot?.peers.length),
      order: ({ source }) => source?.snapshot?.peers.length ?? -1,
    },
    {
      title: "ANSWERED",
      min: 6,
      drop: 6,
      isRight: true,
      cell: ({ source }) =>
        source?.snapshot === undefined ? "-" : `${Math.round(source.snapshot.tookMs)}ms`,
      order: ({ source }) => source?.snapshot?.tookMs ?? -1,
    },
    { title: "UP", min: 4, drop: 7, isRight: true, cell: upText, order: upMs },
    { title: "SEEN BY PEERS", min: 8, drop: 1, cell: opinionText, style: opinionStyle },
  ],
});

function registrarRows({ sources, merged }: Data): RegistrarRow[] {
  const homes = new Map<string, number>();
  for (const { view: { home } } of merged.elements) homes.set(home, (homes.get(home) ?? 0) + 1);
  const opinions = new Map<string, { state: string; by: string; endpoint: string }[]>();
  for (const { snapshot, awaySince } of sources) {
    if (snapshot === undefined || awaySince !== undefined) continue;
    for (const { identifier, state = "known", endpoint } of snapshot.peers) {
      const known = opinions.get(identifier) ?? [];
      known.push({ state, by: snapshot.identifier, endpoint });
      opinions.set(identifier, known);
    }
  }
  const asked = sources.map((source, index) => {
    const identifier = source.snapshot?.identifier ?? "";
    return {
      key: `${index}`,
      identifier,
      endpoint: source.label,
      source,
      opinions: opinions.get(identifier) ?? [],
      own: homes.get(identifier) ?? 0,
    };
  });
  const identifiers = new Set(asked.map(({ identifier }) => identifier));
  const others = [...opinions].filter(([identifier]) => !identifiers.has(identifier));
  return [
    ...asked,
    ...others.map(([identifier, opinions]) => ({
      key: identifier,
      identifier,
      endpoint: opinions[0]!.endpoint,
      source: undefined,
      opinions,
      own: homes.get(identifier) ?? 0,
    })),
  ];
}

function stateText({ source, identifier }: RegistrarRow, { data, now }: Shown): string {
  if (source === undefined) return "not asked";
  if (source.awaySince !== undefined) {
    return `away ${ageText(now - source.awaySince)}: ${source.reason}`;
  }
  if (source.snapshot === undefined) return "asking ...";
  const { state } = data.details.get(identifier) ?? {};
  return state === undefined || state === "serving" ? "answers" : `answers, ${state}`;
}

function stateStyle({ source }: RegistrarRow): Style {
  if (source === undefined) return "dim";
  if (source.awaySince !== undefined) return "bad";
  return source.snapshot === undefined ? "dim" : "good";
}

function elementsOf({ source }: RegistrarRow): number | undefined {
  return source?.snapshot?.pools.reduce((sum, { poolElements }) => sum + poolElements.length, 0);
}

function countText(count: number | undefined): string {
  return count === undefined ? "-" : String(count);
}

function upMs({ identifier }: RegistrarRow, { data, now }: Shown): number {
  const details = data.details.get(identifier);
  return details === undefined ? -1 : details.uptimeMs + now - details.at;
}

function upText(row: RegistrarRow, shown: Shown): string {
  const up = upMs(row, shown);
  return up < 0 ? "-" : ageText(up);
}

/** One word where all agree. */
function opinionText({ opinions, identifier, source }: RegistrarRow, { data }: Shown): string {
  const states = new Set(opinions.map(({ state }) => state));
  const others = data.merged.registrars.filter((each) => each !== identifier);
  const known = new Set(opinions.map(({ by }) => by));
  const unaware = identifier === "" ? [] : others.filter((each) => !known.has(each));
  const told = states.size <= 1 ? [...states] : opinions.map(({ state, by }) => `${state} (${by})`);
  const missing = unaware.length === 0 ? [] : [`not known to ${unaware.join(" ")}`];
  const all = [...told, ...missing].join(", ");
  return all === "" ? source === undefined ? "?" : "-" : all;
}

function opinionStyle(row: RegistrarRow, shown: Shown): Style {
  const text = opinionText(row, shown);
  if (text === "active") return "good";
  return text === "-" || text === "known" ? "dim" : "warn";
}
