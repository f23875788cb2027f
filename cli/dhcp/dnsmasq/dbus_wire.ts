/** Messages of D-Bus as bytes: what a call of dnsmasq's methods and its answer need. */

import { MAX_DBUS_MESSAGE } from "./limits.ts";

/** The arguments of a call, each with its type as D-Bus writes it. */
export type DbusArgument =
  | { readonly type: "s"; readonly value: string }
  | { readonly type: "ay"; readonly value: Uint8Array }
  | { readonly type: "u"; readonly value: number }
  | { readonly type: "b"; readonly value: boolean };

/** A call of a method. */
export interface DbusCall {
  readonly serial: number;
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly arguments: readonly DbusArgument[];
}

/** A message that came. */
export interface DbusMessage {
  readonly kind: "return" | "error" | "other";
  /** Serial of the call that it answers. */
  readonly replyTo?: number | undefined;
  /** Name of an error. */
  readonly error?: string | undefined;
  /** Its first argument, if that is a text or a truth value. */
  readonly first?: string | boolean | undefined;
}

/** Why bytes are no message of D-Bus. */
export class DbusFormatError extends Error {
  override readonly name = "DbusFormatError";
}

const LITTLE = 0x6c;
const BIG = 0x42;
const METHOD_CALL = 1;
const METHOD_RETURN = 2;
const ERROR = 3;
const PROTOCOL_VERSION = 1;
/** Bytes before the header's fields. */
const FIXED_HEADER = 16;
const FIELD = { path: 1, interface: 2, member: 3, error: 4, replyTo: 5, destination: 6, type: 8 };

/** The bytes of a call. */
export function encodeCall(call: DbusCall): Uint8Array<ArrayBuffer> {
  const body = new Marshaller();
  for (const argument of call.arguments) body.argument(argument);
  const fields = new Marshaller();
  fields.field(FIELD.path, "o", call.path);
  fields.field(FIELD.interface, "s", call.interface);
  fields.field(FIELD.member, "s", call.member);
  fields.field(FIELD.destination, "s", call.destination);
  const types = call.arguments.map(({ type }) => type).join("");
  if (types !== "") fields.field(FIELD.type, "g", types);
  const message = new Marshaller();
  message.bytes([LITTLE, METHOD_CALL, 0, PROTOCOL_VERSION]);
  message.u32(body.length);
  message.u32(call.serial);
  message.u32(fields.length);
  message.bytes(fields.taken());
  message.align(8);
  message.bytes(body.taken());
  return message.taken();
}

/** Writes values with the padding that D-Bus wants. */
class Marshaller {
  private readonly out: number[] = [];

  get length(): number {
    return this.out.length;
  }

  taken(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.out);
  }

  bytes(values: Iterable<number>): void {
    for (const value of values) this.out.push(value);
  }

  align(size: number): void {
    while (this.out.length % size !== 0) this.out.push(0);
  }

  u32(value: number): void {
    this.align(4);
    for (let shift = 0; shift < 32; shift += 8) this.out.push((value >>> shift) & 0xff);
  }

  text(value: string): void {
    const encoded = new TextEncoder().encode(value);
    this.u32(encoded.length);
    this.bytes(encoded);
    this.out.push(0);
  }

  field(code: number, type: "o" | "s" | "g", value: string): void {
    this.align(8);
    this.bytes([code, 1, type.charCodeAt(0), 0]);
    if (type !== "g") return this.text(value);
    this.bytes([value.length, ...new TextEncoder().encode(value), 0]);
  }

  argument(argument: DbusArgument): void {
    switch (argument.type) {
      case "s":
        return this.text(argument.value);
      case "ay":
        this.u32(argument.value.length);
        return this.bytes(argument.value);
      case "u":
        return this.u32(argument.value);
      case "b":
        return this.u32(argument.value ? 1 : 0);
    }
  }
}

/** Cuts the bytes that come from the daemon into messages. */
export class DbusMessages {
  private rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  /**
   * Takes bytes and answers the messages that are whole now.
   *
   * @throws {DbusFormatError} if they are none, or one is too long.
   */
  push(bytes: Uint8Array): DbusMessage[] {
    const joined = new Uint8Array(this.rest.length + bytes.length);
    joined.set(this.rest);
    joined.set(bytes, this.rest.length);
    const messages: DbusMessage[] = [];
    let at = 0;
    for (;;) {
      const length = messageLength(joined.subarray(at));
      if (length === undefined || joined.length - at < length) break;
      messages.push(decodeMessage(joined.subarray(at, at + length)));
      at += length;
    }
    this.rest = joined.slice(at);
    return messages;
  }
}

function messageLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < FIXED_HEADER) return undefined;
  const reader = new Unmarshaller(bytes);
  const fields = Math.ceil((FIXED_HEADER + reader.u32At(12)) / 8) * 8;
  const length = fields + reader.u32At(4);
  if (length > MAX_DBUS_MESSAGE) throw new DbusFormatError(`a message of ${length} bytes`);
  return length;
}

function decodeMessage(bytes: Uint8Array): DbusMessage {
  const reader = new Unmarshaller(bytes);
  const type = bytes[1];
  const kind = type === METHOD_RETURN ? "return" : type === ERROR ? "error" : "other";
  const fieldsEnd = FIXED_HEADER + reader.u32At(12);
  const found = new Map<number, string | number | boolean>();
  // A reply has fields of simple types only; what else comes is not for us.
  if (kind === "other") return { kind };
  reader.at = FIXED_HEADER;
  while (reader.at < fieldsEnd) {
    reader.align(8);
    const code = reader.u8();
    const signature = reader.signature();
    found.set(code, reader.value(signature));
  }
  reader.at = bytes.length - reader.u32At(4);
  const types = found.get(FIELD.type);
  const isRead = typeof types === "string" && /^[sb]/.test(types);
  const first = isRead ? reader.value(types[0]!) : undefined;
  const replyTo = found.get(FIELD.replyTo);
  const error = found.get(FIELD.error);
  return {
    kind,
    replyTo: typeof replyTo === "number" ? replyTo : undefined,
    error: typeof error === "string" ? error : undefined,
    first: typeof first === "number" ? undefined : first,
  };
}

/** Reads values out of one message and never beyond its end. */
class Unmarshaller {
  at = 0;
  private readonly view: DataView;
  private readonly isLittle: boolean;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes[0] !== LITTLE && bytes[0] !== BIG) throw new DbusFormatError("no message of D-Bus");
    this.isLittle = bytes[0] === LITTLE;
  }

  align(size: number): void {
    this.at = Math.ceil(this.at / size) * size;
  }

  u8(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw new DbusFormatError("a message ends too early");
    return value;
  }

  u32At(at: number): number {
    if (at + 4 > this.bytes.length) throw new DbusFormatError("a message ends too early");
    return this.view.getUint32(at, this.isLittle);
  }

  value(type: string): string | number | boolean {
    if (type === "g") return this.signature();
    this.align(4);
    const number = this.u32At(this.at);
    this.at += 4;
    if (type === "u") return number;
    if (type === "b") return number !== 0;
    if (type !== "s" && type !== "o") throw new DbusFormatError(`a field of type ${type}`);
    return this.text(number);
  }

  signature(): string {
    return this.text(this.u8());
  }

  /** A text of some bytes and the zero byte after it. */
  private text(length: number): string {
    const end = this.at + length;
    if (end + 1 > this.bytes.length) throw new DbusFormatError("a message ends too early");
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }
}
