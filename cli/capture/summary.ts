/** A message on one line: what tells it apart from others, in the order of its fields. */

import type { Api } from "../api.ts";
import { formatAddress } from "../address.ts";
import { type Reading, viewReading } from "../decoding.ts";
import { printable, printableJson } from "../printable.ts";
import type { CapturedMessage } from "./captured_message.ts";

type View = Readonly<Record<string, unknown>>;

/** Fields of the view that the line has elsewhere. */
const ELSEWHERE: ReadonlySet<string> = new Set(["valid", "protocol", "type"]);

/** Lists of which only the length is told. */
const COUNTED: ReadonlySet<string> = new Set(["pools", "poolElements", "servers"]);

/** One line for people. */
export function lineOf(api: Api, message: CapturedMessage, reading: Reading): string {
  const { from, to, transport } = message;
  const view = viewReading(api, reading);
  const ends = `${formatAddress(from)} > ${formatAddress(to)}`;
  const name = view.type ?? `${reading.word.toUpperCase()} message`;
  const head = `${timeText(message.timeNs)} ${ends} ${transport} ${name}`;
  const validity = view.valid === true ? "" : " INVALID";
  return printable(`${head}${validity}${fieldsOf(view)}`);
}

/** The same as JSON: where and when, and then as `decode` has messages. */
export function viewOf(api: Api, message: CapturedMessage, reading: Reading): View {
  const { packet, timeNs, from, to, transport } = message;
  return {
    packet,
    time: timeNs === undefined ? null : timeText(timeNs),
    from: formatAddress(from),
    to: formatAddress(to),
    transport,
    ...viewReading(api, reading),
  };
}

/** RFC 3339, with microseconds. */
export function timeText(timeNs: bigint | undefined): string {
  if (timeNs === undefined) return "-";
  const date = new Date(Number(timeNs / 1_000_000n));
  if (Number.isNaN(date.getTime())) return "-";
  const micros = String((timeNs / 1_000n) % 1_000n).padStart(3, "0");
  return date.toISOString().replace("Z", `${micros}Z`);
}

function fieldsOf(view: View): string {
  return Object.entries(view)
    .filter(([name, value]) => !ELSEWHERE.has(name) && (COUNTED.has(name) || !isNothing(value)))
    .map(([name, value]) => ` ${name}=${shown(name, value)}`)
    .join("");
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function shown(name: string, value: unknown): string {
  if (Array.isArray(value)) return shownList(name, value);
  if (typeof value === "object" && value !== null) return shownObject(value as View);
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  return printableJson(value);
}

/** Flags and causes are few. */
function shownList(name: string, values: readonly unknown[]): string {
  if (COUNTED.has(name)) return String(values.length);
  return values.map((value) => shown("", value)).join(",");
}

/** What names a thing: its identifier and where it is. */
function shownObject(value: View): string {
  const { name, identifier, transport, addresses, port } = value;
  if (identifier !== undefined) {
    const at = transport === undefined ? "" : `@${shownObject(transport as View)}`;
    return `${identifier}${at}`;
  }
  if (Array.isArray(addresses)) {
    return addresses.map((host) => formatAddress({ host, port: Number(port) })).join("+");
  }
  if (typeof name === "string") return /\s/.test(name) ? printableJson(name) : name;
  return printableJson(value);
}
