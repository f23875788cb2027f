/**
 * How tables become bytes and bytes become values. Only this file knows padding, lengths, nesting and
 * the two action bits of unknown types. RFC 5354 §2, §3 and §4.
 */

import { CAUSE } from "./cause.ts";
import { Cursor } from "./cursor.ts";
import { DecodeFailure } from "./decode_failure.ts";
import type { Field, Fields, OptionalField, ValueOf } from "./field.ts";
import { formatNumber } from "./hex.ts";
import { HEADER_BYTES, MAX_UNRECOGNIZED_REPORTED } from "./limits.ts";
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
  readValue(cursor: Cursor): T;
  writeValue(sink: Sink, value: T): void;
  view(value: T): unknown;
}

const ACTION_REPORT = 0x4000;
const ACTION_SKIP = 0x8000;

/** Parameter types that some table defines: what is not here is "unrecognized". */
const definedParameterTypes = new Set<number>();

/** Declares that a parameter type has a definition. */
function define(type: number): void {
  definedParameterTypes.add(type);
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
  define(type);
  type Value = ValueOf<F> & Readonly<Tags>;
  const tagEntries = Object.entries(tags);
  return {
    name,
    type,
    source,
    fields,
    owns: (value) =>
      tagEntries.every(([key, tag]) => (value as Record<string, unknown>)[key] === tag),
    readValue: (cursor) => readRecord(cursor, fields, tags) as Value,
    writeValue: (sink, value) => writeRecord(sink, fields, value),
    view: (value) => ({ ...tags, ...viewRecord(fields, value) }),
  };
}

/** A parameter whose value is the value of its one field. */
export function parameterOf<T>(
  name: string,
  type: number,
  source: string,
  field: Field<T>,
  owns: (value: T) => boolean = () => true,
): Parameter<T> {
  define(type);
  return {
    name,
    type,
    source,
    fields: { value: field },
    owns,
    readValue: field.read,
    writeValue: field.write,
    view: field.view,
  };
}

/** Reads a record row by row; after a failure, what was read so far is kept for the lenient view. */
export function readRecord(
  cursor: Cursor,
  fields: Fields,
  tags: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const value: Record<string, unknown> = { ...tags };
  let key = "";
  try {
    for (key in fields) {
      const read = fields[key]!.read(cursor);
      if (read !== undefined) value[key] = read;
    }
  } catch (failure) {
    if (failure instanceof DecodeFailure) {
      if (failure.partial !== undefined) value[key] = failure.partial;
      failure.partial = value;
    }
    throw failure;
  }
  return value;
}

/** Writes a record row by row. */
export function writeRecord(sink: Sink, fields: Fields, value: unknown): void {
  const record = value as Record<string, unknown>;
  for (const key in fields) fields[key]!.write(sink, record[key]);
}

/** The JSON view of a record; rows that are absent or not read are left out. */
export function viewRecord(fields: Fields, value: unknown): Record<string, unknown> {
  const view: Record<string, unknown> = {};
  const record = value as Record<string, unknown>;
  for (const key in fields) {
    if (record[key] !== undefined) view[key] = fields[key]!.view(record[key]);
  }
  return view;
}

interface Header {
  readonly type: number;
  readonly length: number;
}

/** Reads a header without moving. A length that cannot be is a failure. RFC 5354 §3. */
function peekHeader(cursor: Cursor): Header | undefined {
  if (cursor.remaining === 0) return undefined;
  if (cursor.remaining < HEADER_BYTES) {
    cursor.fail(`A parameter header needs 4 bytes and ${cursor.remaining} are left`);
  }
  const type = cursor.context.view.getUint16(cursor.offset);
  const length = cursor.context.view.getUint16(cursor.offset + 2);
  if (length < HEADER_BYTES) cursor.fail(`Parameter Length is ${length}, below 4`);
  if (length > cursor.remaining) {
    cursor.fail(`Parameter Length is ${length} and ${cursor.remaining} bytes are left`);
  }
  return { type, length };
}

/** Moves behind a parameter and its padding; the last one's padding may be outside. RFC 5354 §2. */
function advance(cursor: Cursor, length: number): void {
  const padded = cursor.offset + Math.ceil(length / 4) * 4;
  cursor.offset = Math.min(padded, cursor.end);
}

/** The next parameter's type, after those were skipped whose action bits say so. RFC 5354 §3. */
function nextExpected(cursor: Cursor, expected: (type: number) => boolean): Header | undefined {
  for (;;) {
    const header = peekHeader(cursor);
    if (header === undefined || expected(header.type)) return header;
    if ((header.type & ACTION_SKIP) === 0) return header;
    skip(cursor, header);
  }
}

function skip(cursor: Cursor, header: Header): void {
  const { context, offset } = cursor;
  context.trace?.field(
    offset,
    header.length,
    `Parameter ${formatNumber(header.type, 4)}`,
    "skipped",
  );
  const report = (header.type & ACTION_REPORT) !== 0;
  if (report && context.unrecognized.length < MAX_UNRECOGNIZED_REPORTED) {
    context.unrecognized.push(context.bytes.slice(offset, offset + header.length));
  }
  advance(cursor, header.length);
}

/** Ends the message at a parameter that has no place here. RFC 5354 §3, action bits 00 and 01. */
function failAt(cursor: Cursor, header: Header, expected: string): never {
  const { bytes } = cursor.context;
  const offendingTlv = bytes.slice(cursor.offset, cursor.offset + header.length);
  const type = formatNumber(header.type, 4);
  if (definedParameterTypes.has(header.type)) {
    throw new DecodeFailure({
      cause: CAUSE.invalidValues,
      offset: cursor.offset,
      detail: `Parameter ${type} stands where ${expected} must be`,
      offendingTlv,
    });
  }
  throw new DecodeFailure({
    cause: CAUSE.unrecognizedParameter,
    offset: cursor.offset,
    detail: `Parameter ${type} is unknown and its type says to stop`,
    offendingTlv,
    report: (header.type & ACTION_REPORT) !== 0,
  });
}

/** Fails if anything but skippable parameters is left. */
export function readEnd(cursor: Cursor): void {
  const header = nextExpected(cursor, () => false);
  if (header !== undefined) failAt(cursor, header, "the end of the message or parameter");
}

function readParameter<T>(cursor: Cursor, header: Header, definition: Parameter<T>): T {
  const start = cursor.offset;
  const { trace } = cursor.context;
  const inner = new Cursor(cursor.context, start, start + HEADER_BYTES, start + header.length);
  trace?.enter(start, HEADER_BYTES, definition.name, `type ${formatNumber(header.type, 4)}`);
  const value = definition.readValue(inner);
  readEnd(inner);
  trace?.leave();
  advance(cursor, header.length);
  return value;
}

function writeParameter<T>(sink: Sink, definition: Parameter<T>, value: T): void {
  sink.align();
  const start = sink.length;
  sink.u16(definition.type);
  sink.u16(0);
  definition.writeValue(sink, value);
  const length = sink.length - start;
  if (length > 0xffff) {
    throw new RangeError(`Cannot encode ${definition.name} of ${length} bytes: the limit is 65535`);
  }
  sink.patchU16(start + 2, length);
}

/** Parameters of which one stands in a place, told apart by their type. */
export interface Choice<T> {
  readonly name: string;
  readonly parameters: readonly Parameter<T>[];
}

/** A place where one of several parameters stands. */
// deno-lint-ignore no-explicit-any -- the value type is the union of the parameters' own
export function choice<P extends readonly Parameter<any>[]>(
  name: string,
  ...parameters: P
): Choice<P[number] extends Parameter<infer T> ? T : never> {
  return { name, parameters };
}

type Place<T> = Parameter<T> | Choice<T>;

function alternatives<T>(place: Place<T>): readonly Parameter<T>[] {
  return "parameters" in place ? place.parameters : [place];
}

interface PlaceReader<T> {
  readonly label: string;
  readonly form: string;
  tryRead(cursor: Cursor): T | undefined;
  write(sink: Sink, value: T): void;
  view(value: T): unknown;
}

function placeReader<T>(place: Place<T>): PlaceReader<T> {
  const parameters = alternatives(place);
  const byType = new Map(parameters.map((each) => [each.type, each]));
  const expected = (type: number) => byType.has(type);
  const ownerOf = (value: T) => parameters.find((each) => each.owns(value));
  return {
    label: place.name,
    form: parameters.map((each) => each.name).join(" or "),
    tryRead(cursor) {
      const header = nextExpected(cursor, expected);
      const definition = header && byType.get(header.type);
      return definition && readParameter(cursor, header, definition);
    },
    write(sink, value) {
      const owner = ownerOf(value);
      if (owner === undefined) throw new TypeError(`Cannot encode ${place.name}: no such kind`);
      writeParameter(sink, owner, value);
    },
    view: (value) => ownerOf(value)?.view(value),
  };
}

/** A parameter that must be there. */
export function one<T>(place: Place<T>): Field<T> {
  const reader = placeReader(place);
  return {
    ...reader,
    read(cursor) {
      const value = reader.tryRead(cursor);
      if (value !== undefined) return value;
      const header = peekHeader(cursor);
      if (header === undefined) return cursor.fail(`${place.name} is missing`);
      return failAt(cursor, header, place.name);
    },
  };
}

/** A parameter that may be there. */
export function optional<T>(place: Place<T>): OptionalField<T> {
  const reader = placeReader(place);
  return {
    label: reader.label,
    form: `${reader.form}, optional`,
    optional: true,
    read: reader.tryRead,
    write(sink, value) {
      if (value !== undefined) reader.write(sink, value);
    },
    view: (value) => value === undefined ? undefined : reader.view(value),
  };
}

/** Any number of parameters, at least `minimum`. */
export function many<T>(place: Place<T>, minimum = 0, maximum = Infinity): Field<readonly T[]> {
  const reader = placeReader(place);
  return {
    label: reader.label,
    form: `${reader.form}, ${minimum} or more`,
    read(cursor) {
      const values: T[] = [];
      for (;;) {
        const value = readNext(cursor, reader, values);
        if (value === undefined) break;
        values.push(value);
      }
      if (values.length < minimum) cursor.fail(`${place.name} is missing`);
      if (values.length > maximum) cursor.fail(`${place.name} stands ${values.length} times`);
      return values;
    },
    write(sink, values) {
      for (const value of values) reader.write(sink, value);
    },
    view: (values) => values.map(reader.view),
  };
}

function readNext<T>(cursor: Cursor, reader: PlaceReader<T>, before: T[]): T | undefined {
  try {
    return reader.tryRead(cursor);
  } catch (failure) {
    if (failure instanceof DecodeFailure) {
      const partial = failure.partial === undefined ? [] : [failure.partial];
      failure.partial = [...before, ...partial];
    }
    throw failure;
  }
}

/** Repeated groups of rows without a header of their own, such as ENRP's pool entries. */
export function groups<const F extends Fields>(
  label: string,
  fields: F,
): Field<readonly ValueOf<F>[]> {
  return {
    label,
    form: Object.values(fields).map((field) => field.form).join(", then "),
    read(cursor) {
      const values: ValueOf<F>[] = [];
      const reader = { tryRead: (inner: Cursor) => readGroup<F>(inner, fields) };
      for (;;) {
        const value = readNext(cursor, reader as PlaceReader<ValueOf<F>>, values);
        if (value === undefined) return values;
        values.push(value);
      }
    },
    write(sink, values) {
      for (const value of values) writeRecord(sink, fields, value);
    },
    view: (values) => values.map((value) => viewRecord(fields, value)),
  };
}

function readGroup<F extends Fields>(cursor: Cursor, fields: F): ValueOf<F> | undefined {
  if (nextExpected(cursor, () => false) === undefined) return undefined;
  return readRecord(cursor, fields, {}) as ValueOf<F>;
}
