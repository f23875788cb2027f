/** The ten messages of ENRP, RFC 5353 §2, and our own four about DHCP, docs/dhcp.md §5. */

import {
  type Binding,
  type BindingDigest,
  BindingDigestParameter,
  BindingParameter,
  type BindingServer,
  BindingServerParameter,
  BindingTablesParameter,
  LostBindingsParameter,
} from "./binding.ts";
import { type Field, ipAddressField, reserved16, u16, u32 } from "./field.ts";
import {
  OperationErrorParameter,
  PeChecksumParameter,
  type PeerStatus,
  PeerStatusParameter,
  type PoolElement,
  PoolElementParameter,
  PoolHandleParameter,
  type ServerInformation,
  ServerInformationParameter,
  UnreachableReportParameter,
} from "./parameters.ts";
import { message, type MessageOf, Protocol } from "./protocol.ts";
import { groups, many, manyWith, one, optional } from "./place.ts";

/** Update Action, RFC 5353 §2.4: add or update the element. */
export const ADD_PE = 0x0000;
/** Update Action, RFC 5353 §2.4: delete the element. */
export const DEL_PE = 0x0001;

const sender = u32("Sending Server's ID", "identifier");
const receiver = u32("Receiving Server's ID", "identifier");
const target = u32("Targeting Server's ID", "identifier");
const between = { sender, receiver };
const poolHandle = one(PoolHandleParameter);
const poolElement = one(PoolElementParameter) as Field<PoolElement>;

/** A registrar of a server list, with what the one that is asked thinks of it, if it says so. */
export interface ListedServer extends ServerInformation {
  /** Only in what an observer is told (protocol decision 21). */
  readonly peerStatus?: PeerStatus | undefined;
}

const Presence = message("ENRP_PRESENCE", 0x01, "RFC 5353 §2.1", {
  replyRequired: { letter: "R", mask: 0x01, label: "Reply required" },
}, {
  ...between,
  checksum: optional(PeChecksumParameter),
  serverInformation: optional(ServerInformationParameter),
  unreachable: optional(UnreachableReportParameter),
  bindingTables: optional(BindingTablesParameter),
});

const HandleTableRequest = message("ENRP_HANDLE_TABLE_REQUEST", 0x02, "RFC 5353 §2.2", {
  ownChildrenOnly: { letter: "W", mask: 0x01, label: "oWn-children-only" },
}, between);

const HandleTableResponse = message("ENRP_HANDLE_TABLE_RESPONSE", 0x03, "RFC 5353 §2.3", {
  moreToSend: { letter: "M", mask: 0x02, label: "More_to_send" },
  reject: { letter: "R", mask: 0x01, label: "Reject" },
}, {
  ...between,
  pools: groups("Pool Entry", {
    poolHandle,
    poolElements: many(PoolElementParameter, 1) as Field<readonly PoolElement[]>,
  }),
});

const HandleUpdate = message("ENRP_HANDLE_UPDATE", 0x04, "RFC 5353 §2.4", {
  takeoverSuggestion: { letter: "T", mask: 0x01, label: "takeover suggestion" },
}, {
  ...between,
  action: u16("Update Action", "hex"),
  reserved: reserved16(),
  poolHandle,
  poolElement,
});

const ListRequest = message("ENRP_LIST_REQUEST", 0x05, "RFC 5353 §2.5", {}, between);

const ListResponse = message("ENRP_LIST_RESPONSE", 0x06, "RFC 5353 §2.6", {
  reject: { letter: "R", mask: 0x01, label: "Reject" },
}, {
  ...between,
  servers: manyWith(ServerInformationParameter, {
    peerStatus: optional(PeerStatusParameter),
  }) as Field<readonly ListedServer[]>,
});

const InitTakeover = message("ENRP_INIT_TAKEOVER", 0x07, "RFC 5353 §2.7", {}, {
  ...between,
  target,
});

const InitTakeoverAck = message("ENRP_INIT_TAKEOVER_ACK", 0x08, "RFC 5353 §2.8", {}, {
  ...between,
  target,
});

const TakeoverServer = message("ENRP_TAKEOVER_SERVER", 0x09, "RFC 5353 §2.9", {}, {
  ...between,
  target,
});

const EnrpError = message("ENRP_ERROR", 0x0a, "RFC 5353 §2.10", {}, {
  ...between,
  causes: one(OperationErrorParameter),
});

const request = u32("Request");
const servers = many(BindingServerParameter) as Field<readonly BindingServer[]>;
const bindings = many(BindingParameter) as Field<readonly Binding[]>;

const BindingUpdate = message("ENRP_BINDING_UPDATE", 0x30, "docs/dhcp.md §5.1", {
  force: { letter: "F", mask: 0x01, label: "force" },
}, { ...between, request, poolHandle, servers, bindings });

const BindingReply = message("ENRP_BINDING_REPLY", 0x31, "docs/dhcp.md §5.2", {
  reject: { letter: "R", mask: 0x01, label: "Reject" },
}, { ...between, request, poolHandle, causes: optional(OperationErrorParameter), servers });

const BindingDumpRequest = message("ENRP_BINDING_DUMP_REQUEST", 0x32, "docs/dhcp.md §5.3", {}, {
  ...between,
  request,
  server: u32("DHCP Server Identifier", "identifier"),
  after: ipAddressField("After", 4),
  poolHandle: optional(PoolHandleParameter),
});

const BindingDump = message("ENRP_BINDING_DUMP", 0x33, "docs/dhcp.md §5.4", {
  moreToSend: { letter: "M", mask: 0x02, label: "More_to_send" },
  reject: { letter: "R", mask: 0x01, label: "Reject" },
}, {
  ...between,
  request,
  poolHandle: optional(PoolHandleParameter),
  causes: optional(OperationErrorParameter),
  tables: many(BindingDigestParameter) as Field<readonly BindingDigest[]>,
  servers,
  bindings,
  lost: optional(LostBindingsParameter),
});

const DEFINITIONS = [
  Presence,
  HandleTableRequest,
  HandleTableResponse,
  HandleUpdate,
  ListRequest,
  ListResponse,
  InitTakeover,
  InitTakeoverAck,
  TakeoverServer,
  EnrpError,
  BindingUpdate,
  BindingReply,
  BindingDumpRequest,
  BindingDump,
] as const;

/** A message of ENRP, told from others by `type`. RFC 5353 §2. */
export type EnrpMessage = MessageOf<typeof DEFINITIONS[number]>;

/**
 * ENRP's messages as bytes and back. RFC 5353 §2.
 *
 * @example
 * ```ts
 * import { enrp } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const request = { type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 } as const;
 * assert.equal(enrp.encode(request).length, 12);
 * ```
 */
export const enrp: Protocol<EnrpMessage> = new Protocol<EnrpMessage>("ENRP", DEFINITIONS);
