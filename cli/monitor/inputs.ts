/** What the monitor learns, put into what it knows. Pure. */

import { printable } from "../printable.ts";
import {
  type Components,
  type HeardComponent,
  keyOf,
  withoutSilent,
  withReport,
  withUnreadable,
} from "../csp/components.ts";
import { type ComponentReport, formatComponentId } from "../csp/report.ts";
import type { Level } from "../log.ts";
import { type Data, isFollowed, type TailLine, withTail } from "./data.ts";
import { MONITOR_LIMITS } from "./limits.ts";
import { handlespaceChanges, merge, peerChanges, type Source } from "./merge.ts";
import type { Details, Snapshot } from "./snapshot.ts";

/** Something that was learned. */
export type News =
  | { readonly type: "snapshot"; readonly source: number; readonly snapshot: Snapshot }
  | { readonly type: "away"; readonly source: number; readonly reason: string }
  | { readonly type: "details"; readonly details: Details }
  | { readonly type: "stream"; readonly stream: number; readonly failure?: string }
  | { readonly type: "told"; readonly line: Omit<TailLine, "number"> }
  | { readonly type: "report"; readonly report: ComponentReport; readonly from: string }
  | { readonly type: "unreadable" }
  | { readonly type: "tick" };

/** When something was learned. */
export interface Moment {
  /** Milliseconds of a clock that only goes forward. */
  readonly now: number;
  /** RFC 3339, UTC. */
  readonly time: string;
}

/** Now. */
export function momentOf(now: () => number): Moment {
  return { now: now(), time: new Date().toISOString() };
}

/** What is known after news. */
export function learn(data: Data, news: News, moment: Moment): Data {
  switch (news.type) {
    case "snapshot":
      return answered(data, news, moment);
    case "away":
      return missed(data, news, moment);
    case "details":
      return detailed(data, news.details);
    case "stream":
      return streamed(data, news, moment);
    case "told":
      return withTail(data, [news.line]);
    case "report":
    case "unreadable":
    case "tick":
      return reported(data, news, moment);
  }
}

type NewsOf<Type> = Extract<News, { type: Type }>;

function answered(
  data: Data,
  { source: index, snapshot }: NewsOf<"snapshot">,
  moment: Moment,
): Data {
  const source = data.sources[index]!;
  const lines: string[] = [];
  if (source.awaySince !== undefined) lines.push("answers again");
  const known = source.snapshot?.identifier;
  if (known !== undefined && known !== snapshot.identifier) {
    lines.push(`is another registrar than before: it was ${known}`);
  }
  const told = lineMaker(moment, snapshot.identifier);
  const before = [...lines.map((text) => told("notice", text))];
  const sources = replaced(data.sources, index, { label: source.label, snapshot });
  const merged = merge(sources);
  const next = withTail({ ...data, sources, merged }, before);
  // A stream tells the same, sooner, and with reasons.
  if (isFollowed(data)) return next;
  const peers = peerChanges(source.snapshot, snapshot).map((text) => told("notice", text));
  return withTail(next, [...handlespaceTold(data, next, moment), ...peers]);
}

/** Registrars follow each other within a moment, which is no news of the handlespace. */
function handlespaceTold(before: Data, after: Data, moment: Moment) {
  const changes = handlespaceChanges(before.merged, after.merged);
  const { changesAtOnce } = MONITOR_LIMITS;
  const shown = changes.slice(0, changesAtOnce);
  const more = changes.length - shown.length;
  const all = more === 0 ? shown : [...shown, `and ${more} more changes`];
  return all.map((text) => lineMaker(moment, "handlespace")("info", text));
}

function missed(data: Data, { source: index, reason }: NewsOf<"away">, moment: Moment): Data {
  const source = data.sources[index]!;
  const isNews = source.awaySince === undefined;
  const awaySince = source.awaySince ?? moment.now;
  const safe = printable(reason);
  const sources = replaced(data.sources, index, { ...source, awaySince, reason: safe });
  const next = { ...data, sources, merged: merge(sources) };
  if (!isNews) return next;
  const about = source.snapshot?.identifier ?? source.label;
  return withTail(next, [lineMaker(moment, about)("warning", `does not answer: ${safe}`)]);
}

function detailed(data: Data, details: Details): Data {
  const before = data.details.get(details.identifier);
  const all = new Map(data.details).set(details.identifier, details);
  const rates = before === undefined || before.at >= details.at
    ? data.rates
    : { ...data.rates, ...ratesBetween(before, details) };
  return { ...data, details: all, rates };
}

function ratesBetween(before: Details, after: Details): Record<string, number> {
  const seconds = (after.at - before.at) / 1000;
  const known = Object.entries(after.counters).filter(([name]) => name in before.counters);
  return Object.fromEntries(
    // A counter that is less than before begins anew with its process.
    known.map(([name, count]) =>
      [
        `${after.identifier} ${name}`,
        Math.max(0, count - before.counters[name]!) / seconds,
      ] as const
    ),
  );
}

function streamed(data: Data, { stream: index, failure }: NewsOf<"stream">, moment: Moment): Data {
  const before = data.streams[index]!;
  const isOpen = failure === undefined;
  const reason = isOpen ? undefined : printable(failure);
  const { label } = before;
  const streams = data.streams.map((each, i) => i === index ? { label, isOpen, reason } : each);
  const next = { ...data, streams };
  const isNews = before.isOpen !== isOpen || (!isOpen && before.reason === undefined);
  if (!isNews) return next;
  const told = lineMaker(moment, label);
  return withTail(next, [
    isOpen ? told("notice", "its events are followed") : told("warning", `no events: ${reason}`),
  ]);
}

/** Strangers may send many datagrams: each costs little, and who is silent is seen at a tick. */
function reported(
  data: Data,
  news: NewsOf<"report"> | NewsOf<"unreadable"> | NewsOf<"tick">,
  moment: Moment,
): Data {
  const { components } = data;
  if (components === undefined) return data;
  switch (news.type) {
    case "unreadable":
      return { ...data, components: withUnreadable(components) };
    case "tick":
      return forgetting(data, components, moment);
    case "report":
      return heard(data, components, news, moment);
  }
}

function forgetting(data: Data, components: Components, moment: Moment): Data {
  const kept = withoutSilent(components, moment.now);
  if (kept === components) return data;
  const told = lineMaker(moment, "csp");
  const lines = [...components.all].filter(([key]) => !kept.all.has(key))
    .map(([, each]) => told("info", `${nameOf(each)} is silent, and forgotten`));
  return withTail({ ...data, components: kept }, lines);
}

function heard(
  data: Data,
  components: Components,
  { report, from }: NewsOf<"report">,
  moment: Moment,
): Data {
  const component = { report, from, heardAt: moment.now };
  const next = withReport(components, component);
  const was = components.all.get(keyOf(report.sender));
  const isNews = next.all !== components.all && was?.report.isFinal !== report.isFinal;
  const what = report.isFinal ? "has ended" : "reports";
  const line = lineMaker(moment, "csp")("info", `${nameOf(component)} ${what}`);
  return withTail({ ...data, components: next }, isNews ? [line] : []);
}

function nameOf({ report: { sender, location } }: HeardComponent): string {
  const where = location === "" ? "" : ` at ${location}`;
  return `${sender.kind} ${formatComponentId(sender)}${where}`;
}

function lineMaker({ time }: Moment, source: string) {
  return (level: Level, text: string) => ({ time, level, source, text });
}

function replaced(sources: readonly Source[], index: number, source: Source): readonly Source[] {
  return sources.map((each, i) => i === index ? source : each);
}
