/**
 * The other parameters. RFC 5354 §3.9 to §3.15, rsplib's Handle Resolution option, and our own.
 */

import { CAUSE, causeName } from "./cause.ts";
import type { Cursor } from "./cursor.ts";
import { DecodeFailure } from "./decode_failure.ts";
import {
  type Field,
  i32,
  type OptionalField,
  poolHandleField,
  reserved16,
  rest,
  u16,
  u32,
} from "./field.ts";
import { abridgedHex, formatNumber, hex } from "./hex.ts";
import { HEADER_BYTES } from "./limits.ts";
import { type Owner, OwnerParameter } from "./owner.ts";
import { one, optional } from "./place.ts";
import { type Policy, PolicyParameter } from "./policy.ts";
import {
  type Parameter,
  parameter,
  parameterOf,
  parameterTypeName,
  readField,
  skipPadding,
} from "./schema.ts";
import type { Sink } from "./sink.ts";
import { AnyTransport, type Transport } from "./transport.ts";

/** Pool Handle Parameter. RFC 5354 §3.9. */
export const PoolHandleParameter = parameterOf(
  "Pool Handle",
  0x0009,
  "RFC 5354 §3.9",
  poolHandleField("Pool Handle"),
);

/** Registration Life of an element that never expires. RFC 5354 §3.10. */
export const INFINITE_LIFE: -1 = -1;

const registrationLife: Field<number> = {
  ...i32("Registration Life"),
  form: "32 bits, signed, seconds; -1: infinite",
  show: (life) => life === INFINITE_LIFE ? "-1 (infinite)" : `${life} s`,
};

/** Pool Element Parameter. RFC 5354 §3.10. */
export const PoolElementParameter = parameter("Pool Element", 0x000a, "RFC 5354 §3.10", {
  identifier: u32("PE Identifier", "identifier"),
  home: u32("Home ENRP Server Identifier", "identifier"),
  registrationLife,
  transport: one(AnyTransport, "User Transport") as Field<Transport>,
  policy: one(PolicyParameter),
  asapTransport: optional(AnyTransport, "ASAP Transport"),
  owner: optional(OwnerParameter),
});

/**
 * A pool element as messages carry it. RFC 5354 §3.10.
 */
export interface PoolElement {
  /** PE Identifier, unique in its pool. */
  readonly identifier: number;
  /** Identifier of the home ENRP server; 0 while undetermined. */
  readonly home: number;
  /** Registration Life in seconds; {@linkcode INFINITE_LIFE} for infinite. */
  readonly registrationLife: number;
  /** User Transport: where the service is. */
  readonly transport: Transport;
  /** Member Selection Policy, with this element's values. */
  readonly policy: Policy;
  /** ASAP Transport: where the element takes ASAP connections. */
  readonly asapTransport?: Transport | undefined;
  /** Who registered it; between secured registrars only (protocol decision 29). */
  readonly owner?: Owner | undefined;
}

/** Server Information Parameter. RFC 5354 §3.11. */
export const ServerInformationParameter = parameter(
  "Server Information",
  0x000b,
  "RFC 5354 §3.11",
  {
    identifier: u32("Server ID", "identifier"),
    transport: one(AnyTransport, "Server Transport") as Field<Transport>,
  },
);

/** What is told of a registrar. RFC 5354 §3.11. */
export interface ServerInformation {
  /** Server ID. */
  readonly identifier: number;
  /** Server Transport: where it takes ENRP connections. */
  readonly transport: Transport;
}

/** One error cause. RFC 5354 §3.12: `information` is its cause-specific information. */
export interface ErrorCause {
  /** Cause Code, 16 bits: one of {@linkcode CAUSE} or another. */
  readonly code: number;
  /** Cause-specific Information. */
  readonly information: Uint8Array;
}

const causeCode: Field<number> = {
  ...u16("Cause Code", "hex"),
  show: (code) => `${formatNumber(code, 4)} (${causeName(code)})`,
};
const causeLength = u16("Cause Length");

function readCause(cursor: Cursor): ErrorCause {
  const code = readField(cursor, causeCode);
  const length = readField(cursor, causeLength);
  if (length < HEADER_BYTES) cursor.fail(`Cause Length is ${length}, below 4`);
  const at = cursor.offset;
  const information = cursor.copy(length - HEADER_BYTES, "Cause-specific Information");
  const { trace } = cursor;
  if (information.length > 0) {
    const shown = showInformation(code, information);
    trace?.field(at, information.length, "Cause-specific Information", shown);
  }
  skipPadding(cursor);
  return { code, information };
}

/** Causes whose information is a TLV. RFC 5354 §3.12.2 to §3.12.8. */
const CAUSES_WITH_PARAMETER: readonly number[] = [
  CAUSE.unrecognizedParameter,
  CAUSE.invalidValues,
  CAUSE.inconsistentPoolingPolicy,
  CAUSE.inconsistentTransportType,
];

function showInformation(code: number, information: Uint8Array): string {
  const text = abridgedHex(information);
  if (information.length < HEADER_BYTES || !CAUSES_WITH_PARAMETER.includes(code)) return text;
  return `${parameterTypeName((information[0]! << 8) | information[1]!)}, ${text}`;
}

function writeCause(sink: Sink, cause: ErrorCause): void {
  sink.align();
  causeCode.write(sink, cause.code);
  causeLength.write(sink, HEADER_BYTES + cause.information.length);
  sink.bytes(cause.information);
}

/**
 * An error cause as JSON shows it.
 *
 * @example
 * ```ts
 * import { CAUSE, viewCause } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(viewCause({ code: CAUSE.unknownPoolHandle, information: new Uint8Array() }), {
 *   code: "0x0009",
 *   name: "Unknown Pool Handle",
 *   information: "",
 * });
 * ```
 */
export function viewCause(cause: ErrorCause): Record<string, unknown> {
  const { code, information } = cause;
  return { code: formatNumber(code, 4), name: causeName(code), information: hex(information) };
}

const causes: Field<readonly ErrorCause[]> = {
  label: "Error Causes",
  form: "Cause Code, Cause Length, Cause-Specific Information; one or more",
  read(cursor) {
    const values: ErrorCause[] = [];
    try {
      while (cursor.remaining > 0) values.push(readCause(cursor));
      if (values.length === 0) cursor.fail("Error Cause is missing");
    } catch (failure) {
      if (failure instanceof DecodeFailure) failure.partial = values;
      throw failure;
    }
    return values;
  },
  write(sink, values) {
    if (values.length === 0) {
      throw new RangeError(
        "Cannot encode Operation Error without a cause: there must be 1 or more",
      );
    }
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

/**
 * Handle Resolution option: how many elements are asked for. draft-dreibholz-rserpool-asap-hropt.
 */
export const HandleResolutionOption = parameterOf(
  "Handle Resolution Option",
  0x803f,
  "draft-dreibholz-rserpool-asap-hropt",
  u32("Items"),
);

/** States of a peer by their number on the wire (protocol decision 21). */
const PEER_STATES = ["active", "suspect", "inactive", "unreachable"] as const;

/**
 * What a registrar thinks of a peer: `active`, `suspect` (silent for longer than
 * MAX-TIME-LAST-HEARD), `inactive` (being taken over), `unreachable` (known and not met); other
 * numbers as four hexadecimal digits.
 */
export type PeerState = typeof PEER_STATES[number] | `0x${string}`;

const peerState: Field<PeerState> = {
  label: "State",
  form: "16 bits: 0 active, 1 suspect, 2 inactive, 3 unreachable",
  read(cursor) {
    const number = cursor.u16("State");
    return PEER_STATES[number] ?? formatNumber(number, 4) as PeerState;
  },
  write(sink, state) {
    const number = PEER_STATES.indexOf(state as typeof PEER_STATES[number]);
    sink.u16(number < 0 ? Number(state) : number);
  },
  view: (state) => state,
  show: (state) => state,
};

/** Last Heard of a peer that was never heard. */
const NEVER_HEARD = 0xffffffff;

const lastHeardAgoMs: OptionalField<number> = {
  label: "Last Heard",
  form: "32 bits, milliseconds since; ffffffff: never",
  optional: true,
  read(cursor) {
    const ago = cursor.u32("Last Heard");
    return ago === NEVER_HEARD ? undefined : ago;
  },
  write(sink, ago) {
    sink.u32(ago === undefined ? NEVER_HEARD : Math.min(Math.floor(ago), NEVER_HEARD - 1));
  },
  view: (ago) => ago,
  show: (ago) => ago === undefined ? "never" : `${ago} ms ago`,
};

/** Peer Status: what a registrar tells observers of a peer besides (protocol decision 21). */
export const PeerStatusParameter = parameter("Peer Status", 0x80f1, "docs/tcp-mapping.md §9", {
  state: peerState,
  reserved: reserved16(),
  lastHeardAgoMs,
});

/** What the registrar that is asked thinks of a peer (protocol decision 21). */
export interface PeerStatus {
  /** What the registrar that was asked thinks of it. */
  readonly state: PeerState;
  /** Milliseconds since it was last heard; absent if it never was. At most about 49 days. */
  readonly lastHeardAgoMs?: number | undefined;
}

/**
 * Unreachable Report: a pool element whose ASAP endpoint the sender could not dial, for its home
 * (protocol decision 13).
 */
export const UnreachableReportParameter = parameter(
  "Unreachable Report",
  0x80f2,
  "docs/tcp-mapping.md §9",
  {
    poolHandle: one(PoolHandleParameter),
    peIdentifier: one(PeIdentifierParameter),
  },
);

const nothing: Field<true> = {
  label: "(no value)",
  form: "no bytes",
  read: () => true,
  write: () => {},
  view: (value) => value,
};

/** Forced Report: who sends the report around it has not tried to reach the pool element. */
export const ForcedReportParameter = parameterOf(
  "Forced Report",
  0x80f4,
  "docs/tcp-mapping.md §9",
  nothing,
);

/** Items that stand for "all there are" in the Handle Resolution option. */
export const ALL_ITEMS = 0xffffffff;

/** A pool element as JSON shows its values on the wire. */
export function viewPoolElement(element: PoolElement): Record<string, unknown> {
  return PoolElementParameter.view(element) as Record<string, unknown>;
}
