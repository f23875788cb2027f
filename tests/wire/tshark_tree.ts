/**
 * The tree that tshark 4.0 shows for a message, built from our value of it. Equal trees mean that
 * every field of tshark's dissection is matched by our value, and every key of our value by a
 * field.
 */

import {
  asap,
  type AsapMessage,
  type BindingDigest,
  CAUSE,
  type EnrpMessage,
  type ErrorCause,
  formatIdentifier,
  formatNumber,
  hex,
  isIpv6,
  type ListedServer,
  type Owner,
  parseHex,
  type PeerStatus,
  type Policy,
  policyType,
  type PoolElement,
  poolHandleBytes,
  poolHandleTlv,
  type ServerInformation,
  type Transport,
} from "../../lib/wire/mod.ts";

/** Messages of RSerPool: tshark 4.0 knows none of ours, and takes what is in them for anything. */
export type KnownMessage = Exclude<
  AsapMessage | EnrpMessage,
  { readonly type: `${string}_BINDING_${string}` }
>;

/** Whether tshark can dissect a message. */
export function isKnownMessage(message: AsapMessage | EnrpMessage): message is KnownMessage {
  return !message.type.includes("_BINDING_");
}

/** What `tshark -T json --no-duplicate-keys` makes of a layer. */
export type Tree = { [key: string]: Value | Value[] };
type Value = string | Tree;

/** Entries of a tree, and the bytes on the wire that they stand for, without padding at the end. */
interface Part {
  readonly entries: readonly (readonly [key: string, value: Value])[];
  readonly length: number;
}

/** The layer of a message, by its protocol's name in lower case. */
export function tsharkTree(message: KnownMessage): { [layer: string]: Tree } {
  const layer = message.type.startsWith("ASAP") ? "asap" : "enrp";
  return { [layer]: new Dissection(layer).message(message) };
}

class Dissection {
  constructor(private readonly layer: "asap" | "enrp") {}

  message(message: KnownMessage): Tree {
    const { type, sender, receiver, ...rest } = { sender: 0, receiver: 0, ...message };
    const { number, flags = [] } = TYPES[type];
    const values: Record<string, unknown> = { ...rest };
    let bits = 0;
    const tree: Tree = {};
    for (const { key, mask, bit } of flags) {
      const value = values[key] ? 1 : 0;
      bits |= value * mask;
      if (bit !== undefined) tree[`${this.layer}.${bit}`] = String(value);
      delete values[key];
    }
    const body = concatenate([
      ...this.layer === "enrp" ? this.servers(sender, receiver) : [],
      ...this.body(values, message),
    ]);
    return treeOf([
      [`${this.layer}.message_type`, String(number)],
      [`${this.layer}.message_flags`, formatNumber(bits, 2)],
      ...Object.keys(tree).length > 0 ? [[`${this.layer}.message_flags_tree`, tree] as const] : [],
      [`${this.layer}.message_length`, String(4 + body.length)],
      ...body.entries,
    ]);
  }

  private servers(sender: number, receiver: number): Part[] {
    return [
      this.field("sender_servers_id", formatIdentifier(sender), 4),
      this.field("receiver_servers_id", formatIdentifier(receiver), 4),
    ];
  }

  /** Takes the keys of a message one by one; a key that none of these takes is an error. */
  private body(values: Record<string, unknown>, message: KnownMessage): Part[] {
    return Object.entries(values).flatMap(([key, value]) => {
      const part = this.parts[key];
      if (part === undefined) throw new Error(`No dissection of "${key}" in ${message.type}`);
      return part(value as never);
    });
  }

  private readonly parts: { readonly [key: string]: (value: never) => Part | Part[] } = {
    poolHandle: (value: string) => this.poolHandle(value),
    poolElement: (value: PoolElement) => this.poolElement(value),
    poolElements: (values: PoolElement[]) => values.map((value) => this.poolElement(value)),
    peIdentifier: (value: number) =>
      this.parameter(`Pool Element Identifier Parameter (0x${value.toString(16)})`, 0xe, [
        this.field("pe_identifier", formatIdentifier(value), 4),
      ]),
    causes: (values: ErrorCause[]) => this.operationError(values),
    policy: (value: Policy) => this.policy(value),
    items: (value: number) =>
      this.parameter("Handle Resolution Option Parameter", 0x803f, [
        this.field("hropt_items", String(value), 4),
      ]),
    serverIdentifier: (value: number) =>
      this.field("server_identifier", formatIdentifier(value), 4),
    transports: (values: Transport[]) => values.map((value) => this.transport(value)),
    cookie: (value: Uint8Array) =>
      this.parameter(`Cookie Parameter (${value.length} bytes)`, 0xd, [
        this.field("cookie", colons(value), value.length),
      ]),
    checksum: (value: number) =>
      this.parameter(`PE Checksum Parameter (0x${value.toString(16)})`, 0xf, [
        this.field("pe_checksum", formatNumber(value, 4), 2),
      ]),
    serverInformation: (value: ServerInformation) => this.serverInformation(value),
    servers: (values: ListedServer[]) =>
      values.flatMap(({ peerStatus, ...server }) => [
        this.serverInformation(server),
        ...peerStatus === undefined ? [] : [this.peerStatus(peerStatus)],
      ]),
    unreachable: (value: { poolHandle: string; peIdentifier: number }) => {
      const handle = poolHandleTlv(value.poolHandle);
      const padding = new Uint8Array(-handle.length & 3);
      const identifier = [0, 0x0e, 0, 8, ...bytesOf(value.peIdentifier)];
      return this.unknownParameter(0x80f2, new Uint8Array([...handle, ...padding, ...identifier]));
    },
    bindingTables: (values: BindingDigest[]) =>
      this.unknownParameter(0x80f5, new Uint8Array(values.flatMap(bindingDigest))),
    forced: () => this.unknownParameter(0x80f4, new Uint8Array()),
    target: (value: number) => this.field("target_servers_id", formatIdentifier(value), 4),
    action: (value: number) => [
      this.field("update_action", String(value), 2),
      this.field("reserved", "0x0000", 2),
    ],
    pools: (values: { poolHandle: string; poolElements: PoolElement[] }[]) =>
      values.flatMap(({ poolHandle, poolElements }) => [
        this.poolHandle(poolHandle),
        ...poolElements.map((value) => this.poolElement(value)),
      ]),
  };

  private field(name: string, value: string, length: number): Part {
    return { entries: [[`${this.layer}.${name}`, value]], length };
  }

  private parameter(name: string, type: number, parts: readonly Part[]): Part {
    const value = concatenate(parts);
    const length = 4 + value.length;
    const padding = "00:00:00".slice(0, Math.max(0, 3 * (-length & 3) - 1));
    const tree = treeOf([
      [`${this.layer}.parameter_type`, formatNumber(type, 4)],
      [`${this.layer}.parameter_length`, String(length)],
      ...value.entries,
      ...padding === "" ? [] : [[`${this.layer}.parameter_padding`, padding] as const],
    ]);
    return { entries: [[name, tree]], length };
  }

  private poolHandle(handle: string): Part {
    const bytes = poolHandleBytes(handle);
    return this.parameter("Pool Handle Parameter", 0x9, [
      this.field("pool_handle_pool_handle", colons(bytes), bytes.length),
    ]);
  }

  private poolElement(element: PoolElement): Part {
    const { identifier, home, registrationLife, transport, policy, ...optional } = element;
    const { asapTransport, owner, ...rest } = optional;
    requireNothing(rest);
    return this.parameter("Pool Element Parameter", 0xa, [
      this.field("pool_element_pe_identifier", formatIdentifier(identifier), 4),
      this.field("pool_element_home_enrp_server_identifier", formatIdentifier(home), 4),
      this.field("pool_element_registration_life", String(registrationLife), 4),
      this.transport(transport),
      this.policy(policy),
      ...asapTransport === undefined ? [] : [this.transport(asapTransport)],
      ...owner === undefined ? [] : [this.owner(owner)],
    ]);
  }

  private serverInformation({ identifier, transport, ...rest }: ServerInformation): Part {
    requireNothing(rest);
    return this.parameter("Server Information Parameter", 0xb, [
      this.field("server_information_server_identifier", formatIdentifier(identifier), 4),
      this.transport(transport),
    ]);
  }

  /** tshark 4.0 knows no Opaque Transport, and nothing of ours. */
  private unknownParameter(type: number, data: Uint8Array): Part {
    const name = `Unknown Parameter (type ${type} and ${data.length} bytes value)`;
    const value = this.field("parameter_value", colons(data), data.length);
    return this.parameter(name, type, data.length === 0 ? [] : [value]);
  }

  private peerStatus({ state, lastHeardAgoMs = 0xffffffff, ...rest }: PeerStatus): Part {
    requireNothing(rest);
    const known = ["active", "suspect", "inactive", "unreachable"].indexOf(state);
    const number = known < 0 ? Number(state) : known;
    const bytes = [number >> 8, number & 0xff, 0, 0, ...bytesOf(lastHeardAgoMs)];
    return this.unknownParameter(0x80f1, new Uint8Array(bytes));
  }

  private owner({ kind, digest, ...rest }: Owner): Part {
    requireNothing(rest);
    const known = ["certificate", "psk"].indexOf(kind);
    const number = known < 0 ? Number(kind) : known + 1;
    const bytes = [number >> 8, number & 0xff, 0, 0, ...parseHex(digest)];
    return this.unknownParameter(0x80f3, new Uint8Array(bytes));
  }

  private transport(transport: Transport): Part {
    if (transport.protocol === "opaque") return this.unknownParameter(0x10, transport.data);
    const { protocol, port, use, addresses, ...rest } = transport;
    const { serviceCode, ...others } = { serviceCode: 0, ...rest };
    requireNothing(others);
    const { type, name, key, useKey } = TRANSPORT[protocol];
    return this.parameter(`${name} Transport Address Parameter`, type, [
      this.field(`${key}_port`, String(port), 2),
      this.field(useKey, String(use), 2),
      ...protocol === "dccp" ? [this.field(`${key}_service_code`, String(serviceCode), 4)] : [],
      ...addresses.map((address) => this.address(address)),
    ]);
  }

  private address(address: string): Part {
    const [family, type, key, width] = isIpv6(address)
      ? ["IPv6", 2, "ipv6_address", 16] as const
      : ["IPv4", 1, "ipv4_address", 4] as const;
    return this.parameter(`${family} Address Parameter (${address})`, type, [
      this.field(key, address, width),
    ]);
  }

  private policy(policy: Policy): Part {
    const key = (name: string) => `pool_member_selection_policy_${name}`;
    const { name, ...rest } = policy;
    const parts = [this.field(key("type"), formatNumber(policyType(policy), 8), 4)];
    if (policy.name === "unknown" || UNKNOWN_TO_TSHARK.includes(name)) {
      const data = policy.name === "unknown"
        ? colons(policy.data)
        : Object.values(rest).map((value) => colons(bytesOf(value as number))).join(":");
      parts.push(this.field(key("value"), data, Math.ceil(data.length / 3)));
    } else {
      for (const [field, value] of Object.entries(rest as Record<string, number>)) {
        const { to, show } = POLICY_FIELDS[field]!;
        parts.push(this.field(key(to), show(value), 4));
      }
    }
    return this.parameter("Pool Member Selection Policy Parameter", 0x8, parts);
  }

  private operationError(causes: readonly ErrorCause[]): Part {
    return this.parameter("Operation Error Parameter", 0xc, causes.map((each) => this.cause(each)));
  }

  private cause({ code, information, ...rest }: ErrorCause): Part {
    requireNothing(rest);
    const { length } = information;
    const name = CAUSE_NAMES[code] ??
      `Unknown error cause (code ${code} and ${length} bytes information)`;
    const value = concatenate([
      this.field("cause_code", formatNumber(code, 4), 2),
      this.field("cause_length", String(4 + length), 2),
      ...length === 0 ? [] : [this.information(code, information)],
    ]);
    return { entries: [[name, treeOf(value.entries)]], length: value.length };
  }

  /** tshark dissects what RFC 5354 §3.12 says is in a cause. */
  private information(code: number, information: Uint8Array): Part {
    const { length } = information;
    if (code === CAUSE.unrecognizedMessage) {
      const entries: [string, Value][] = [
        [`${this.layer}.message_type`, String(information[0])],
        [`${this.layer}.message_flags`, "0x00"],
        [`${this.layer}.message_length`, String(length)],
      ];
      if (this.layer === "enrp") entries.push(["enrp.message_value", ""]);
      return { entries: [[this.layer, treeOf(entries)]], length };
    }
    if (code === CAUSE.inconsistentPoolingPolicy) return this.policy(policyIn(information));
    if (code === CAUSE.inconsistentTransportType || code === CAUSE.invalidValues) {
      return this.transport(transportIn(information));
    }
    if (code !== CAUSE.unrecognizedParameter) {
      return this.field("cause_info", colons(information), length);
    }
    const type = information[0]! << 8 | information[1]!;
    return this.unknownParameter(type, information.subarray(4));
  }
}

interface TypeFacts {
  readonly number: number;
  readonly flags?: readonly { key: string; mask: number; bit?: string }[];
}

/** Flags without `bit` are unknown to tshark 4.0, which shows them as a number only. */
const TYPES: { readonly [type in KnownMessage["type"]]: TypeFacts } = {
  ASAP_REGISTRATION: { number: 1 },
  ASAP_DEREGISTRATION: { number: 2 },
  ASAP_REGISTRATION_RESPONSE: { number: 3, flags: [{ key: "reject", mask: 1, bit: "r_bit" }] },
  ASAP_DEREGISTRATION_RESPONSE: { number: 4 },
  ASAP_HANDLE_RESOLUTION: { number: 5, flags: [{ key: "dynamicUpdates", mask: 1 }] },
  ASAP_HANDLE_RESOLUTION_RESPONSE: { number: 6, flags: [{ key: "automaticUpdates", mask: 1 }] },
  ASAP_ENDPOINT_KEEP_ALIVE: { number: 7, flags: [{ key: "home", mask: 1, bit: "h_bit" }] },
  ASAP_ENDPOINT_KEEP_ALIVE_ACK: { number: 8 },
  ASAP_ENDPOINT_UNREACHABLE: { number: 9 },
  ASAP_SERVER_ANNOUNCE: { number: 10 },
  ASAP_COOKIE: { number: 11 },
  ASAP_COOKIE_ECHO: { number: 12 },
  ASAP_BUSINESS_CARD: { number: 13 },
  ASAP_ERROR: { number: 14 },
  ENRP_PRESENCE: { number: 1, flags: [{ key: "replyRequired", mask: 1, bit: "r_bit" }] },
  ENRP_HANDLE_TABLE_REQUEST: {
    number: 2,
    flags: [{ key: "ownChildrenOnly", mask: 1, bit: "w_bit" }],
  },
  ENRP_HANDLE_TABLE_RESPONSE: {
    number: 3,
    flags: [
      { key: "moreToSend", mask: 2, bit: "m_bit" },
      { key: "reject", mask: 1, bit: "r_bit" },
    ],
  },
  ENRP_HANDLE_UPDATE: {
    number: 4,
    flags: [{ key: "takeoverSuggestion", mask: 1, bit: "t_bit" }],
  },
  ENRP_LIST_REQUEST: { number: 5 },
  ENRP_LIST_RESPONSE: { number: 6, flags: [{ key: "reject", mask: 1, bit: "r_bit" }] },
  ENRP_INIT_TAKEOVER: { number: 7 },
  ENRP_INIT_TAKEOVER_ACK: { number: 8 },
  ENRP_TAKEOVER_SERVER: { number: 9 },
  ENRP_ERROR: { number: 10 },
};

const TRANSPORT = {
  dccp: { type: 3, name: "DCCP", key: "dccp_transport", useKey: "dccp_transport_reserved" },
  sctp: { type: 4, name: "SCTP", key: "sctp_transport", useKey: "transport_use" },
  tcp: { type: 5, name: "TCP", key: "tcp_transport", useKey: "transport_use" },
  udp: { type: 6, name: "UDP", key: "udp_transport", useKey: "udp_transport_reserved" },
  "udp-lite": {
    type: 7,
    name: "UDP-Lite",
    key: "udp_lite_transport",
    useKey: "udp_lite_transport_reserved",
  },
} as const;

/** tshark 4.0 shows their data as bytes. */
const UNKNOWN_TO_TSHARK: readonly string[] = [
  "0xb0001001",
  "0xb0001002",
  "0xb0001003",
  "0xb0001004",
  "0xb0002003",
];

const percent = (raw: number) => formatDouble(100 * raw / 0xffffffff);
const fraction = (raw: number) => formatDouble(raw / 0xffffffff);

const POLICY_FIELDS: {
  readonly [key: string]: { readonly to: string; show(value: number): string };
} = {
  weight: { to: "weight", show: String },
  priority: { to: "priority", show: String },
  load: { to: "load", show: percent },
  degradation: { to: "degradation", show: percent },
  loadDpf: { to: "load_dpf", show: fraction },
  weightDpf: { to: "weight_dpf", show: fraction },
  distance: { to: "distance", show: String },
};

/** tshark's names; it knows no cause 0. */
const CAUSE_NAMES: { readonly [code: number]: string } = {
  1: "Unrecognized parameter",
  2: "Unrecognized message",
  3: "Invalid values",
  4: "Non-unique PE identifier",
  5: "Pooling policy inconsistent",
  6: "Lack of resources",
  7: "Inconsistent transport type",
  8: "Inconsistent data/control type",
  9: "Unknown pool handle",
  10: "Rejected due to security considerations",
};

/** As C's `%.15g`. */
function formatDouble(value: number): string {
  const text = String(Number(value.toPrecision(15)));
  return text.replace(/e-(\d)$/, "e-0$1");
}

function concatenate(parts: readonly Part[]): Part {
  let length = 0;
  for (const part of parts) length += (isParameter(part) ? -length & 3 : 0) + part.length;
  return { entries: parts.flatMap(({ entries }) => entries), length };
}

function isParameter({ entries }: Part): boolean {
  return typeof entries[0]?.[1] === "object";
}

/** Entries of the same name become a list, as with `--no-duplicate-keys`. */
function treeOf(entries: Part["entries"]): Tree {
  const tree: Tree = {};
  for (const [key, value] of entries) {
    const before = tree[key];
    if (before === undefined) tree[key] = value;
    else if (Array.isArray(before)) before.push(value);
    else tree[key] = [before, value];
  }
  return tree;
}

function requireNothing(rest: object): void {
  const keys = Object.keys(rest);
  if (keys.length > 0) throw new Error(`No dissection of ${keys.join(", ")}`);
}

function colons(bytes: Uint8Array): string {
  return hex(bytes).replaceAll(/(..)(?=.)/g, "$1:");
}

function bytesOf(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}

function bindingDigest({ poolHandle, count, digest }: BindingDigest): number[] {
  const handle = poolHandleTlv(poolHandle);
  const length = 4 + 8 + 4 + handle.length;
  const padding = new Uint8Array(-length & 3);
  return [0x80, 0xfe, 0, length, ...parseHex(digest), ...bytesOf(count), ...handle, ...padding];
}

function transportIn(tlv: Uint8Array): Transport {
  const message = new Uint8Array([0x0a, 0, 0, 8 + tlv.length, 0, 0, 0, 0, ...tlv]);
  const decoded = asap.decode(message);
  if (!decoded.ok || decoded.message.type !== "ASAP_SERVER_ANNOUNCE") throw decoded;
  return decoded.message.transports[0]!;
}

function policyIn(tlv: Uint8Array): Policy {
  const message = new Uint8Array([0x06, 0, 0, 12 + tlv.length, 0, 9, 0, 8, 1, 1, 1, 1, ...tlv]);
  const decoded = asap.decode(message);
  if (!decoded.ok || decoded.message.type !== "ASAP_HANDLE_RESOLUTION_RESPONSE") throw decoded;
  return decoded.message.policy!;
}
