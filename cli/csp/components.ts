/** The components that report, as far as they are kept: whoever sends is not to be trusted. */

import type { ComponentId, ComponentReport } from "./report.ts";

/** What is kept at most. */
export const COMPONENT_LIMITS = {
  /** Components at a time; reports of one more are counted and dropped. */
  components: 1_000,
  /** Datagrams that are looked at in a second; the others of a flood are dropped unseen. */
  datagramsPerSecond: 2_000,
  /** Milliseconds for which a component is shown that is silent, or has ended. */
  keptMs: 30_000,
  /** Reports in a row that may be missing before a component counts as silent. */
  missedReports: 3,
  /** The shortest silence that counts as one, in milliseconds. */
  leastSilenceMs: 3_000,
} as const;

/** One component, and when it was heard. */
export interface HeardComponent {
  readonly report: ComponentReport;
  /** HOST:PORT from which the report came. */
  readonly from: string;
  readonly heardAt: number;
}

/** Whether a component reports as it has promised. */
export type ComponentState = "reports" | "silent" | "ended";

/** All components; a value, as the model of the monitor is made of such. */
export interface Components {
  readonly all: ReadonlyMap<string, HeardComponent>;
  /** Datagrams that were no reports. */
  readonly unreadable: number;
  /** Reports of components for which there was no room. */
  readonly dropped: number;
}

/** Nobody has reported. */
export const NO_COMPONENTS: Components = { all: new Map(), unreadable: 0, dropped: 0 };

/** What is known after a report. */
export function withReport(components: Components, heard: HeardComponent): Components {
  const key = keyOf(heard.report.sender);
  const { all } = components;
  if (!all.has(key) && all.size >= COMPONENT_LIMITS.components) {
    return { ...components, dropped: components.dropped + 1 };
  }
  return { ...components, all: new Map(all).set(key, heard) };
}

/** What is known when a datagram was none of CSP. */
export function withUnreadable(components: Components): Components {
  return { ...components, unreadable: components.unreadable + 1 };
}

/** What is left when those are forgotten who have been silent for long. */
export function withoutSilent(components: Components, now: number): Components {
  const isKept = ({ heardAt, report }: HeardComponent) =>
    now - heardAt < COMPONENT_LIMITS.keptMs + silenceMs(report);
  const kept = [...components.all].filter(([, heard]) => isKept(heard));
  if (kept.length === components.all.size) return components;
  return { ...components, all: new Map(kept) };
}

/** Whether it reports. */
export function stateOf({ report, heardAt }: HeardComponent, now: number): ComponentState {
  if (report.isFinal) return "ended";
  return now - heardAt > silenceMs(report) ? "silent" : "reports";
}

function silenceMs({ intervalUs }: ComponentReport): number {
  const promised = COMPONENT_LIMITS.missedReports * intervalUs / 1000;
  // An interval of an hour is no reason to keep what a stranger has sent for hours.
  return Math.min(
    Math.max(COMPONENT_LIMITS.leastSilenceMs, promised),
    10 * COMPONENT_LIMITS.keptMs,
  );
}

/** The name under which a component is kept. */
export function keyOf({ group, object }: ComponentId): string {
  return `${group}/${object}`;
}
