/** Messages: the common format of RFC 5354 §4, and a protocol as a set of messages. */

import { CAUSE } from "./cause.ts";
import { Cursor, type CursorContext } from "./cursor.ts";
import { DecodeFailure } from "./decode_failure.ts";
import type { Fields, ValueOf } from "./field.ts";
import { formatNumber } from "./hex.ts";
import { HEADER_BYTES, MAX_MESSAGE_LENGTH } from "./limits.ts";
import { readEnd, readRecord, viewRecord, writeRecord } from "./schema.ts";
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
}

/** Defines a message. */
export function message<const Name extends string, const G extends Flags, const F extends Fields>(
  name: Name,
  type: number,
  source: string,
  flags: G,
  fields: F,
): MessageDefinition<Name, G, F> {
  return { name, type, source, flags, fields };
}

/** The value of a kind of message. */
export type MessageOf<M> = M extends MessageDefinition<infer Name, infer G, infer F>
  ? { readonly type: Name } & { readonly [K in keyof G]: boolean } & ValueOf<F>
  : never;

/** A message that was read, and the parameters in it that were skipped and must be reported. */
export interface Decoded<M> {
  readonly ok: true;
  readonly message: M;
  /** Skipped TLVs, RFC 5354 §3 (action bits 11): each is reported as Unrecognized Parameter. */
  readonly unrecognized: readonly Uint8Array[];
}

type AnyDefinition = MessageDefinition<string, Flags, Fields>;

const ACTION_REPORT = 0x40;
const ACTION_RESERVED = 0x80;

/** One of the two protocols: their message types overlap, so a listener picks one. */
export class Protocol<M extends { readonly type: string }> {
  readonly name: "ASAP" | "ENRP";
  readonly definitions: readonly AnyDefinition[];
  private readonly byType = new Map<number, AnyDefinition>();
  private readonly byName = new Map<string, AnyDefinition>();
  private readonly sink = new Sink();

  constructor(name: "ASAP" | "ENRP", definitions: readonly AnyDefinition[]) {
    this.name = name;
    this.definitions = definitions;
    for (const definition of definitions) {
      this.byType.set(definition.type, definition);
      this.byName.set(definition.name, definition);
    }
  }

  /**
   * The bytes of a message, padded to a multiple of four.
   *
   * @throws {RangeError} if a value does not fit its field, or the message its 16-bit length.
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
    writeRecord(sink, definition.fields, message);
    if (sink.length > MAX_MESSAGE_LENGTH) {
      throw new RangeError(
        `Cannot encode ${message.type} of ${sink.length} bytes: the limit is 65535`,
      );
    }
    sink.patchU16(2, sink.length);
    sink.align();
    return sink.take();
  }

  /** The message that the bytes are, or why they are none. Never throws for any bytes. */
  decode(bytes: Uint8Array, trace?: Trace): Decoded<M> | DecodeFailure {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const context: CursorContext = { bytes, view, unrecognized: [], trace };
    let name: string | undefined;
    try {
      const { definition, cursor, flags } = this.readHeader(context);
      name = definition.name;
      const message = readRecord(cursor, definition.fields, flags);
      readEndOf(cursor, message);
      return { ok: true, message: message as M, unrecognized: context.unrecognized };
    } catch (failure) {
      if (!(failure instanceof DecodeFailure)) throw failure;
      failure.messageType = name;
      return failure;
    }
  }

  /** The message as JSON shows it: the keys of its table, `flags` as letters. */
  view(message: M | Readonly<Record<string, unknown>>): Record<string, unknown> {
    const record = message as Record<string, unknown>;
    const definition = this.byName.get(String(record.type));
    if (definition === undefined) return {};
    const flags = Object.entries(definition.flags).filter(([key]) => record[key] === true);
    return {
      protocol: this.name,
      type: definition.name,
      flags: flags.map(([, flag]) => flag.letter),
      ...viewRecord(definition.fields, record),
    };
  }

  private readHeader(context: CursorContext) {
    const { bytes, trace } = context;
    const header = new Cursor(context, 0, 0, bytes.length);
    const type = header.u8("Message Type");
    const bits = header.u8("Message Flags");
    const length = header.u16("Message Length");
    const definition = this.byType.get(type);
    trace?.field(0, 1, "Message Type", definition?.name ?? `${formatNumber(type, 2)}, unknown`);
    trace?.field(1, 1, "Message Flags", showFlags(definition, bits));
    trace?.field(2, 2, "Message Length", String(length));
    if (length < HEADER_BYTES) header.fail(`Message Length is ${length}, below 4`);
    if (length > bytes.length || bytes.length - length > 3) {
      header.fail(`Message Length is ${length} and there are ${bytes.length} bytes`);
    }
    if (definition === undefined) throw unknownMessage(type, bytes);
    const cursor = new Cursor(context, 0, HEADER_BYTES, length);
    return { definition, cursor, flags: flagValues(definition, bits) };
  }
}

/** Trailing parameters; what was read stays for the lenient view. */
function readEndOf(cursor: Cursor, message: Record<string, unknown>): void {
  try {
    readEnd(cursor);
  } catch (failure) {
    if (failure instanceof DecodeFailure) failure.partial = message;
    throw failure;
  }
}

/** RFC 5354 §4: the two highest bits of an unknown type say whether it is reported. */
function unknownMessage(type: number, bytes: Uint8Array): DecodeFailure {
  return new DecodeFailure({
    cause: CAUSE.unrecognizedMessage,
    offset: 0,
    detail: `Message Type ${formatNumber(type, 2)} is unknown`,
    offendingTlv: bytes.slice(),
    report: (type & ACTION_REPORT) !== 0 && (type & ACTION_RESERVED) === 0,
  });
}

function flagBits(definition: AnyDefinition, message: Readonly<Record<string, unknown>>): number {
  let bits = 0;
  for (const key in definition.flags) if (message[key]) bits |= definition.flags[key]!.mask;
  return bits;
}

function flagValues(definition: AnyDefinition, bits: number): Record<string, unknown> {
  const values: Record<string, unknown> = { type: definition.name };
  for (const key in definition.flags) values[key] = (bits & definition.flags[key]!.mask) !== 0;
  return values;
}

function showFlags(definition: AnyDefinition | undefined, bits: number): string {
  const flags = Object.values(definition?.flags ?? {}).filter((flag) => (bits & flag.mask) !== 0);
  return [formatNumber(bits, 2), ...flags.map((flag) => `${flag.letter} (${flag.label})`)].join(
    ", ",
  );
}
