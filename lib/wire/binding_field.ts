/** Rows of the parameters that carry DHCP bindings. docs/dhcp.md §4. */

import type { Cursor } from "./cursor.ts";
import { type Field, ipAddressField, u16, u32 } from "./field.ts";
import { formatNumber } from "./hex.ts";
import type { IpAddress } from "./ip_address.ts";
import type { Sink } from "./sink.ts";

/** 2 to the 32nd. */
const HIGH = 0x1_0000_0000;
/** The largest number that a counter may have: what comes next is a number still. */
export const MAX_COUNTER = 2 ** 48;

/** 64 bits of which 48 are used, so that a number holds them. */
export function counter(label: string): Field<number> {
  return {
    label,
    form: "64 bits, unsigned, at most 2^48",
    read(cursor) {
      const value = cursor.u32(label) * HIGH + cursor.u32(label);
      if (value > MAX_COUNTER) cursor.fail(`${label} is above 2^48`);
      return value;
    },
    write(sink, value) {
      if (!Number.isSafeInteger(value) || value < 0 || value > MAX_COUNTER) {
        throw new RangeError(`Cannot encode ${label} ${value}: it must be from 0 to 2^48`);
      }
      sink.u32(Math.floor(value / HIGH));
      sink.u32(value % HIGH);
    },
    view: (value) => value,
    show: String,
  };
}

/** 64 bits as sixteen hexadecimal digits. */
export function digest(label: string): Field<string> {
  return {
    label,
    form: "64 bits",
    read(cursor) {
      const digits = (number: number) => number.toString(16).padStart(8, "0");
      return digits(cursor.u32(label)) + digits(cursor.u32(label));
    },
    write(sink, value) {
      if (!/^[0-9a-f]{16}$/.test(value)) {
        throw new RangeError(`Cannot encode ${label}: it must have 16 hexadecimal digits`);
      }
      sink.u32(parseInt(value.slice(0, 8), 16));
      sink.u32(parseInt(value.slice(8), 16));
    },
    view: (value) => value,
    show: (value) => value,
  };
}

/** 16 bits that stand for one of some names. */
export function named<const Name extends string>(
  label: string,
  names: readonly Name[],
): Field<Name> {
  const number = u16(label);
  return {
    label,
    form: `16 bits: ${names.map((name, at) => `${at} ${name}`).join(", ")}`,
    read(cursor: Cursor) {
      const at = number.read(cursor);
      return names[at] ?? cursor.fail(`${label} ${at} is unknown`);
    },
    write: (sink: Sink, value: Name) => number.write(sink, names.indexOf(value)),
    view: (value) => value,
    show: (value) => value,
  };
}

/** 16 bits of flags, each with a name; those without one are ignored. */
export function flags<const Name extends string>(
  label: string,
  names: readonly Name[],
): Field<readonly Name[]> {
  const number = u16(label);
  return {
    label,
    form: `16 bits: ${names.map((name, at) => `${formatNumber(1 << at, 4)} ${name}`).join(", ")}`,
    read(cursor) {
      const bits = number.read(cursor);
      return names.filter((_, at) => (bits & (1 << at)) !== 0);
    },
    write(sink, value) {
      number.write(
        sink,
        names.reduce((bits, name, at) => value.includes(name) ? bits | (1 << at) : bits, 0),
      );
    },
    view: (value) => value,
    show: (value) => value.join(", "),
  };
}

/** Numbers of 32 bits up to the end of the parameter, at most so many. */
export function numbers(label: string, max: number): Field<readonly number[]> {
  const number = u32(label, "identifier");
  return {
    label,
    form: `32 bits each, to the end of the parameter, at most ${max}`,
    read(cursor) {
      const values: number[] = [];
      while (cursor.remaining > 0) {
        if (values.length === max) cursor.fail(`${label} stands more than ${max} times`);
        values.push(number.read(cursor));
      }
      return values;
    },
    write(sink, values) {
      if (values.length > max) {
        throw new RangeError(`Cannot encode ${values.length} times ${label}: at most ${max}`);
      }
      for (const value of values) number.write(sink, value);
    },
    view: (values) => values.map(number.view),
    show: (values) => values.map((value) => number.show!(value)).join(" "),
  };
}

/** IPv4 addresses up to the end of the parameter, at most so many. */
export function addresses(label: string, max: number): Field<readonly IpAddress[]> {
  const address = ipAddressField(label, 4);
  return {
    label,
    form: `32 bits each, to the end of the parameter, at most ${max}`,
    read(cursor) {
      const values: IpAddress[] = [];
      while (cursor.remaining > 0) {
        if (values.length === max) cursor.fail(`${label} stands more than ${max} times`);
        values.push(address.read(cursor));
      }
      return values;
    },
    write(sink, values) {
      if (values.length > max) {
        throw new RangeError(`Cannot encode ${values.length} times ${label}: at most ${max}`);
      }
      for (const value of values) address.write(sink, value);
    },
    view: (values) => values,
    show: (values) => values.join(" "),
  };
}

/** Text of plain characters, none of which means anything to a shell, a log or a lease table. */
export function plainText(label: string, max: number): Field<string> {
  const isPlain = (text: string) => text.length <= max && /^[A-Za-z0-9._-]+$/.test(text);
  return {
    label,
    form: `1 to ${max} letters, digits, ".", "_" and "-", to the end of the parameter`,
    read(cursor) {
      const at = cursor.take(cursor.remaining, label);
      if (cursor.offset - at > max) cursor.fail(`${label} is longer than ${max} bytes`);
      const text = String.fromCharCode(...cursor.bytes.subarray(at, cursor.offset));
      return isPlain(text) ? text : cursor.fail(`${label} has other characters than it may have`);
    },
    write(sink, value) {
      if (!isPlain(value)) throw new RangeError(`Cannot encode ${label} ${JSON.stringify(value)}`);
      sink.ascii(value);
    },
    view: (value) => value,
    show: (value) => value,
  };
}

/** Bytes that are written as pairs of hexadecimal digits with colons, as dnsmasq and people do. */
export function colonHex(label: string, max: number): Field<string> {
  return {
    label,
    form: `1 to ${max} bytes, to the end of the parameter`,
    read(cursor) {
      const at = cursor.take(cursor.remaining, label);
      const { offset } = cursor;
      if (offset === at || offset - at > max) {
        cursor.fail(`${label} has ${offset - at} bytes: it must have 1 to ${max}`);
      }
      const bytes = Array.from(cursor.bytes.subarray(at, offset));
      return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
    },
    write(sink, value) {
      if (!/^[0-9a-f]{2}(:[0-9a-f]{2})*$/.test(value) || value.length > 3 * max - 1) {
        throw new RangeError(`Cannot encode ${label} ${JSON.stringify(value)}`);
      }
      for (const byte of value.split(":")) sink.u8(parseInt(byte, 16));
    },
    view: (value) => value,
    show: (value) => value,
  };
}
