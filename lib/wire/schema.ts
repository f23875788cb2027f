/**
 * How tables become bytes and bytes become values. Only this file knows padding, lengths, nesting
 * and the two action bits of unknown types. RFC 5354 §2, §3 and §4.
 */

import { CAUSE } from "./cause.ts";
import type { Cursor } from "./cursor.ts";
import { DecodeFailure } from "./decode_failure.ts";
import type { Field, Fields, ValueOf } from "./field.ts";
import { formatNumber } from "./hex.ts";
import {
  HEADER_BYTES,
  MAX_OFFENDING_TLV_BYTES,
  MAX_PARAMETER_LENGTH,
  MAX_UNRECOGNIZED_REPORTED,
} from "./limits.ts";
import type { Sink } from "./sink.ts";

/** A kind of parameter: a Type-Length-Value with a table for its value. */
export interface Parameter<T> {
  readonly name: string;
  readonly type: number;
  /** Where it is defined. */
  readonly source: string;
  readonly fields: Fields;
  /** Whether this parameter's type stands for the value, where several types may. */
  owns(value: T): boolean;
  /** Reads the value, up to the end of the parameter and no further. */
  readValue(cursor: Cursor): T;
  writeValue(sink: Sink, value: T): void;
  view(value: T): unknown;
}

const ACTION_REPORT = 0x4000;
const ACTION_SKIP = 0x8000;

/** All parameters that have a definition, by type: what is not here is "unrecognized". */
// deno-lint-ignore no-explicit-any -- parameters of any value type
const definitions = new Map<number, Parameter<any>>();

/** All parameters that have a definition, in the order of their types. */
export function definedParameters(): readonly Parameter<unknown>[] {
  return [...definitions.values()].sort((a, b) => a.type - b.type);
}

/** The name of a Parameter Type, RFC 5354 Table 1, with its number. */
export function parameterTypeName(type: number): string {
  const number = formatNumber(type, 4);
  const definition = definitions.get(type);
  return definition === undefined ? `Parameter ${number}` : `${definition.name} (${number})`;
}

function define<T>(definition: Parameter<T>): Parameter<T> {
  definitions.set(definition.type, definition);
  return definition;
}

/** A parameter whose value is a record of fields, with constant `tags` that tell it from others. */
export function parameter<
  const F extends Fields,
  const Tags extends Record<string, string> = Record<never, string>,
>(
  name: string,
  type: number,
  source: string,
  fields: F,
  tags: Tags = {} as Tags,
): Parameter<ValueOf<F> & Readonly<Tags>> {
  type Value = ValueOf<F> & Readonly<Tags>;
  const rows = rowsOf(fields);
  const tagKeys = Object.keys(tags);
  const tagValues = Object.values(tags);
  return define({
    name,
    type,
    source,
    fields,
    owns(value: Value) {
      const record = value as Record<string, unknown>;
      for (let i = 0; i < tagKeys.length; i++) {
        if (record[tagKeys[i]!] !== tagValues[i]) return false;
      }
      return true;
    },
    readValue(cursor: Cursor) {
      const value = readRecord(cursor, rows, { ...tags });
      readEnd(cursor, value);
      return value as Value;
    },
    writeValue: (sink: Sink, value: Value) => writeRecord(sink, rows, value),
    view: (value: Value) => ({ ...tags, ...viewRecord(rows, value) }),
  });
}

/** A parameter whose value is the value of its one field, which fills it. */
export function parameterOf<T>(
  name: string,
  type: number,
  source: string,
  field: Field<T>,
  owns: (value: T) => boolean = () => true,
): Parameter<T> {
  return define({
    name,
    type,
    source,
    fields: { value: field },
    owns,
    readValue(cursor: Cursor) {
      const value = readField(cursor, field);
      if (field.isOfParameters) readEnd(cursor, value);
      if (cursor.remaining > 0) cursor.fail(`${name} has ${cursor.remaining} bytes too many`);
      return value;
    },
    writeValue: field.write,
    view: field.view,
  });
}

/** A table as it is walked: its rows with their keys. */
export type Rows = readonly Row[];
interface Row {
  readonly key: string;
  // deno-lint-ignore no-explicit-any -- a table holds fields of any value type
  readonly field: Field<any>;
}

/** The rows of a table, to be made once: walking them is faster than walking an object's keys. */
export function rowsOf(fields: Fields): Rows {
  return Object.entries(fields).map(([key, field]) => ({ key, field }));
}

/** Reads one field, and notes it where the reading is traced. */
export function readField<T>(cursor: Cursor, field: Field<T>): T {
  const { trace } = cursor;
  if (trace === undefined) return field.read(cursor);
  trace.role = field.role;
  const at = cursor.offset;
  const value = field.read(cursor);
  if (field.show) trace.field(at, cursor.offset - at, field.label, field.show(value));
  return value;
}

/**
 * Reads a record row by row into `value`, which has its tags already; after a failure, what was
 * read so far is kept for the lenient view.
 */
export function readRecord(
  cursor: Cursor,
  rows: Rows,
  value: Record<string, unknown>,
): Record<string, unknown> {
  let at = 0;
  try {
    for (; at < rows.length; at++) {
      const { key, field } = rows[at]!;
      const read = readField(cursor, field);
      if (read !== undefined) value[key] = read;
    }
  } catch (failure) {
    if (failure instanceof DecodeFailure) {
      if (failure.partial !== undefined) value[rows[at]!.key] = failure.partial;
      failure.partial = value;
    }
    throw failure;
  }
  return value;
}

/** Writes a record row by row. */
export function writeRecord(sink: Sink, rows: Rows, value: unknown): void {
  const record = value as Record<string, unknown>;
  for (const { key, field } of rows) field.write(sink, record[key]);
}

/** The JSON view of a record; rows that are absent or not read are left out. */
export function viewRecord(rows: Rows, value: unknown): Record<string, unknown> {
  const view: Record<string, unknown> = {};
  const record = value as Record<string, unknown>;
  for (const { key, field } of rows) {
    if (record[key] !== undefined) view[key] = field.view(record[key]);
  }
  return view;
}

/** What `nextType` returns at the end of the parameter or message. */
export const NO_PARAMETER = -1;

/**
 * The type of the parameter at the cursor, without moving; its header is there, and its length fits
 * into what encloses it. RFC 5354 §3.
 */
function peekType(cursor: Cursor): number {
  if (cursor.remaining === 0) return NO_PARAMETER;
  const at = cursor.take(HEADER_BYTES, "Parameter Type and Length");
  cursor.offset = at;
  const { remaining } = cursor;
  const length = peekLength(cursor);
  if (length < HEADER_BYTES) cursor.fail(`Parameter Length is ${length}, below 4`, at);
  if (length > remaining) {
    cursor.fail(`Parameter Length is ${length} and ${remaining} bytes are left`, at);
  }
  return cursor.peekU16(at);
}

/** The Parameter Length at the cursor, which is at a parameter. */
function peekLength(cursor: Cursor): number {
  return cursor.peekU16(cursor.offset + 2);
}

/**
 * The next parameter's type, after those were skipped whose action bits say so. RFC 5354 §3.
 * Returns a type for which there is no definition here, if that stops the message.
 */
export function nextType(cursor: Cursor, expected: ReadonlyMap<number, unknown>): number {
  for (;;) {
    const type = peekType(cursor);
    if (type === NO_PARAMETER || expected.has(type) || (type & ACTION_SKIP) === 0) return type;
    skip(cursor, type);
  }
}

/**
 * Whether one of `expected` comes next, perhaps after others that are to be skipped. It moves,
 * skips and judges nothing: what one row has no use for may have its place in a row further down.
 */
export function comesNext(cursor: Cursor, expected: ReadonlyMap<number, unknown>): boolean {
  const last = Math.min(cursor.end, cursor.bytes.length) - HEADER_BYTES;
  for (let at = cursor.offset; at <= last;) {
    const type = cursor.peekU16(at);
    if (expected.has(type)) return true;
    const length = cursor.peekU16(at + 2);
    if ((type & ACTION_SKIP) === 0 || length < HEADER_BYTES) return false;
    at = padded(at + length);
  }
  return false;
}

function skip(cursor: Cursor, type: number): void {
  const { trace, unrecognized } = cursor;
  const length = peekLength(cursor);
  const name = parameterTypeName(type);
  const at = cursor.take(length, name);
  const report = (type & ACTION_REPORT) !== 0;
  trace?.field(at, length, name, report ? "skipped, to be reported" : "skipped");
  if (report && unrecognized.length < MAX_UNRECOGNIZED_REPORTED) {
    unrecognized.push(cursor.bytes.slice(at, at + Math.min(length, MAX_OFFENDING_TLV_BYTES)));
  }
  skipPadding(cursor);
}

/** A length with its padding: the next multiple of four. RFC 5354 §3 and §4. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

/**
 * Moves over padding, whatever its bytes are. RFC 5354 §3. That of the last parameter is outside of
 * what encloses it, but may be counted inside. RFC 5354 §2.
 */
export function skipPadding(cursor: Cursor): void {
  const { offset } = cursor;
  const length = Math.min(padded(offset) - offset, cursor.remaining);
  if (length === 0) return;
  cursor.take(length, "padding");
  cursor.trace?.field(offset, length, "(padding)", "");
}

/** Ends the message at a parameter that has no place here. RFC 5354 §3, action bits 00 and 01. */
export function failAtParameter(cursor: Cursor, type: number, expected: string): never {
  const { offset } = cursor;
  const name = parameterTypeName(type);
  const isKnown = definitions.has(type);
  throw new DecodeFailure({
    cause: isKnown ? CAUSE.invalidValues : CAUSE.unrecognizedParameter,
    offset,
    detail: isKnown
      ? `${name} stands where ${expected} must be`
      : `${name} is unknown and its type says to stop`,
    offendingTlv: cursor.bytes.subarray(offset, offset + peekLength(cursor)),
    report: isKnown || (type & ACTION_REPORT) !== 0,
  });
}

const NOTHING_EXPECTED: ReadonlyMap<number, unknown> = new Map();

/** Fails if anything but skippable parameters is left of what `value` was read from. */
export function readEnd(cursor: Cursor, value: unknown): void {
  if (cursor.remaining === 0) return;
  try {
    const type = nextType(cursor, NOTHING_EXPECTED);
    if (type !== NO_PARAMETER) failAtParameter(cursor, type, "the end of the value");
  } catch (failure) {
    if (failure instanceof DecodeFailure) failure.partial = value;
    throw failure;
  }
}

/** Whether only skippable parameters are left, which are skipped. */
export function isAtEnd(cursor: Cursor): boolean {
  return nextType(cursor, NOTHING_EXPECTED) === NO_PARAMETER;
}

/** Reads the parameter at the cursor, whose header `nextType` has checked. */
export function readParameter<T>(cursor: Cursor, definition: Parameter<T>): T {
  const { offset, start, end, trace } = cursor;
  const length = peekLength(cursor);
  const { name, type } = definition;
  trace?.enter(offset, HEADER_BYTES, name, `type ${formatNumber(type, 4)}, length ${length}`);
  cursor.start = offset;
  cursor.offset = offset + HEADER_BYTES;
  cursor.end = offset + length;
  const value = definition.readValue(cursor);
  trace?.leave();
  cursor.start = start;
  cursor.end = end;
  skipPadding(cursor);
  return value;
}

/**
 * Writes a parameter. The padding of the one before it is written now, and its own not at all where
 * it is the last: so what encloses it counts the padding between, but not the last. RFC 5354 §2.
 */
export function writeParameter<T>(sink: Sink, definition: Parameter<T>, value: T): void {
  sink.align();
  const start = sink.length;
  sink.u16(definition.type);
  sink.u16(0);
  definition.writeValue(sink, value);
  const length = sink.length - start;
  if (length > MAX_PARAMETER_LENGTH) {
    throw new RangeError(
      `Cannot encode ${definition.name} of ${length} bytes: the limit is ${MAX_PARAMETER_LENGTH}`,
    );
  }
  sink.patchU16(start + 2, length);
}
