/** Messages: the common format of RFC 5354 §4, and a protocol as a set of messages. */

import { CAUSE } from "./cause.ts";
import { Cursor } from "./cursor.ts";
import { DecodeFailure } from "./decode_failure.ts";
import type { Fields, ValueOf } from "./field.ts";
import { formatNumber } from "./hex.ts";
import { HEADER_BYTES, MAX_MESSAGE_LENGTH } from "./limits.ts";
import {
  padded,
  readEnd,
  readRecord,
  type Rows,
  rowsOf,
  viewRecord,
  writeRecord,
} from "./schema.ts";
import { Sink } from "./sink.ts";
import type { Trace } from "./trace.ts";

/** A message-specific flag. */
export interface Flag {
  readonly letter: string;
  readonly mask: number;
  /** The RFC's name of the flag. */
  readonly label: string;
}

/** Flags by the key under which a message has them. */
export type Flags = { readonly [key: string]: Flag };

/** A kind of message: a header with flags, and a table. */
export interface MessageDefinition<Name extends string, G extends Flags, F extends Fields> {
  readonly name: Name;
  readonly type: number;
  readonly source: string;
  readonly flags: G;
  readonly fields: F;
  /** The flags and fields as they are walked. */
  readonly flagRows: readonly { readonly key: string; readonly mask: number }[];
  readonly rows: Rows;
}

/** Defines a message. */
export function message<const Name extends string, const G extends Flags, const F extends Fields>(
  name: Name,
  type: number,
  source: string,
  flags: G,
  fields: F,
): MessageDefinition<Name, G, F> {
  const flagRows = Object.entries(flags).map(([key, { mask }]) => ({ key, mask }));
  return { name, type, source, flags, fields, flagRows, rows: rowsOf(fields) };
}

/** The value of a kind of message. */
export type MessageOf<M> = M extends MessageDefinition<infer Name, infer G, infer F>
  ? { readonly type: Name } & { readonly [K in keyof G]: boolean } & ValueOf<F>
  : never;

/** A message that was read, and the parameters in it that were skipped and must be reported. */
export interface Decoded<M> {
  /** The bytes are a message; a {@linkcode DecodeFailure} says `false`. */
  readonly ok: true;
  /** The message. */
  readonly message: M;
  /**
   * Skipped TLVs, RFC 5354 §3 (action bits 11), cut to 256 bytes: each is to be reported to the
   * sender in an Unrecognized Parameter cause of its own. At most eight; none of an error message.
   */
  readonly unrecognized: readonly Uint8Array[];
}

type AnyDefinition = MessageDefinition<string, Flags, Fields>;
type Header = {
  readonly definition: AnyDefinition;
  readonly bits: number;
};

const ACTION_REPORT = 0x40;
const ACTION_RESERVED = 0x80;

/** An error message is never answered with an error (protocol decision 24). */
const ERROR_MESSAGES: readonly string[] = ["ASAP_ERROR", "ENRP_ERROR"];
const NONE: readonly Uint8Array[] = Object.freeze([]);

/**
 * One of the two protocols, {@linkcode asap} or {@linkcode enrp}: their message types overlap, so a
 * listener picks one.
 */
export class Protocol<M extends { readonly type: string }> {
  /** The name of the protocol. */
  readonly name: "ASAP" | "ENRP";
  /** Its messages, in the order of their types. */
  readonly definitions: readonly AnyDefinition[];
  private readonly byType = new Map<number, AnyDefinition>();
  private readonly byName = new Map<string, AnyDefinition>();
  private readonly sink = new Sink();

  /** Made once for each protocol, from its messages. */
  constructor(name: "ASAP" | "ENRP", definitions: readonly AnyDefinition[]) {
    this.name = name;
    this.definitions = definitions;
    for (const definition of definitions) {
      this.byType.set(definition.type, definition);
      this.byName.set(definition.name, definition);
    }
  }

  /**
   * The bytes of a message, padded to a multiple of four. RFC 5354 §4.
   *
   * @throws {RangeError} if a value does not fit its field, or the message its 16-bit length.
   * @throws {SyntaxError} if an address is no IP address, or a pool handle stands for no bytes.
   * @throws {TypeError} if the message is of the other protocol.
   */
  encode(message: M): Uint8Array {
    const definition = this.byName.get(message.type);
    if (definition === undefined) {
      throw new TypeError(`Cannot encode "${message.type}": not a message of ${this.name}`);
    }
    const { sink } = this;
    sink.clear();
    sink.u8(definition.type);
    sink.u8(flagBits(definition, message as unknown as Record<string, unknown>));
    sink.u16(0);
    writeRecord(sink, definition.rows, message);
    if (sink.length > MAX_MESSAGE_LENGTH) {
      throw new RangeError(
        `Cannot encode ${message.type} of ${sink.length} bytes: the limit is ${MAX_MESSAGE_LENGTH}`,
      );
    }
    sink.patchU16(2, sink.length);
    sink.align();
    return sink.take();
  }

  /**
   * The message that the bytes are, or why they are none. Never throws for any bytes. The padding
   * of the last parameter may be counted in Message Length or not, and be there or not. RFC 5354
   * §4.
   */
  decode(bytes: Uint8Array, trace?: Trace): Decoded<M> | DecodeFailure {
    // Message Length is what ends it, once it is read; how many bytes there are does not.
    const cursor = new Cursor(bytes, trace, MAX_MESSAGE_LENGTH);
    let definition: AnyDefinition | undefined;
    try {
      const header = this.readHeader(cursor);
      definition = header.definition;
      const message = readRecord(cursor, definition.rows, flagValues(header));
      readEnd(cursor, message);
      endMessage(cursor, message);
      const unrecognized = reportable(definition, cursor.unrecognized);
      return { ok: true, message: message as M, unrecognized };
    } catch (failure) {
      if (!(failure instanceof DecodeFailure)) throw failure;
      failure.messageType = definition?.name;
      failure.unrecognized = reportable(definition, cursor.unrecognized);
      if (isError(definition)) failure.report = false;
      return failure;
    }
  }

  /**
   * A message as JSON shows it: the keys of its table, `flags` as letters. It takes the `partial`
   * of a {@linkcode DecodeFailure} as well, and shows as much as could be read.
   *
   * @example
   * ```ts
   * import { asap, parseHex } from "@rserpool/rserpool";
   * import assert from "node:assert/strict";
   *
   * const failure = asap.decode(parseHex("03010010" + "00090007" + "77656200" + "000e0007"));
   * assert(!failure.ok);
   * assert.deepEqual(asap.view(failure.partial), {
   *   protocol: "ASAP",
   *   type: "ASAP_REGISTRATION_RESPONSE",
   *   flags: ["R"],
   *   poolHandle: "web",
   * });
   * ```
   */
  view(message: M | unknown): Record<string, unknown> {
    const view: Record<string, unknown> = { protocol: this.name };
    const record = (message ?? {}) as Record<string, unknown>;
    const definition = this.byName.get(String(record.type));
    if (definition === undefined) return view;
    view.type = definition.name;
    const flags = Object.entries(definition.flags).filter(([key]) => record[key] === true);
    view.flags = flags.map(([, flag]) => flag.letter);
    return Object.assign(view, viewRecord(definition.rows, record));
  }

  /** RFC 5354 §4: the common format of all messages. */
  private readHeader(cursor: Cursor): Header {
    const { trace, bytes } = cursor;
    const type = cursor.u8("Message Type");
    const definition = this.byType.get(type);
    const number = formatNumber(type, 2);
    trace?.field(0, 1, "Message Type", `${definition?.name ?? "unknown"} (${number})`);
    const bits = cursor.u8("Message Flags");
    trace?.field(1, 1, "Message Flags", showFlags(definition, bits));
    const length = cursor.u16("Message Length");
    trace?.field(2, 2, "Message Length", String(length));
    if (definition === undefined) throw unknownMessage(type, bytes);
    if (length < HEADER_BYTES) cursor.fail(`Message Length is ${length}, below 4`);
    cursor.end = length;
    return { definition, bits };
  }
}

/** RFC 5354 §4: the two highest bits of an unknown type say whether it is reported. */
function unknownMessage(type: number, bytes: Uint8Array): DecodeFailure {
  return new DecodeFailure({
    cause: CAUSE.unrecognizedMessage,
    offset: 0,
    detail: `Message Type ${formatNumber(type, 2)} is unknown`,
    offendingTlv: bytes,
    report: (type & ACTION_REPORT) !== 0 && (type & ACTION_RESERVED) === 0,
  });
}

function isError(definition: AnyDefinition | undefined): boolean {
  return definition !== undefined && ERROR_MESSAGES.includes(definition.name);
}

function reportable(
  definition: AnyDefinition | undefined,
  unrecognized: readonly Uint8Array[],
): readonly Uint8Array[] {
  return unrecognized.length === 0 || isError(definition) ? NONE : unrecognized;
}

/** The padding that Message Length does not cover; more must not follow. RFC 5354 §4. */
function endMessage(cursor: Cursor, message: unknown): void {
  const { end, bytes, trace } = cursor;
  const surplus = bytes.length - end;
  if (surplus === 0) return;
  if (bytes.length <= padded(end)) {
    trace?.field(end, surplus, "(padding)", "");
    return;
  }
  throw new DecodeFailure({
    cause: CAUSE.invalidValues,
    offset: end,
    detail: `Message Length is ${end} and there are ${bytes.length} bytes`,
    offendingTlv: bytes,
    partial: message,
  });
}

function flagBits(definition: AnyDefinition, message: Readonly<Record<string, unknown>>): number {
  let bits = 0;
  for (const { key, mask } of definition.flagRows) if (message[key]) bits |= mask;
  return bits;
}

function flagValues({ definition, bits }: Header): Record<string, unknown> {
  const values: Record<string, unknown> = { type: definition.name };
  for (const { key, mask } of definition.flagRows) values[key] = (bits & mask) !== 0;
  return values;
}

function showFlags(definition: AnyDefinition | undefined, bits: number): string {
  const flags = Object.values(definition?.flags ?? {}).filter((flag) => (bits & flag.mask) !== 0);
  const names = flags.map((flag) => `${flag.letter} (${flag.label})`);
  return [formatNumber(bits, 2), ...names].join(", ");
}
