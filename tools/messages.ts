/**
 * Writes docs/messages.md: every message, parameter, policy and error cause, from the tables in
 * lib/wire from which the codec itself is derived.
 *
 * `deno run -A tools/messages.ts` writes it; tests/wire/messages_doc_test.ts holds that it is up to
 * date.
 *
 * @module
 */

import { annotate, asap, CAUSE, causeName, enrp, formatNumber, POLICIES } from "../lib/wire/mod.ts";
import type { Fields } from "../lib/wire/field.ts";
import { definedParameters } from "../lib/wire/schema.ts";

const FILE = new URL("../docs/messages.md", import.meta.url);

const INTRODUCTION = `# Messages

Made by \`deno run -A tools/messages.ts\` from the tables in \`lib/wire\`; a test holds that it is
up to date. Fields stand in the order of the wire, in network byte order. A key is the field's name
in this library's values and in the JSON of \`rserpool decode\`; fields without a key have no value
of their own.

A message is a Message Type (8 bits), Message Flags (8 bits), a Message Length (16 bits) and its
fields. A parameter is a Parameter Type (16 bits), a Parameter Length (16 bits) and its fields.
Neither length counts the padding with zero bytes to a multiple of four at its own end (RFC 5354 §3
and §4).

The two highest bits of a type say what is done where it is not known: 00 stop, 01 stop and report,
10 skip, 11 skip and report; a message of an unknown type with 10 or 11 is discarded silently.`;

const TRANSPORT_NOTE =
  `A Transport parameter is any of DCCP, SCTP, TCP, UDP, UDP-Lite and Opaque Transport.`;

const POLICIES_NOTE = `The Policy Types of the Pool Member Selection Policy parameter. Each value is
32 bits, unsigned. Policies of other types are kept as bytes: \`unknown\`, with \`policyType\` and
\`data\`.`;

/** The whole of docs/messages.md. */
export function messagesDocument(): string {
  return [
    INTRODUCTION,
    ...[asap, enrp].map((protocol) => messages(protocol.name, protocol.definitions)),
    parameters(),
    policies(),
    causes(),
    example(),
  ].join("\n\n") + "\n";
}

type Definition = typeof asap.definitions[number];

function messages(name: string, definitions: readonly Definition[]): string {
  const sections = definitions.map(({ name, type, source, flags, fields }) => {
    const rows = Object.entries(flags).map(([key, { letter, mask, label }]) => [
      `\`${key}\``,
      `${letter} flag: ${label}`,
      `bit ${formatNumber(mask, 2)} of Message Flags`,
    ]);
    const heading = `### ${name}\n\nMessage Type ${formatNumber(type, 2)}, ${source}.`;
    return [heading, table(["Key", "Field", "Form"], [...rows, ...fieldRows(fields)])].join("\n\n");
  });
  return [`## Messages of ${name}`, ...sections].join("\n\n");
}

function parameters(): string {
  const sections = definedParameters().map(({ name, type, source, fields }) =>
    [
      `### ${name}`,
      `Parameter Type ${formatNumber(type, 4)}, ${source}.`,
      table(["Key", "Field", "Form"], fieldRows(fields)),
    ].join("\n\n")
  );
  return ["## Parameters", TRANSPORT_NOTE, ...sections].join("\n\n");
}

/** A parameter of one field is that field's value: its key is that of the place it stands in. */
function fieldRows(fields: Fields): string[][] {
  return Object.entries(fields).map(([key, field]) => [
    key === "value" || "hidden" in field ? "" : `\`${key}\``,
    field.label,
    field.form,
  ]);
}

function policies(): string {
  const rows = POLICIES.map(({ name, type, source, fields }) => [
    `\`${name}\``,
    formatNumber(type, 8),
    Object.entries(fields).map(([key, { label }]) => `\`${key}\`: ${label}`).join(", ") || "none",
    source,
  ]);
  return [
    "## Policies",
    POLICIES_NOTE,
    table(["Name", "Policy Type", "Policy-specific data", "Source"], rows),
  ].join("\n\n");
}

function causes(): string {
  const rows = Object.entries(CAUSE).map(([key, code]) => [
    formatNumber(code, 4),
    causeName(code),
    `\`CAUSE.${key}\``,
  ]);
  return [
    "## Error causes",
    "RFC 5354 §3.12, Table 2. Others, such as rsplib's own, are shown by their number.",
    table(["Cause Code", "Name", "In this library"], rows),
  ].join("\n\n");
}

function example(): string {
  const bytes = asap.encode({
    type: "ASAP_REGISTRATION",
    poolHandle: "web",
    poolElement: {
      identifier: 0x5562e917,
      home: 0,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] },
      policy: { name: "weighted-round-robin", weight: 10 },
    },
  });
  const lines = annotate(asap, bytes).join("\n");
  const intro = "A registration, as `rserpool decode` explains it:";
  return ["## Example", intro, `\`\`\`text\n${lines}\n\`\`\``].join("\n\n");
}

/** A table whose columns are as wide as their widest cell, as the formatter would have it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "No fields.";
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

if (import.meta.main) Deno.writeTextFileSync(FILE, messagesDocument());
