/**
 * Writes docs/events.md: every event, from the table in cli/events.
 *
 * `deno run -A tools/events.ts` writes it; tests/cli/events/catalogue_test.ts holds that it is up
 * to date.
 *
 * @module
 */

import { CATALOGUE, type EventSection } from "../cli/events/catalogue.ts";
import type { EventEntry } from "../cli/events/entry.ts";
import { BOUND_LIMITS } from "../cli/events/event_bound.ts";
import { FEED_LIMITS } from "../cli/events/event_feed.ts";

const FILE = new URL("../docs/events.md", import.meta.url);

const { strangers, others } = BOUND_LIMITS;
const { recentImportant, recentInfo, recentDebug } = FEED_LIMITS;

const EXAMPLE = {
  time: "2026-01-01T12:00:00.000Z",
  level: "warning",
  event: "peer-dead",
  peer: "0x00000002",
  why: "silent",
};

const LEVELS: readonly (readonly string[])[] = [
  ["`error`", "Why the command ends, or does not do what it is there for", "unless `-q`"],
  ["`warning`", "What somebody should look at, although it goes on", "unless `-q`"],
  ["`notice`", "What everybody wants to see: that it serves, that a peer lives", "unless `-q`"],
  ["`info`", "What happens to pools, pool elements and registrars", "with `-v`"],
  ["`debug`", "Each association, message and renewal", "with `-vv`"],
];

const INTRODUCTION = `# Events

Made by \`deno run -A tools/events.ts\` from the table in \`cli/events\`; a test holds that it is up
to date, and that every event is in it.

An event has one name everywhere: in the log; in \`/api/v1/events\` and on the status page of a
command with \`--http\`; in \`rserpool decode --follow\` and \`rserpool monitor\`; as the label
\`event\` of the metric \`rserpool_events_total\`; and as the \`type\` of what the library tells
programs.

## Reading a log

A command that runs until it is stopped writes one line an event to standard error:

\`\`\`
${EXAMPLE.time} warning: peer-dead peer=0x00000002 why=silent
2026-01-01T12:00:05.000Z notice: registered at 192.0.2.1:3863
\`\`\`

It is the name and the fields, or words that say the same; the tables below have how these begin.
With \`--log-format json\` a line is one JSON object: \`time\`, \`level\`, \`event\`, \`message\`
(the words, if there are any) and the fields:

\`\`\`json
${JSON.stringify(EXAMPLE)}
\`\`\`

${table(["Level", "What it is for", "Written"], LEVELS)}

**In the journal** of systemd a line begins with its level as sd-daemon(3) has it (\`<4>\`: a
warning), and has no time, as the journal has its own: \`journalctl -p warning\` works. That is so
where JOURNAL_STREAM names standard error.

**Floods.** Of one event ${others.burst} are told at once and
${others.perSecond} a second from then on; of one that strangers can bring about as often as they
like (marked *s* below) ${strangers.burst} at once and ${strangers.perSecond} a second. The
field \`untold\` of the next line says how many were left out.
Metrics count all of them.

**What is kept.** A command with \`--http\` keeps the last ${recentImportant} events of error,
warning and notice, the last ${recentInfo} of info and the last ${recentDebug} of debug. The \`id\`
of an event counts up from 1 in a process: what is missing between two was not told.

**Nothing secret** is in any event: no key, no certificate's key, no cookie, no data of a session.
Identities (\`psk:web-1\`, \`cert:web-1.example\`) are names, and are told. Text that comes from
elsewhere is written so that a terminal cannot obey it.`;

/** The whole of docs/events.md. */
export function eventsDocument(): string {
  return [INTRODUCTION, ...CATALOGUE.map(section)].join("\n\n") + "\n";
}

function section({ title, about, events }: EventSection): string {
  const rows = Object.entries(events).map(([name, entry]) => row(name, entry));
  return `## ${title}\n\n${about}\n\n${table(["Event", "Level", "Meaning", "Fields"], rows)}`;
}

function row(name: string, entry: EventEntry): string[] {
  const { level, fields, meaning, words, also, isOfStrangers } = entry;
  const levels = typeof level === "string" ? level : level.join(", ");
  const said = words === undefined ? "" : ` Words: *${words}*.`;
  const others = also === undefined ? "" : ` Also of ${also}.`;
  return [
    `\`${name}\``,
    isOfStrangers ? `${levels} *s*` : levels,
    meaning + others + said,
    fields.map((field) => `\`${field}\``).join(", "),
  ];
}

/** A table whose columns are as wide as their widest cell, as the formatter would have it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

if (import.meta.main) Deno.writeTextFileSync(FILE, eventsDocument());
