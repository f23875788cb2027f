/** What has happened, and components that report by rsplib's protocol, as rows. */

import { type HeardComponent, stateOf } from "../csp/components.ts";
import { formatComponentId } from "../csp/report.ts";
import type { Level } from "../log.ts";
import type { TailLine } from "./data.ts";
import { ageText, defineView, type Style } from "./view.ts";

interface EventRow extends TailLine {
  readonly key: string;
}

const LEVEL_STYLES: Readonly<Record<Level, Style>> = {
  error: "bad",
  warning: "warn",
  notice: "plain",
  info: "plain",
  debug: "dim",
};

/** The style of an event. */
export function eventStyle({ level }: TailLine): Style {
  return LEVEL_STYLES[level];
}

/** The last events, the newest below. */
export const EVENTS = defineView<EventRow>({
  name: "events",
  title: "Events",
  isTail: true,
  rows: ({ data }) => data.tail.map((line) => ({ key: String(line.number), ...line })),
  nothing: () => "nothing has happened yet",
  columns: [
    {
      title: "TIME",
      min: 8,
      drop: 0,
      cell: ({ time }) => time.slice(11, 19),
      order: ({ number }) => number,
    },
    { title: "LEVEL", min: 7, drop: 2, cell: ({ level }) => level, style: eventStyle },
    { title: "SOURCE", min: 10, drop: 1, cell: ({ source }) => source },
    { title: "EVENT", min: 10, drop: 0, cell: ({ text }) => text, style: eventStyle },
  ],
});

interface ComponentRow extends HeardComponent {
  readonly key: string;
}

const STATE_STYLES = { reports: "good", silent: "bad", ended: "dim" } as const;

/** The components. */
export const COMPONENTS = defineView<ComponentRow>({
  name: "components",
  title: "Components",
  rows: ({ data }) =>
    [...data.components?.all ?? []].map(([key, component]) => ({ key, ...component })),
  nothing: ({ data: { components } }) => {
    const { unreadable = 0 } = components ?? {};
    const some = unreadable === 0 ? "" : `; ${unreadable} datagrams were no reports`;
    return `no component has reported yet${some}`;
  },
  columns: [
    { title: "COMPONENT", min: 9, drop: 0, cell: ({ report }) => report.sender.kind },
    {
      title: "IDENTIFIER",
      min: 10,
      drop: 0,
      cell: ({ report }) => formatComponentId(report.sender),
    },
    { title: "FROM", min: 9, drop: 7, cell: ({ from }) => from },
    { title: "LOCATION", min: 6, drop: 4, cell: ({ report }) => report.location },
    {
      title: "STATE",
      min: 7,
      drop: 1,
      cell: (row, { now }) => stateOf(row, now),
      style: (row, { now }) => STATE_STYLES[stateOf(row, now)],
    },
    {
      title: "HEARD",
      min: 4,
      drop: 5,
      isRight: true,
      cell: ({ heardAt }, { now }) => ageText(now - heardAt),
      order: ({ heardAt }) => heardAt,
    },
    {
      title: "LOAD",
      min: 4,
      drop: 2,
      isRight: true,
      cell: ({ report: { workload } }) =>
        workload === undefined ? "-" : `${Math.round(workload * 100)}%`,
      order: ({ report }) => report.workload ?? -1,
    },
    {
      title: "ASSOCIATIONS",
      min: 4,
      drop: 6,
      isRight: true,
      cell: ({ report }) => String(report.associationCount),
      order: ({ report }) => report.associationCount,
    },
    { title: "STATUS", min: 6, drop: 3, cell: ({ report }) => report.status },
  ],
});
