/**
 * What a row of a message's or parameter's table is, and the rows of fixed width. A row knows how
 * to read, write, show and document one field; everything else is derived from the table.
 */

import type { Cursor } from "./cursor.ts";
import { abridgedHex, formatIdentifier, formatNumber, hex } from "./hex.ts";
import type { Sink } from "./sink.ts";
import { formatIpAddressAt, type IpAddress, parseIpAddress, parseIpv4 } from "./ip_address.ts";
import { isPlainAscii, type PoolHandle, poolHandleBytes, poolHandleTextAt } from "./pool_handle.ts";

/** One row of a table. */
export interface Field<T> {
  /** The RFC's name of the field. */
  readonly label: string;
  /** Width and form, for the documentation. */
  readonly form: string;
  /** What the parameter in this row is to the one around it, where its own name does not tell. */
  readonly role?: string;
  /** Whether it is parameters: of those behind them that are unknown, the type says what to do. */
  readonly isOfParameters?: boolean;
  read(cursor: Cursor): T;
  write(sink: Sink, value: T): void;
  /** The value as JSON shows it. */
  view(value: T): unknown;
  /** The value for people, in annotated hex; rows that hold parameters have none of their own. */
  show?(value: T): string;
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

function numberView(view: NumberView, digits: number): (value: number) => unknown {
  if (view === "number") return (value) => value;
  if (view === "identifier") return formatIdentifier;
  return (value) => formatNumber(value, digits);
}

/** 16 bits, unsigned. */
export function u16(label: string, form: NumberView = "number"): Field<number> {
  const view = numberView(form, 4);
  return {
    label,
    form: "16 bits, unsigned",
    read: (cursor) => cursor.u16(label),
    write(sink, value) {
      requireInteger(label, value, 0, U16_MAX);
      sink.u16(value);
    },
    view,
    show: (value) => String(view(value)),
  };
}

/** 32 bits, unsigned. */
export function u32(label: string, form: NumberView = "number"): Field<number> {
  const view = numberView(form, 8);
  return {
    label,
    form: "32 bits, unsigned",
    read: (cursor) => cursor.u32(label),
    write(sink, value) {
      requireInteger(label, value, 0, U32_MAX);
      sink.u32(value);
    },
    view,
    show: (value) => String(view(value)),
  };
}

/** 32 bits, signed. */
export function i32(label: string): Field<number> {
  return {
    label,
    form: "32 bits, signed",
    read: (cursor) => cursor.i32(label),
    write(sink, value) {
      requireInteger(label, value, I32_MIN, I32_MAX);
      sink.u32(value);
    },
    view: (value) => value,
    show: String,
  };
}

/** 16 bits that are sent as zero and ignored on receipt. */
export function reserved16(): HiddenField {
  return {
    label: "(reserved)",
    form: "16 bits, sent as zero, ignored on receipt",
    hidden: true,
    read(cursor) {
      cursor.u16("(reserved)");
      return undefined;
    },
    write: (sink) => sink.u16(0),
    view: () => undefined,
    show: () => "ignored",
  };
}

/** All bytes up to the end of the parameter. */
export function rest(label: string): Field<Uint8Array> {
  return {
    label,
    form: "bytes to the end of the parameter",
    read: (cursor) => cursor.copy(cursor.remaining, label),
    write: (sink, value) => sink.bytes(value),
    view: hex,
    show: abridgedHex,
  };
}

/** The bytes of a pool handle, up to the end of the parameter. RFC 5354 §3.9. */
export function poolHandleField(label: string): Field<PoolHandle> {
  return {
    label,
    form: "bytes to the end of the parameter",
    read(cursor) {
      const at = cursor.take(cursor.remaining, label);
      return poolHandleTextAt(cursor.bytes, at, cursor.offset);
    },
    write(sink, value) {
      // Most handles are ASCII, and their bytes need no array on the way.
      if (isPlainAscii(value)) sink.ascii(value);
      else sink.bytes(poolHandleBytes(value));
    },
    view: (value) => value,
    show: (value) => value,
  };
}

/** The bytes of an IP address: four or sixteen. */
export function ipAddressField(label: string, width: 4 | 16): Field<IpAddress> {
  return {
    label,
    form: `${width * 8} bits`,
    read: (cursor) => formatIpAddressAt(cursor.bytes, cursor.take(width, label), width),
    write(sink, value) {
      // Most addresses are IPv4, and their bits need no array of bytes on the way.
      const bits = width === 4 ? parseIpv4(value) : undefined;
      if (bits === undefined) sink.bytes(parseIpAddress(value));
      else sink.u32(bits);
    },
    view: (value) => value,
    show: (value) => value,
  };
}
