/** Rows of a table in which parameters stand: exactly one, perhaps one, any number, or groups. */

import type { Cursor } from "./cursor.ts";
import { DecodeFailure } from "./decode_failure.ts";
import type { Field, Fields, OptionalField, ValueOf } from "./field.ts";
import {
  comesNext,
  failAtParameter,
  isAtEnd,
  nextType,
  NO_PARAMETER,
  type Parameter,
  readParameter,
  readRecord,
  rowsOf,
  viewRecord,
  writeParameter,
  writeRecord,
} from "./schema.ts";
import type { Sink } from "./sink.ts";

/** Parameters of which one stands in a place, told apart by their type. */
export interface Choice<T> {
  readonly name: string;
  readonly parameters: readonly Parameter<T>[];
  /** The JSON view, where it is not each parameter's own. */
  readonly view?: ((value: T) => unknown) | undefined;
}

/** A place where one of several parameters stands. */
// deno-lint-ignore no-explicit-any -- the value type is the union of the parameters' own
export function choice<P extends readonly Parameter<any>[]>(
  name: string,
  parameters: P,
  view?: (value: P[number] extends Parameter<infer T> ? T : never) => unknown,
): Choice<P[number] extends Parameter<infer T> ? T : never> {
  return { name, parameters, view };
}

type Place<T> = Parameter<T> | Choice<T>;

/** The reading and writing that all kinds of rows share. */
interface Slot<T> {
  readonly label: string;
  readonly form: string;
  readonly role?: string;
  /** The parameter that stands here, or `undefined` if another one or none does. */
  tryRead(cursor: Cursor): T | undefined;
  /** Whether one of the parameters comes next, or after others that are to be skipped. */
  isNext(cursor: Cursor): boolean;
  /** Ends the message, as none of the parameters stands here. */
  failMissing(cursor: Cursor): never;
  write(sink: Sink, value: T): void;
  view(value: T): unknown;
}

function slot<T>(place: Place<T>, role?: string): Slot<T> {
  const parameters = "parameters" in place ? place.parameters : [place];
  const byType = new Map(parameters.map((each) => [each.type, each]));
  const onlyOne = parameters.length === 1 ? parameters[0] : undefined;
  const ownerOf = (value: T) => onlyOne ?? parameters.find((each) => each.owns(value));
  return {
    label: role ?? place.name,
    form: role === undefined ? "parameter" : `${place.name} parameter`,
    ...role && { role },
    tryRead(cursor) {
      const definition = byType.get(nextType(cursor, byType));
      return definition && readParameter(cursor, definition);
    },
    isNext: (cursor) => comesNext(cursor, byType),
    failMissing(cursor) {
      const type = nextType(cursor, byType);
      if (type === NO_PARAMETER) cursor.fail(`${place.name} is missing`);
      return failAtParameter(cursor, type, place.name);
    },
    write(sink, value) {
      const owner = ownerOf(value);
      if (owner === undefined) throw new TypeError(`Cannot encode ${place.name}: no such kind`);
      writeParameter(sink, owner, value);
    },
    view: place.view ?? ((value) => ownerOf(value)?.view(value)),
  };
}

/** A parameter that must be there. */
export function one<T>(place: Place<T>, role?: string): Field<T> {
  const { tryRead, isNext: _, failMissing, ...others } = slot(place, role);
  return { ...others, read: (cursor) => tryRead(cursor) ?? failMissing(cursor) };
}

/** A parameter that may be there. */
export function optional<T>(place: Place<T>, role?: string): OptionalField<T> {
  const { tryRead, isNext, failMissing: _, form, write, view, ...others } = slot(place, role);
  return {
    ...others,
    form: `${form}, optional`,
    optional: true,
    read: (cursor) => isNext(cursor) ? tryRead(cursor) : undefined,
    write(sink, value) {
      if (value !== undefined) write(sink, value);
    },
    view: (value) => value === undefined ? undefined : view(value),
  };
}

/** Parameters, at least `minimum` and at most `maximum`. */
export function many<T>(
  place: Place<T>,
  minimum = 0,
  maximum = Infinity,
): Field<readonly T[]> {
  const { label, tryRead, isNext, failMissing, write, view } = slot(place);
  // What is skipped here could not be read by a row further down.
  const tryReadNext = (cursor: Cursor) => isNext(cursor) ? tryRead(cursor) : undefined;
  const count = maximum === Infinity ? `${minimum} or more` : `exactly ${maximum}`;
  return {
    label,
    form: `parameters, ${count}`,
    isOfParameters: true,
    read(cursor) {
      const values = readAll(cursor, tryReadNext);
      if (values.length < minimum) failMissing(cursor);
      if (values.length > maximum) cursor.fail(`${place.name} stands ${values.length} times`);
      // A copy has no room to grow, and such lists are kept for as long as a registration lasts.
      return values.slice();
    },
    write(sink, values) {
      if (values.length < minimum || values.length > maximum) {
        throw new RangeError(
          `Cannot encode ${values.length} times ${place.name}: there must be ${count}`,
        );
      }
      for (const value of values) write(sink, value);
    },
    view: (values) => values.map(view),
  };
}

/** Parameters of one kind, each with rows behind it whose values are kept with its own. */
export function manyWith<T extends object, const F extends Fields>(
  place: Parameter<T>,
  about: F,
): Field<readonly (T & ValueOf<F>)[]> {
  const { label, tryRead, write, view } = slot(place);
  const rows = rowsOf(about);
  const forms = rows.map(({ field }) => `${field.label} ${field.form}`);
  const tryReadWith = (cursor: Cursor) => {
    const value = tryRead(cursor);
    return value && readRecord(cursor, rows, value as Record<string, unknown>) as T & ValueOf<F>;
  };
  return {
    label,
    form: `parameters, 0 or more, each followed by ${forms.join(", then ")}`,
    read: (cursor) => readAll(cursor, tryReadWith).slice(),
    write(sink, values) {
      for (const value of values) {
        write(sink, value);
        writeRecord(sink, rows, value);
      }
    },
    view: (values) =>
      values.map((value) => ({ ...view(value) as object, ...viewRecord(rows, value) })),
  };
}

/** Reads until nothing is left for `tryRead`; after a failure, what was read is kept. */
function readAll<T>(cursor: Cursor, tryRead: (cursor: Cursor) => T | undefined): T[] {
  const values: T[] = [];
  try {
    for (;;) {
      const value = tryRead(cursor);
      if (value === undefined) return values;
      values.push(value);
    }
  } catch (failure) {
    if (failure instanceof DecodeFailure) {
      failure.partial = failure.partial === undefined ? values : [...values, failure.partial];
    }
    throw failure;
  }
}

/** Repeated groups of rows without a header of their own, such as ENRP's pool entries. */
export function groups<const F extends Fields>(
  label: string,
  fields: F,
): Field<readonly ValueOf<F>[]> {
  const rows = rowsOf(fields);
  const forms = rows.map(({ field }) => `${field.label} ${field.form}`);
  const tryRead = (cursor: Cursor) =>
    isAtEnd(cursor) ? undefined : readRecord(cursor, rows, {}) as ValueOf<F>;
  return {
    label,
    form: `${forms.join(", then ")}; 0 or more times`,
    read: (cursor) => readAll(cursor, tryRead),
    write(sink, values) {
      for (const value of values) writeRecord(sink, rows, value);
    },
    view: (values) => values.map((value) => viewRecord(rows, value)),
  };
}
