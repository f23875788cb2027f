/** What is printed where there is no screen: whole answers, and for eyes a line for each change. */

import { formatComponentId } from "../csp/report.ts";
import { stateOf } from "../csp/components.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { Output, Result } from "../output.ts";
import { printableJson } from "../printable.ts";
import { renderTable } from "../table.ts";
import { endpointText } from "../watch/change_lines.ts";
import type { Data, TailLine } from "./data.ts";
import { COMPONENTS, EVENTS } from "./event_views.ts";
import { ELEMENTS, POOLS } from "./handlespace_views.ts";
import type { Merged, MergedElement } from "./merge.ts";
import { REGISTRARS } from "./registrar_view.ts";
import type { Details } from "./snapshot.ts";
import type { Shown, View } from "./view.ts";

/** Prints what is known. */
export class PlainPrinter {
  private readonly stdout: Output;
  private isFirst = true;
  private lastContent = "";
  private lastLine = 0;
  /** One answer after the other, also where that takes a module to be loaded. */
  private printing: Promise<void> = Promise.resolve();

  constructor(stdout: Output) {
    this.stdout = stdout;
  }

  /** Prints what there is now, and from then on only what has changed. */
  tell(shown: Shown, time: string): Promise<void> {
    return this.printing = this.printing.then(() => this.print(shown, time));
  }

  private async print(shown: Shown, time: string): Promise<void> {
    const { stdout, isFirst } = this;
    const { output } = stdout.settings;
    if (output === "table") {
      if (isFirst) stdout.print(wholeText(shown, stdout.settings));
      this.tellLines(shown.data, !isFirst);
      this.isFirst = false;
      return;
    }
    const content = contentOf(shown);
    if (content === this.lastContent) return;
    this.lastContent = content;
    this.isFirst = false;
    if (output === "json" || output === "ndjson") {
      return stdout.print(`${printableJson(wholeAnswer(shown, time))}\n`);
    }
    if (!isFirst) stdout.print(output === "yaml" ? "---\n" : "\n");
    await stdout.printResult(resultOf(shown, time));
  }

  private tellLines({ tail }: Data, isPrinted: boolean): void {
    const fresh = tail.filter(({ number }) => number > this.lastLine);
    this.lastLine = tail.at(-1)?.number ?? this.lastLine;
    // What led to the first answer stands in it.
    if (isPrinted) fresh.forEach((line) => this.stdout.print(lineText(line)));
  }
}

/**
 * What there is, as `--once` prints it.
 *
 * @throws {ExitError} if the form of output has no place for it.
 */
export async function printOnce(stdout: Output, shown: Shown, time: string): Promise<void> {
  await new PlainPrinter(stdout).tell(shown, time);
}

function lineText({ time, level, source, text }: TailLine): string {
  const isPlain = level === "notice" || level === "info";
  return `${time} ${source}: ${isPlain ? "" : `${level}: `}${text}\n`;
}

function wholeText(
  shown: Shown,
  style: { readonly noHeader: boolean; readonly color: boolean },
): string {
  const { sources, streams, components } = shown.data;
  const views = [
    ...(sources.length > 0 ? [REGISTRARS, POOLS, ELEMENTS] : []),
    ...(streams.length > 0 ? [EVENTS] : []),
    ...(components === undefined ? [] : [COMPONENTS]),
  ];
  return views.map((view) => tableText(view, shown, style)).join("\n");
}

function tableText(
  view: View,
  shown: Shown,
  style: { readonly noHeader: boolean; readonly color: boolean },
): string {
  const rows = view.rows(shown).map((row) => view.columns.map(({ cell }) => cell(row, shown)));
  if (rows.length === 0) return `${view.title}: ${view.nothing(shown)}\n`;
  return renderTable({ header: view.columns.map(({ title }) => title), rows }, style);
}

function resultOf(shown: Shown, time: string): Result {
  const never = () => {
    throw new ExitError(EXIT.bug, "this form is printed elsewhere");
  };
  return {
    json: () => wholeAnswer(shown, time),
    lines: never,
    table: never,
    csv: () => csv(shown),
  };
}

/** All of it as JSON; what changes by itself, such as ages, is left out of the content. */
export function wholeAnswer(shown: Shown, time: string) {
  const { data: { sources, components, details }, now } = shown;
  return {
    time,
    registrars: sources.map(({ label, snapshot, awaySince, reason }) => ({
      address: label,
      identifier: snapshot?.identifier ?? null,
      state: stateWord(snapshot !== undefined, awaySince !== undefined),
      ...(awaySince === undefined ? {} : { awayMs: Math.round(now - awaySince), reason }),
      ...httpOf(details.get(snapshot?.identifier ?? "")),
      peers: snapshot?.peers.map(({ json }) => json) ?? [],
    })),
    ...content(shown.data.merged),
    ...(components === undefined ? {} : { components: componentsOf(shown) }),
  };
}

/** What it shows of itself over HTTP, if it was asked there. */
function httpOf(details: Details | undefined) {
  if (details === undefined) return {};
  const { state, version, uptimeMs, associations } = details;
  return { http: { state, version, uptimeMs, associations } };
}

function stateWord(hasAnswered: boolean, isAway: boolean): "answers" | "away" | "asked" {
  if (isAway) return "away";
  return hasAnswered ? "answers" : "asked";
}

function content(merged: Merged) {
  const { registrars, pools } = merged;
  return {
    pools: [...pools.values()].map(({ poolHandle, policies, elements }) => ({
      poolHandle,
      ...(policies.length === 0 ? {} : { policy: { name: policies[0] } }),
      poolElements: elements.map((element) => ({
        ...element.view,
        knownTo: knownTo(element, registrars),
      })),
    })),
  };
}

function knownTo(element: MergedElement, registrars: readonly string[]): readonly string[] {
  return registrars.filter((_, index) => (element.knownTo & (1 << index)) !== 0);
}

function componentsOf({ data: { components }, now }: Shown) {
  return [...components?.all.values() ?? []].map((component) => {
    const { report: { sender, location, status, workload, associations }, from } = component;
    return {
      component: sender.kind,
      identifier: formatComponentId(sender),
      from,
      state: stateOf(component, now),
      location,
      status,
      workload: workload ?? null,
      associations: associations.map(({ receiver }) => ({
        component: receiver.kind,
        identifier: formatComponentId(receiver),
      })),
    };
  });
}

/** What is equal as long as nothing has changed that is worth a new answer. */
function contentOf(shown: Shown): string {
  const { sources, merged } = shown.data;
  const registrars = sources.map(({ label, snapshot, awaySince, reason }) => [
    label,
    snapshot?.identifier,
    stateWord(snapshot !== undefined, awaySince !== undefined),
    awaySince === undefined ? "" : reason,
    snapshot?.peers.map(({ identifier, endpoint, state }) => [identifier, endpoint, state]),
  ]);
  const components = componentsOf(shown).map(({ workload: _, ...others }) => others);
  return JSON.stringify([registrars, content(merged), components]);
}

const CSV_HEADER = ["pool", "identifier", "endpoint", "policy", "home", "lifetime_ms", "known_to"];

function csv({ data: { merged } }: Shown) {
  const rows = merged.elements.map((element) => {
    const { poolHandle, view: { identifier, transport, policy, home, lifetimeMs } } = element;
    return [
      poolHandle,
      identifier,
      endpointText(transport),
      String(policy.name),
      home,
      String(lifetimeMs ?? ""),
      knownTo(element, merged.registrars).join(" "),
    ];
  });
  return { header: CSV_HEADER, rows };
}
