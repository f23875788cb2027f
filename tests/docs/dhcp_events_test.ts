/** What docs/dhcp.md §8.7 says of events: each that asks for somebody, and no other. */

import assert from "node:assert/strict";
import { DHCP_RUN_EVENTS } from "../../cli/events/dhcp_events.ts";
import type { EventEntry } from "../../cli/events/entry.ts";
import { REGISTRAR_EVENTS } from "../../cli/events/registrar_events.ts";

const DOCS = await Deno.readTextFile(new URL("../../docs/dhcp.md", import.meta.url));

/** The first column of the table behind a line. */
function named(line: string): string[] {
  const [, table] = DOCS.split(`\n${line}\n\n| Event | What to do |\n|---|---|\n`);
  const rows = table!.slice(0, table!.indexOf("\n\n")).split("\n");
  return rows.flatMap((row) => [...row.split(" | ")[0]!.matchAll(/`([a-z-]+)`/g)])
    .map(([, name]) => name!).sort();
}

/** Events of errors and warnings. */
function urgent(events: Readonly<Record<string, EventEntry>>): string[] {
  return Object.entries(events)
    .filter(([, { level }]) => [level].flat().some((each) => /^(error|warning)$/.test(each)))
    .map(([name]) => name).sort();
}

Deno.test("docs/dhcp.md says what to do about each event of dhcp run that is wrong", () => {
  assert.deepEqual(named("Of `dhcp run`:"), urgent(DHCP_RUN_EVENTS));
});

Deno.test("docs/dhcp.md says it of a registrar's about bindings", () => {
  const about = urgent(REGISTRAR_EVENTS).filter((name) => /binding|partner|dhcp/.test(name));
  assert.deepEqual(named("Of `registrar`:"), about);
});
