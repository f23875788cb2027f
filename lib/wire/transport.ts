/** Address and transport parameters. RFC 5354 §3.1 to §3.7 and §3.16. */

import { type Field, ipAddressField, rest, u16, u32 } from "./field.ts";
import { formatNumber } from "./hex.ts";
import { type IpAddress, isIpv6 } from "./ip_address.ts";
import { choice, many } from "./place.ts";
import { type Parameter, parameter, parameterOf } from "./schema.ts";

/** Transport Use, RFC 5354 §3.4: the transport carries data only. */
export const USE_DATA_ONLY = 0x0000;
/** Transport Use, RFC 5354 §3.4: the transport carries data plus the control channel. */
export const USE_DATA_PLUS_CONTROL = 0x0001;

const USE_NAMES: readonly string[] = ["data", "data+control"];

/** The name of a Transport Use on the command line and in JSON; unknown ones by their number. */
export function transportUseName(use: number): string {
  return USE_NAMES[use] ?? formatNumber(use, 4);
}

/** IPv4 Address Parameter. RFC 5354 §3.1. */
export const Ipv4Address = parameterOf(
  "IPv4 Address",
  0x0001,
  "RFC 5354 §3.1",
  ipAddressField("IPv4 Address", 4),
  (value: IpAddress) => !isIpv6(value),
);

/** IPv6 Address Parameter. RFC 5354 §3.2. */
export const Ipv6Address = parameterOf(
  "IPv6 Address",
  0x0002,
  "RFC 5354 §3.2",
  ipAddressField("IPv6 Address", 16),
  isIpv6,
);

const Address = choice("IPv4 or IPv6 Address", [Ipv4Address, Ipv6Address]);

/** Where the RFC has reserved bits and no Transport Use. */
const RESERVED_USE = "Transport Use (reserved bits)";

/** Transport Use; for TCP and UDP the reserved bits, as rsplib does (protocol decision 18). */
function transportUse(label: string): Field<number> {
  return {
    ...u16(label),
    view: transportUseName,
    show: (use) => `${formatNumber(use, 4)} (${USE_NAMES[use] ?? "unknown"})`,
  };
}

const oneAddress = many(Address, 1, 1);

/** DCCP Transport Parameter. RFC 5354 §3.3. */
export const DccpTransport = parameter("DCCP Transport", 0x0003, "RFC 5354 §3.3", {
  port: u16("DCCP Port"),
  use: transportUse(RESERVED_USE),
  serviceCode: u32("DCCP Service Code", "hex"),
  addresses: oneAddress,
}, { protocol: "dccp" });

/** SCTP Transport Parameter. RFC 5354 §3.4. */
export const SctpTransport = parameter("SCTP Transport", 0x0004, "RFC 5354 §3.4", {
  port: u16("SCTP Port"),
  use: transportUse("Transport Use"),
  addresses: many(Address, 1),
}, { protocol: "sctp" });

/** TCP Transport Parameter. RFC 5354 §3.5. */
export const TcpTransport = parameter("TCP Transport", 0x0005, "RFC 5354 §3.5", {
  port: u16("TCP Port"),
  use: transportUse(RESERVED_USE),
  addresses: oneAddress,
}, { protocol: "tcp" });

/** UDP Transport Parameter. RFC 5354 §3.6. */
export const UdpTransport = parameter("UDP Transport", 0x0006, "RFC 5354 §3.6", {
  port: u16("UDP Port"),
  use: transportUse(RESERVED_USE),
  addresses: oneAddress,
}, { protocol: "udp" });

/** UDP-Lite Transport Parameter. RFC 5354 §3.7. */
export const UdpLiteTransport = parameter("UDP-Lite Transport", 0x0007, "RFC 5354 §3.7", {
  port: u16("UDP-Lite Port"),
  use: transportUse(RESERVED_USE),
  addresses: oneAddress,
}, { protocol: "udp-lite" });

/** Opaque Transport Parameter. RFC 5354 §3.16. */
export const OpaqueTransport = parameter("Opaque Transport", 0x0010, "RFC 5354 §3.16", {
  data: rest("Opaque Transport Data"),
}, { protocol: "opaque" });

const PARAMETERS = [
  DccpTransport,
  SctpTransport,
  TcpTransport,
  UdpTransport,
  UdpLiteTransport,
  OpaqueTransport,
] as const;

/** Any transport parameter: which ones may stand where is for the receiver to judge. */
export const AnyTransport = choice("Transport", PARAMETERS, viewTransport);

type ValueOfParameter<P> = P extends Parameter<infer T> ? T : never;

/**
 * A user transport, ASAP transport or server transport. RFC 5354 §3.3 to §3.7 and §3.16.
 * `port` is a number from 0 to 65535, `use` one of {@linkcode USE_DATA_ONLY} and
 * {@linkcode USE_DATA_PLUS_CONTROL}; all but SCTP carry exactly one address.
 */
export type Transport =
  | ValueOfParameter<typeof DccpTransport>
  | ValueOfParameter<typeof SctpTransport>
  | ValueOfParameter<typeof TcpTransport>
  | ValueOfParameter<typeof UdpTransport>
  | ValueOfParameter<typeof UdpLiteTransport>
  | ValueOfParameter<typeof OpaqueTransport>;

/**
 * A transport as the command line's JSON shows it: protocol, addresses, port, use. It takes what
 * could be read of a transport as well.
 *
 * @example
 * ```ts
 * import { viewTransport } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const web = { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] } as const;
 * assert.deepEqual(viewTransport(web), { ...web, use: "data" });
 * ```
 */
export function viewTransport(transport: Transport): Record<string, unknown> {
  const owner = PARAMETERS.find((each) => each.owns(transport as never))!;
  const { protocol, addresses, ...others } = owner.view(transport as never) as ViewRecord;
  return addresses === undefined ? { protocol, ...others } : { protocol, addresses, ...others };
}

type ViewRecord = Record<string, unknown>;
