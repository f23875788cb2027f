/** What of a configuration file is other than when a command started. */

import type { Context, OptionChange } from "../command.ts";
import { explain } from "../failure.ts";
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

/** What holds from the moment when the file was read. */
const LIVE: ReadonlySet<string> = new Set(["verbose", "quiet"]);

/** What of the file needs a restart, in words; nothing, if nothing does. */
export function restartWords(changes: readonly OptionChange[]): string[] {
  const others = changes.filter(({ name }) => !LIVE.has(name));
  if (others.length === 0) return [];
  const all = others.map(({ name, before, after }) => `${name} (${before} -> ${after})`);
  return [`needs a restart: ${all.join(", ")}`];
}

/**
 * SIGHUP of a command whose options are all of its start: says which of them are others by now. If
 * the file is wrong, that is told, and nothing else happens.
 */
export async function tellRestarts({ log, reread }: Context): Promise<void> {
  try {
    const [words] = restartWords((await reread()).changes);
    if (words !== undefined) log.event("notice", "restart-needed", {}, `SIGHUP: ${words}`);
  } catch (error) {
    const message = `SIGHUP: nothing is changed: ${explain(error).message}`;
    log.event("error", "reload-failed", {}, message);
  }
}
