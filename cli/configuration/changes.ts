/** What of a configuration file is other than when a command started. */

import type { OptionChange } from "../command.ts";
import type { Parsed } from "../grammar.ts";
import { longName, type OptionTable } from "../option.ts";
import { SHARED_OPTIONS } from "../options.ts";
import type { Origin } from "../values.ts";
import { shownValue } from "./shown_value.ts";

type Origins = Readonly<Record<string, Origin>>;

/** The options with another value, in the order of the table. */
export function changesOf({ command }: Parsed, before: Origins, after: Origins): OptionChange[] {
  const table: OptionTable = { ...command.options, ...SHARED_OPTIONS };
  const changes: OptionChange[] = [];
  for (const [key, option] of Object.entries(table)) {
    const [old, now] = [before[key]!, after[key]!];
    if (JSON.stringify(old.texts) === JSON.stringify(now.texts)) continue;
    changes.push({
      name: longName(option),
      before: shownValue(option, old),
      after: shownValue(option, now),
    });
  }
  return changes;
}

/** One line of what needs a restart; `undefined` if nothing does. */
export function restartWords(changes: readonly OptionChange[]): string | undefined {
  if (changes.length === 0) return undefined;
  const all = changes.map(({ name, before, after }) => `${name} (${before} -> ${after})`);
  return `needs a restart: ${all.join("; ")}`;
}
