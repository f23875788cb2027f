/** What the expressions of dashboards and alerts are about: metrics, labels and their values. */

import type { ParsedSample } from "../../cli/metrics/parsed.ts";

/** One `name{label="value"}` in an expression. */
interface Selector {
  readonly name: string;
  readonly matchers: readonly (readonly [label: string, operator: string, value: string])[];
}

const SELECTOR = /\b(rserpool_\w+|process_\w+|up)\b(?:\{([^}]*)\})?/g;
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g;
const GROUPING = /\bby\s*\(([^)]*)\)/g;
/** What Prometheus itself adds. */
const ADDED: readonly string[] = ["job", "instance"];

/** What is wrong with an expression, seen from what there is; nothing if it is right. */
export function wrongsOf(expression: string, samples: readonly ParsedSample[]): string[] {
  const selectors = selectorsOf(expression);
  if (selectors.length === 0) return ["it is about no metric"];
  const labels = new Set(ADDED);
  const wrongs = selectors.flatMap((selector) => {
    if (selector.name === "up") return [];
    const found = samples.filter(({ name }) => name === selector.name);
    if (found.length === 0) return [`there is no ${selector.name}`];
    for (const each of found) Object.keys(each.labels).forEach((label) => labels.add(label));
    return wrongMatchers(selector, found);
  });
  const grouped = [...expression.matchAll(GROUPING)]
    .flatMap(([, list]) => list!.split(",").map((each) => each.trim()));
  for (const label of grouped) if (!labels.has(label)) wrongs.push(`there is no label ${label}`);
  return wrongs;
}

function selectorsOf(expression: string): Selector[] {
  return [...expression.matchAll(SELECTOR)].map(([, name, inner = ""]) => ({
    name: name!,
    matchers: [...inner.matchAll(MATCHER)].map(([, label, operator, value]) =>
      [label!, operator!, value!] as const
    ),
  }));
}

function wrongMatchers({ name, matchers }: Selector, found: readonly ParsedSample[]): string[] {
  return matchers.flatMap(([label, operator, value]) => {
    if (ADDED.includes(label)) return [];
    const values = new Set(found.map(({ labels }) => labels[label]));
    if (values.has(undefined)) return [`${name} has no label ${label}`];
    const isKnown = !["=", "!="].includes(operator) || values.has(value);
    return isKnown ? [] : [`${name} has never ${label}="${value}"`];
  });
}
