/** Bytes as messages for people: which protocol they are, field by field, and as JSON. */

import type { Api, TraceLine } from "./api.ts";
import { printable } from "./printable.ts";

/** The two protocols, whose message types overlap. */
export type ProtocolWord = "asap" | "enrp";

type Result = ReturnType<Api["asap"]["decode"]> | ReturnType<Api["enrp"]["decode"]>;

/** One message, or what was to be one. */
export interface Reading {
  readonly protocol: "ASAP" | "ENRP";
  /** Whether nobody said which protocol it is. */
  readonly guessed: boolean;
  readonly bytes: Uint8Array;
  readonly result: Result;
  readonly lines: readonly TraceLine[];
  /** What could be read of a message that was cut off. */
  readonly partial?: unknown;
}

const HEADER_BYTES = 4;

/** Reads messages that follow each other. After one whose length cannot be, the rest belongs to it. */
export function readMessages(
  api: Api,
  bytes: Uint8Array,
  protocol: ProtocolWord | undefined,
): Reading[] {
  const readings: Reading[] = [];
  let offset = 0;
  do {
    const length = messageLength(bytes.subarray(offset));
    readings.push(read(api, bytes.subarray(offset, offset + length), protocol));
    offset += length;
  } while (offset < bytes.length);
  return readings;
}

/** The bytes of the first message with its padding, as far as they are there. */
function messageLength(bytes: Uint8Array): number {
  if (bytes.length < HEADER_BYTES) return bytes.length;
  const length = (bytes[2]! << 8) | bytes[3]!;
  if (length < HEADER_BYTES) return bytes.length;
  return Math.min(bytes.length, Math.ceil(length / 4) * 4);
}

function read(api: Api, bytes: Uint8Array, protocol: ProtocolWord | undefined): Reading {
  if (protocol !== undefined) return readAs(api, bytes, protocol, false);
  const [asap, enrp] = [readAs(api, bytes, "asap", true), readAs(api, bytes, "enrp", true)];
  if (asap.result.ok) return asap;
  if (enrp.result.ok) return enrp;
  return enrp.result.offset > asap.result.offset ? enrp : asap;
}

function readAs(api: Api, bytes: Uint8Array, word: ProtocolWord, guessed: boolean): Reading {
  const protocol = api[word];
  const trace = new api.Trace();
  const result = protocol.decode(bytes, trace);
  const reading = { protocol: protocol.name, guessed, bytes, result, lines: trace.lines };
  return isCutOff(bytes) && !result.ok ? { ...reading, ...readCutOff(api, bytes, word) } : reading;
}

/** Whether the message is longer than the bytes that are there. */
function isCutOff(bytes: Uint8Array): boolean {
  return bytes.length >= HEADER_BYTES && ((bytes[2]! << 8) | bytes[3]!) > bytes.length;
}

/** As much as can be read of a message that was cut off, as if it ended there. */
function readCutOff(
  api: Api,
  bytes: Uint8Array,
  word: ProtocolWord,
): Pick<Reading, "partial" | "lines"> {
  const ended = bytes.slice();
  ended[2] = bytes.length >> 8;
  ended[3] = bytes.length & 0xff;
  const trace = new api.Trace();
  const result = api[word].decode(ended, trace);
  const said = String((bytes[2]! << 8) | bytes[3]!);
  const lines = trace.lines.map((line) => line.offset === 2 ? { ...line, value: said } : line);
  return { partial: result.ok ? result.message : result.partial, lines };
}

/** A message as JSON; of a broken one, why it is broken and what could be read. */
export function viewReading(api: Api, reading: Reading): Record<string, unknown> {
  const { protocol, result } = reading;
  if (result.ok) return { valid: true, ...viewMessage(api, protocol, result.message) };
  const { cause, offset, detail } = result;
  const partial = reading.partial ?? result.partial;
  return {
    valid: false,
    protocol,
    ...viewMessage(api, protocol, partial),
    cause: { code: api.formatNumber(cause, 4), name: api.causeName(cause) },
    offset,
    detail,
  };
}

function viewMessage(api: Api, protocol: "ASAP" | "ENRP", message: unknown) {
  if (typeof message !== "object" || message === null) return {};
  return (protocol === "ASAP" ? api.asap : api.enrp).view(message as Record<string, unknown>);
}

const OFFSET_DIGITS = 4;
const BYTES_A_LINE = 8;

/** Annotated hex, field by field. */
export function annotate(reading: Reading): string {
  const { protocol, guessed, bytes, result, lines } = reading;
  const length = `${bytes.length} byte${bytes.length === 1 ? "" : "s"}`;
  const hint = protocol === "ASAP" ? "enrp" : "asap";
  const title = `${protocol}, ${length}${guessed ? ` (guessed; else --protocol ${hint})` : ""}`;
  const body = lines.flatMap((line) => annotateLine(bytes, line));
  const end = result.ok ? [] : [`error at offset ${result.offset}: ${result.detail}`];
  return [title, ...body, ...end].map((line) => `${printable(line)}\n`).join("");
}

function annotateLine(bytes: Uint8Array, line: TraceLine): string[] {
  const { offset, length, depth, label, value } = line;
  const meaning = `${"  ".repeat(depth)}${label}${value === "" ? "" : `: ${value}`}`;
  const rows: string[] = [];
  for (let at = 0; at === 0 || at < length; at += BYTES_A_LINE) {
    const part = bytes.subarray(offset + at, offset + Math.min(length, at + BYTES_A_LINE));
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const row = `${String(offset + at).padStart(OFFSET_DIGITS)}  ${hex.padEnd(3 * BYTES_A_LINE)}`;
    rows.push(at === 0 ? `${row} ${meaning}` : row.trimEnd());
  }
  return rows;
}
