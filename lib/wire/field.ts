/**
 * What a row of a message's or parameter's table is, and the rows of fixed width. A row knows how to
 * read, write, show and document one field; everything else is derived from the table.
 */

import type { Cursor } from "./cursor.ts";
import { formatIdentifier, formatNumber, hex } from "./hex.ts";
import type { Sink } from "./sink.ts";
import { formatIpAddress, type IpAddress, parseIpAddress } from "./ip_address.ts";
import { type PoolHandle, poolHandleBytes, poolHandleText } from "./pool_handle.ts";

/** One row of a table. */
export interface Field<T> {
  /** The RFC's name of the field. */
  readonly label: string;
  /** Width and form, for the documentation. */
  readonly form: string;
  read(cursor: Cursor): T;
  write(sink: Sink, value: T): void;
  /** The value as JSON shows it. */
  view(value: T): unknown;
}

/** A row that may be absent; its key is then missing from the value. */
export interface OptionalField<T> extends Field<T | undefined> {
  readonly optional: true;
}

/** A row that has bytes on the wire and no value, such as a reserved field. */
export interface HiddenField extends Field<undefined> {
  readonly hidden: true;
}

/** Rows in the order of the RFC's figure. */
// deno-lint-ignore no-explicit-any -- a table holds fields of any value type
export type Fields = { readonly [key: string]: Field<any> };

type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly optional: true } ? K : never;
}[keyof F];
type HiddenKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly hidden: true } ? K : never;
}[keyof F];
type ValueOfField<T> = T extends Field<infer V> ? V : never;

/** The value that a table describes. */
export type ValueOf<F extends Fields> =
  & {
    readonly [K in Exclude<keyof F, OptionalKeys<F> | HiddenKeys<F>>]: ValueOfField<F[K]>;
  }
  & { readonly [K in OptionalKeys<F>]?: Exclude<ValueOfField<F[K]>, undefined> | undefined };

const U16_MAX = 0xffff;
const U32_MAX = 0xffffffff;
const I32_MIN = -0x80000000;
const I32_MAX = 0x7fffffff;

function requireInteger(label: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`Cannot encode ${label} ${value}: it must be from ${min} to ${max}`);
  }
}

/** How a number is shown. */
type NumberView = "number" | "identifier" | "hex";

function showNumber(view: NumberView, digits: number): (value: number) => unknown {
  if (view === "number") return (value) => value;
  if (view === "identifier") return formatIdentifier;
  return (value) => formatNumber(value, digits);
}

function traced<T>(field: Field<T>, width: number): Field<T> {
  return {
    ...field,
    read(cursor) {
      const at = cursor.offset;
      const value = field.read(cursor);
      const length = width || cursor.offset - at;
      cursor.context.trace?.field(at, length, field.label, String(field.view(value)));
      return value;
    },
  };
}

/** 16 bits, unsigned. */
export function u16(label: string, view: NumberView = "number"): Field<number> {
  return traced({
    label,
    form: "16 bits, unsigned",
    read: (cursor) => cursor.u16(label),
    write(sink, value) {
      requireInteger(label, value, 0, U16_MAX);
      sink.u16(value);
    },
    view: showNumber(view, 4),
  }, 2);
}

/** 32 bits, unsigned. */
export function u32(label: string, view: NumberView = "number"): Field<number> {
  return traced({
    label,
    form: "32 bits, unsigned",
    read: (cursor) => cursor.u32(label),
    write(sink, value) {
      requireInteger(label, value, 0, U32_MAX);
      sink.u32(value);
    },
    view: showNumber(view, 8),
  }, 4);
}

/** 32 bits, signed. */
export function i32(label: string): Field<number> {
  return traced({
    label,
    form: "32 bits, signed",
    read: (cursor) => cursor.i32(label),
    write(sink, value) {
      requireInteger(label, value, I32_MIN, I32_MAX);
      sink.i32(value);
    },
    view: (value) => value,
  }, 4);
}

/** 16 bits that are sent as zero and ignored on receipt. */
export function reserved16(): HiddenField {
  const field = traced<undefined>({
    label: "(reserved)",
    form: "16 bits",
    read(cursor) {
      cursor.u16("reserved");
      return undefined;
    },
    write: (sink) => sink.u16(0),
    view: () => "ignored",
  }, 2);
  return { ...field, hidden: true };
}

/** All bytes up to the end of the parameter. */
export function rest(label: string): Field<Uint8Array> {
  return traced({
    label,
    form: "bytes to the end of the parameter",
    read: (cursor) => cursor.bytes(cursor.remaining, label),
    write: (sink, value) => sink.bytes(value),
    view: hex,
  }, 0);
}

/** The bytes of a pool handle, up to the end of the parameter. RFC 5354 §3.9. */
export function poolHandleField(label: string): Field<PoolHandle> {
  return traced({
    label,
    form: "bytes to the end of the parameter",
    read: (cursor) => poolHandleText(cursor.bytes(cursor.remaining, label)),
    write: (sink, value) => sink.bytes(poolHandleBytes(value)),
    view: (value) => value,
  }, 0);
}

/** The bytes of an IP address: four or sixteen. */
export function ipAddressField(label: string, width: 4 | 16): Field<IpAddress> {
  return traced({
    label,
    form: `${width * 8} bits`,
    read: (cursor) => formatIpAddress(cursor.bytes(width, label)),
    write: (sink, value) => sink.bytes(parseIpAddress(value)),
    view: (value) => value,
  }, width);
}
