/** The fourteen messages of ASAP, RFC 5352 §2.2, and our own four about DHCP, docs/dhcp.md §5. */

import {
  type Binding,
  BindingParameter,
  type BindingServer,
  BindingServerParameter,
  RefusedBindingsParameter,
} from "./binding.ts";
import { type Field, ipAddressField, u32 } from "./field.ts";
import {
  CookieParameter,
  ForcedReportParameter,
  HandleResolutionOption,
  OperationErrorParameter,
  PeIdentifierParameter,
  type PoolElement,
  PoolElementParameter,
  PoolHandleParameter,
} from "./parameters.ts";
import { PolicyParameter } from "./policy.ts";
import { message, type MessageOf, Protocol } from "./protocol.ts";
import { many, one, optional } from "./place.ts";
import { AnyTransport, type Transport } from "./transport.ts";

const poolHandle = one(PoolHandleParameter);
const peIdentifier = one(PeIdentifierParameter);
const causes = optional(OperationErrorParameter);
const poolElement = one(PoolElementParameter) as Field<PoolElement>;
const poolElements = many(PoolElementParameter) as Field<readonly PoolElement[]>;

const Registration = message("ASAP_REGISTRATION", 0x01, "RFC 5352 §2.2.1", {}, {
  poolHandle,
  poolElement,
});

const Deregistration = message("ASAP_DEREGISTRATION", 0x02, "RFC 5352 §2.2.2", {}, {
  poolHandle,
  peIdentifier,
});

const RegistrationResponse = message("ASAP_REGISTRATION_RESPONSE", 0x03, "RFC 5352 §2.2.3", {
  reject: { letter: "R", mask: 0x01, label: "Reject" },
}, { poolHandle, peIdentifier, causes });

const DeregistrationResponse = message(
  "ASAP_DEREGISTRATION_RESPONSE",
  0x04,
  "RFC 5352 §2.2.4",
  {},
  { poolHandle, peIdentifier, causes },
);

const HandleResolution = message("ASAP_HANDLE_RESOLUTION", 0x05, "RFC 5352 §2.2.5", {
  dynamicUpdates: { letter: "S", mask: 0x01, label: "dynamic updates requested" },
}, { poolHandle, items: optional(HandleResolutionOption) });

const HandleResolutionResponse = message(
  "ASAP_HANDLE_RESOLUTION_RESPONSE",
  0x06,
  "RFC 5352 §2.2.6",
  { automaticUpdates: { letter: "A", mask: 0x01, label: "automatic updates accepted" } },
  { poolHandle, policy: optional(PolicyParameter), poolElements, causes },
);

const EndpointKeepAlive = message("ASAP_ENDPOINT_KEEP_ALIVE", 0x07, "RFC 5352 §2.2.7", {
  home: { letter: "H", mask: 0x01, label: "Home ENRP server" },
}, {
  serverIdentifier: u32("Server Identifier", "identifier"),
  poolHandle,
  peIdentifier: optional(PeIdentifierParameter),
});

const EndpointKeepAliveAck = message(
  "ASAP_ENDPOINT_KEEP_ALIVE_ACK",
  0x08,
  "RFC 5352 §2.2.8",
  {},
  { poolHandle, peIdentifier },
);

const EndpointUnreachable = message("ASAP_ENDPOINT_UNREACHABLE", 0x09, "RFC 5352 §2.2.9", {}, {
  poolHandle,
  peIdentifier,
  forced: optional(ForcedReportParameter),
});

const ServerAnnounce = message("ASAP_SERVER_ANNOUNCE", 0x0a, "RFC 5352 §2.2.10", {}, {
  serverIdentifier: u32("Server Identifier", "identifier"),
  transports: many(AnyTransport) as Field<readonly Transport[]>,
});

const Cookie = message("ASAP_COOKIE", 0x0b, "RFC 5352 §2.2.11", {}, {
  cookie: one(CookieParameter),
});

const CookieEcho = message("ASAP_COOKIE_ECHO", 0x0c, "RFC 5352 §2.2.12", {}, {
  cookie: one(CookieParameter),
});

// rsplib's business cards carry the overall policy, as a resolution's answer does; the RFC's do
// not.
const BusinessCard = message("ASAP_BUSINESS_CARD", 0x0d, "RFC 5352 §2.2.13", {}, {
  poolHandle,
  policy: optional(PolicyParameter),
  poolElements,
});

const AsapError = message("ASAP_ERROR", 0x0e, "RFC 5352 §2.2.14", {}, {
  causes: one(OperationErrorParameter),
});

const servers = many(BindingServerParameter) as Field<readonly BindingServer[]>;
const bindings = many(BindingParameter) as Field<readonly Binding[]>;
const request = u32("Request");

const BindingUpdate = message("ASAP_BINDING_UPDATE", 0x30, "docs/dhcp.md §5.1", {}, {
  request,
  poolHandle,
  peIdentifier,
  servers,
  bindings,
});

const BindingReply = message("ASAP_BINDING_REPLY", 0x31, "docs/dhcp.md §5.2", {
  reject: { letter: "R", mask: 0x01, label: "Reject" },
}, {
  request,
  poolHandle,
  peIdentifier,
  causes,
  refused: optional(RefusedBindingsParameter),
  servers,
  bindings,
});

const BindingDumpRequest = message("ASAP_BINDING_DUMP_REQUEST", 0x32, "docs/dhcp.md §5.3", {
  dynamicUpdates: { letter: "S", mask: 0x01, label: "dynamic updates requested" },
}, {
  request,
  after: ipAddressField("After", 4),
  poolHandle,
  peIdentifier,
});

const BindingDump = message("ASAP_BINDING_DUMP", 0x33, "docs/dhcp.md §5.4", {
  moreToSend: { letter: "M", mask: 0x02, label: "More_to_send" },
  reject: { letter: "R", mask: 0x01, label: "Reject" },
}, { request, poolHandle, peIdentifier, causes, servers, bindings });

const DEFINITIONS = [
  Registration,
  Deregistration,
  RegistrationResponse,
  DeregistrationResponse,
  HandleResolution,
  HandleResolutionResponse,
  EndpointKeepAlive,
  EndpointKeepAliveAck,
  EndpointUnreachable,
  ServerAnnounce,
  Cookie,
  CookieEcho,
  BusinessCard,
  AsapError,
  BindingUpdate,
  BindingReply,
  BindingDumpRequest,
  BindingDump,
] as const;

/** A message of ASAP, told from others by `type`. RFC 5352 §2.2. */
export type AsapMessage = MessageOf<typeof DEFINITIONS[number]>;

/**
 * ASAP's messages as bytes and back. RFC 5352 §2.2.
 *
 * @example
 * ```ts
 * import { asap } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const message = { type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: 7 } as const;
 * const decoded = asap.decode(asap.encode(message));
 * assert(decoded.ok);
 * assert.deepEqual(decoded.message, message);
 * ```
 */
export const asap: Protocol<AsapMessage> = new Protocol<AsapMessage>("ASAP", DEFINITIONS);
