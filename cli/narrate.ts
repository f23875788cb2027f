/** Events of the library as lines of the log. */

import type { NarratedEvent } from "./api.ts";
import type { Level, Log } from "./log.ts";

/** Keys whose numbers are identifiers of registrars or pool elements. */
const IDENTIFIER_KEYS = /identifier$|^(home|sender|receiver|registrar)$/i;

/** Writes one event. */
export function narrate(
  event: NarratedEvent,
  log: Log,
  formatIdentifier: (identifier: number) => string,
): void {
  const level = levelOf(event.type);
  if (!log.has(level)) return;
  const { type, ...facts } = event as NarratedEvent & Record<string, unknown>;
  const fields = Object.entries(facts).map(([key, value]) => [
    key,
    typeof value === "number" && IDENTIFIER_KEYS.test(key) ? formatIdentifier(value) : value,
  ]);
  log[level](type, Object.fromEntries(fields));
}

/** What somebody should look at; the rest is what happens all day. */
const WARNINGS = /reject|garbage|overflow|limit|unreachable|timeout|timed-out|conflict|failed/;

function levelOf(type: string): Level {
  return WARNINGS.test(type) ? "warning" : "info";
}
