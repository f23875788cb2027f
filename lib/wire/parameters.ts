/** The other parameters. RFC 5354 §3.9 to §3.15, and rsplib's Handle Resolution option. */

import { causeName } from "./cause.ts";
import type { Cursor } from "./cursor.ts";
import { type Field, i32, poolHandleField, rest, u16, u32 } from "./field.ts";
import { formatNumber, hex } from "./hex.ts";
import { HEADER_BYTES } from "./limits.ts";
import { one, optional, type Parameter, parameter, parameterOf } from "./schema.ts";
import type { Sink } from "./sink.ts";
import { type Policy, PolicyParameter, viewPolicy } from "./policy.ts";
import { AnyTransport, type Transport, viewTransport } from "./transport.ts";

/** Pool Handle Parameter. RFC 5354 §3.9. */
export const PoolHandleParameter = parameterOf(
  "Pool Handle",
  0x0009,
  "RFC 5354 §3.9",
  poolHandleField("Pool Handle"),
);

const transport = shown(one(AnyTransport) as Field<Transport>, viewTransport);

/** Pool Element Parameter. RFC 5354 §3.10. */
export const PoolElementParameter = parameter("Pool Element", 0x000a, "RFC 5354 §3.10", {
  identifier: u32("PE Identifier", "identifier"),
  home: u32("Home ENRP Server Identifier", "identifier"),
  registrationLife: i32("Registration Life"),
  transport: { ...transport, label: "User Transport" },
  policy: shown(one(PolicyParameter), viewPolicy),
  asapTransport: {
    ...optional(AnyTransport),
    label: "ASAP Transport",
    view: (value: Transport | undefined) => value && viewTransport(value),
  },
});

/**
 * A pool element as messages carry it. RFC 5354 §3.10: `registrationLife` is in seconds, -1 for
 * infinite; `home` is 0 while undetermined.
 */
export interface PoolElement {
  readonly identifier: number;
  readonly home: number;
  readonly registrationLife: number;
  readonly transport: Transport;
  readonly policy: Policy;
  readonly asapTransport?: Transport | undefined;
}

/** Registration Life of an element that never expires. RFC 5354 §3.10. */
export const INFINITE_LIFE = -1;

/** Server Information Parameter. RFC 5354 §3.11. */
export const ServerInformationParameter = parameter(
  "Server Information",
  0x000b,
  "RFC 5354 §3.11",
  {
    identifier: u32("Server ID", "identifier"),
    transport: { ...transport, label: "Server Transport" },
  },
);

/** What is told of a registrar. RFC 5354 §3.11. */
export interface ServerInformation {
  readonly identifier: number;
  readonly transport: Transport;
}

/** One error cause. RFC 5354 §3.12: `information` is its cause-specific information. */
export interface ErrorCause {
  readonly code: number;
  readonly information: Uint8Array;
}

const causeCode = u16("Cause Code", "hex");

function readCause(cursor: Cursor): ErrorCause {
  const start = cursor.offset;
  const code = causeCode.read(cursor);
  const length = cursor.u16("Cause Length");
  if (length < HEADER_BYTES) cursor.fail(`Cause Length is ${length}, below 4`);
  const information = cursor.bytes(length - HEADER_BYTES, "Cause-specific Information");
  cursor.context.trace?.field(start + 2, length - 2, causeName(code), hex(information));
  cursor.offset = Math.min(cursor.end, start + Math.ceil(length / 4) * 4);
  return { code, information };
}

function writeCause(sink: Sink, cause: ErrorCause): void {
  sink.align();
  causeCode.write(sink, cause.code);
  sink.u16(HEADER_BYTES + cause.information.length);
  sink.bytes(cause.information);
}

/** An error cause as JSON shows it. */
export function viewCause(cause: ErrorCause): Record<string, unknown> {
  const { code, information } = cause;
  return { code: formatNumber(code, 4), name: causeName(code), information: hex(information) };
}

const causes: Field<readonly ErrorCause[]> = {
  label: "Error Causes",
  form: "Cause Code, Cause Length, Cause-Specific Information; one or more",
  read(cursor) {
    const values: ErrorCause[] = [];
    while (cursor.remaining > 0) values.push(readCause(cursor));
    if (values.length === 0) cursor.fail("Error Cause is missing");
    return values;
  },
  write(sink, values) {
    for (const cause of values) writeCause(sink, cause);
  },
  view: (values) => values.map(viewCause),
};

/** Operation Error Parameter. RFC 5354 §3.12. */
export const OperationErrorParameter: Parameter<readonly ErrorCause[]> = parameterOf(
  "Operation Error",
  0x000c,
  "RFC 5354 §3.12",
  causes,
);

/** Cookie Parameter. RFC 5354 §3.13. */
export const CookieParameter = parameterOf("Cookie", 0x000d, "RFC 5354 §3.13", rest("Cookie"));

/** PE Identifier Parameter. RFC 5354 §3.14. */
export const PeIdentifierParameter = parameterOf(
  "PE Identifier",
  0x000e,
  "RFC 5354 §3.14",
  u32("PE Identifier", "identifier"),
);

/** PE Checksum Parameter. RFC 5354 §3.15. */
export const PeChecksumParameter = parameterOf(
  "PE Checksum",
  0x000f,
  "RFC 5354 §3.15",
  u16("PE Checksum", "hex"),
);

/** Handle Resolution option: how many elements are asked for. draft-dreibholz-rserpool-asap-hropt. */
export const HandleResolutionOption = parameterOf(
  "Handle Resolution Option",
  0x803f,
  "draft-dreibholz-rserpool-asap-hropt",
  u32("Items"),
);

/** Items that stand for "all there are" in the Handle Resolution option. */
export const ALL_ITEMS = 0xffffffff;

/** A pool element as JSON shows its values on the wire. */
export function viewPoolElement(element: PoolElement): Record<string, unknown> {
  return PoolElementParameter.view(element) as Record<string, unknown>;
}

function shown<T>(field: Field<T>, view: (value: T) => unknown): Field<T> {
  return { ...field, view };
}
