/** What `simulate` prints at its end. */

import type { Violation } from "../../lib/sim/mod.ts";
import type { Result } from "../output.ts";

/** What was played, in all runs together. */
export interface Tally {
  /** The seed of the first run; each further one has the next. */
  readonly seed: number;
  runs: number;
  virtualMs: number;
  messages: number;
  faults: number;
  handedOut: number;
  removals: number;
}

/** A run in which a checker found something. */
export interface FoundRun {
  readonly seed: number;
  readonly violation: Violation;
  /** The shortest story that shows it, if one was looked for. */
  readonly story: string | undefined;
}

const HOUR_MS = 3_600_000;

/** The summary in all its forms. */
export function summaryOf(tally: Tally, found: readonly FoundRun[], seconds: number): Result {
  const clusterHours = tally.virtualMs / HOUR_MS;
  const view = {
    seed: tally.seed,
    runs: tally.runs,
    clusterHours: round(clusterHours),
    clusterHoursPerMinute: seconds === 0 ? 0 : round(clusterHours / seconds * 60),
    faults: tally.faults,
    messages: tally.messages,
    poolElementsHandedOut: tally.handedOut,
    poolElementsRemoved: tally.removals,
    violations: found.map(({ seed, violation, story }) => ({
      seed,
      checker: violation.checker,
      finding: violation.finding,
      atMs: violation.at,
      ...(story !== undefined && { story }),
    })),
  };
  const rows = [
    ["seed of the first run", `${view.seed}`],
    ["runs", `${view.runs}`],
    ["cluster-hours", `${view.clusterHours}`],
    ["cluster-hours a minute", `${view.clusterHoursPerMinute}`],
    ["faults", `${view.faults}`],
    ["messages checked", `${view.messages}`],
    ["pool elements handed out", `${view.poolElementsHandedOut}`],
    ["pool elements removed", `${view.poolElementsRemoved}`],
    ["violations", `${found.length}`],
  ];
  const table = { header: ["FIGURE", "VALUE"], rows };
  const csv = { header: ["figure", "value"], rows };
  return { json: () => view, lines: () => [view], table: () => table, csv: () => csv };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
