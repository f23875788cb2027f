/** One message of every type, policy, transport, address family, flag and error cause. */

import {
  ALL_ITEMS,
  type AsapMessage,
  CAUSE,
  type EnrpMessage,
  type PeerStatus,
  type Policy,
  type PoolElement,
  type Transport,
} from "../../lib/wire/mod.ts";
import { ASAP_BINDING_SAMPLES, ENRP_BINDING_SAMPLES } from "./binding_samples.ts";

/** A message under a name that says what it is the sample of. */
export type Sample =
  | { readonly name: string; readonly protocol: "ASAP"; readonly message: AsapMessage }
  | { readonly name: string; readonly protocol: "ENRP"; readonly message: EnrpMessage };

/** One of each transport; SCTP with both address families. RFC 5354 §3.3 to §3.7, §3.16. */
export const TRANSPORTS: readonly Transport[] = [
  { protocol: "dccp", port: 33, use: 0, serviceCode: 0x44495343, addresses: ["192.0.2.3"] },
  { protocol: "sctp", port: 65535, use: 1, addresses: ["192.0.2.4", "2001:db8::4", "192.0.2.5"] },
  { protocol: "sctp", port: 7, use: 0, addresses: ["2001:db8:0:1:1:1:1:1"] },
  { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] },
  { protocol: "tcp", port: 8080, use: 1, addresses: ["2001:db8::5"] },
  { protocol: "udp", port: 53, use: 0, addresses: ["::1"] },
  { protocol: "udp-lite", port: 1, use: 0, addresses: ["255.255.255.255"] },
  { protocol: "opaque", data: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]) },
];

/** One of each policy. RFC 5356 §4 and §5, then rsplib's, then one that nobody knows. */
const POLICY_VALUES: readonly Policy[] = [
  { name: "round-robin" },
  { name: "weighted-round-robin", weight: 10 },
  { name: "random" },
  { name: "weighted-random", weight: 0xffffffff },
  { name: "priority", priority: 5 },
  { name: "least-used", load: 0x40000000 },
  { name: "least-used-degradation", load: 0x80000000, degradation: 0x01000000 },
  { name: "priority-least-used", load: 0xffffffff, degradation: 0 },
  { name: "randomized-least-used", load: 0 },
  { name: "0xb0001001", load: 1, degradation: 2 },
  { name: "0xb0001002", load: 3, degradation: 4 },
  { name: "0xb0001003", load: 5, degradation: 6 },
  { name: "0xb0001004", load: 7, degradation: 8 },
  { name: "0xb0002001", weight: 9, weightDpf: 10, distance: 11 },
  { name: "0xb0002002", load: 12, loadDpf: 13, distance: 14 },
  { name: "0xb0002003", load: 15, degradation: 16, loadDpf: 17, distance: 18 },
  { name: "unknown", policyType: 0x12345678, data: new Uint8Array([0xca, 0xfe, 0xba, 0xbe]) },
];

const tcp: Transport = { protocol: "tcp", port: 40010, use: 0, addresses: ["192.0.2.10"] };
const sctp: Transport = { protocol: "sctp", port: 3863, use: 0, addresses: ["192.0.2.10"] };
const element: PoolElement = {
  identifier: 0x5562e917,
  home: 0x00c0ffee,
  registrationLife: 300,
  transport: tcp,
  policy: { name: "round-robin" },
};
const none = new Uint8Array();
const policyTlv = new Uint8Array([0, 8, 0, 8, 0, 0, 0, 1]);
const transportTlv = new Uint8Array([0, 5, 0, 16, 0, 80, 0, 0, 0, 1, 0, 8, 192, 0, 2, 10]);
const unknownTlv = new Uint8Array([0x41, 0x23, 0, 8, 1, 2, 3, 4]);

function asap(name: string, message: AsapMessage): Sample {
  return { name: `${message.type}: ${name}`, protocol: "ASAP", message };
}

function enrp(name: string, message: EnrpMessage): Sample {
  return { name: `${message.type}: ${name}`, protocol: "ENRP", message };
}

function registration(name: string, changes: Partial<PoolElement>, poolHandle = "web"): Sample {
  const poolElement = { ...element, home: 0, ...changes };
  return asap(name, { type: "ASAP_REGISTRATION", poolHandle, poolElement });
}

const REGISTRATIONS: readonly Sample[] = [
  registration("infinite life", { registrationLife: -1 }),
  registration("handle of four bytes", {}, "mail"),
  registration("handle of other bytes", {}, "hex:00ff0a"),
  registration("handle beyond ASCII", {}, "größe"),
  ...TRANSPORTS.map((transport) =>
    registration(`user transport ${JSON.stringify(transport)}`, { transport })
  ),
  ...TRANSPORTS.map((asapTransport) =>
    registration(`ASAP transport ${JSON.stringify(asapTransport)}`, { asapTransport })
  ),
  ...POLICY_VALUES.map((policy) => registration(`policy ${JSON.stringify(policy)}`, { policy })),
];

/** Each error cause with the information that RFC 5354 §3.12 gives it, and one it does not know. */
const CAUSES = [
  { code: CAUSE.unspecifiedError, information: none },
  { code: CAUSE.unrecognizedParameter, information: unknownTlv },
  { code: CAUSE.unrecognizedMessage, information: new Uint8Array([0x7f, 0, 0, 4]) },
  { code: CAUSE.invalidValues, information: transportTlv },
  { code: CAUSE.nonUniquePeIdentifier, information: none },
  { code: CAUSE.inconsistentPoolingPolicy, information: policyTlv },
  { code: CAUSE.lackOfResources, information: none },
  { code: CAUSE.inconsistentTransportType, information: transportTlv },
  { code: CAUSE.inconsistentDataControlConfiguration, information: none },
  { code: CAUSE.unknownPoolHandle, information: none },
  { code: CAUSE.rejectedDueToSecurityConsiderations, information: none },
  { code: 0xf008, information: new Uint8Array([1, 2, 3, 4]) },
] as const;

const web = { poolHandle: "web", peIdentifier: 0x5562e917 };
const mail = { ...element, identifier: 2, asapTransport: sctp };
const poolElements = [element, mail, { ...element, identifier: 3, transport: TRANSPORTS[1]! }];
const rejection = [{ code: CAUSE.unknownPoolHandle, information: none }];

const ASAP: readonly Sample[] = [
  ...REGISTRATIONS,
  asap("plain", { type: "ASAP_DEREGISTRATION", ...web }),
  asap("granted", { type: "ASAP_REGISTRATION_RESPONSE", reject: false, ...web }),
  ...CAUSES.map((cause) =>
    asap(`cause ${cause.code}`, {
      type: "ASAP_REGISTRATION_RESPONSE",
      reject: true,
      ...web,
      causes: [cause],
    })
  ),
  asap("granted", { type: "ASAP_DEREGISTRATION_RESPONSE", ...web }),
  asap("with a cause", { type: "ASAP_DEREGISTRATION_RESPONSE", ...web, causes: rejection }),
  asap("plain", { type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: false, poolHandle: "web" }),
  asap("S", { type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: true, poolHandle: "web" }),
  asap("items", {
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle: "web",
    items: ALL_ITEMS,
  }),
  asap("three elements", {
    type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
    automaticUpdates: false,
    poolHandle: "web",
    policy: { name: "weighted-round-robin", weight: 0 },
    poolElements,
  }),
  asap("A, no policy", {
    type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
    automaticUpdates: true,
    poolHandle: "web",
    poolElements: [element],
  }),
  asap("negative", {
    type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
    automaticUpdates: false,
    poolHandle: "web",
    poolElements: [],
    causes: rejection,
  }),
  asap("plain", {
    type: "ASAP_ENDPOINT_KEEP_ALIVE",
    home: false,
    serverIdentifier: 0x00c0ffee,
    poolHandle: "web",
  }),
  asap("H, one element", {
    type: "ASAP_ENDPOINT_KEEP_ALIVE",
    home: true,
    serverIdentifier: 0x00c0ffee,
    ...web,
  }),
  asap("plain", { type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", ...web }),
  asap("plain", { type: "ASAP_ENDPOINT_UNREACHABLE", ...web }),
  asap("forced", { type: "ASAP_ENDPOINT_UNREACHABLE", ...web, forced: true }),
  asap("none", { type: "ASAP_SERVER_ANNOUNCE", serverIdentifier: 1, transports: [] }),
  asap("two", { type: "ASAP_SERVER_ANNOUNCE", serverIdentifier: 1, transports: [sctp, tcp] }),
  asap("aligned", { type: "ASAP_COOKIE", cookie: new Uint8Array([1, 2, 3, 4]) }),
  asap("padded", { type: "ASAP_COOKIE", cookie: new Uint8Array([1, 2, 3, 4, 5]) }),
  asap("plain", { type: "ASAP_COOKIE_ECHO", cookie: new Uint8Array([1, 2, 3, 4]) }),
  asap("two elements", {
    type: "ASAP_BUSINESS_CARD",
    poolHandle: "web",
    poolElements: [element, mail],
  }),
  ...CAUSES.map((cause) => asap(`cause ${cause.code}`, { type: "ASAP_ERROR", causes: [cause] })),
  asap("several causes", { type: "ASAP_ERROR", causes: CAUSES }),
  ...ASAP_BINDING_SAMPLES.map(([name, message]) => asap(name, message)),
];

const between = { sender: 0x00c0ffee, receiver: 0x0badcafe };
const owner = { kind: "psk" as const, digest: "00112233445566778899aabbccddeeff" };
const owned = { ...element, asapTransport: sctp, owner };
const serverInformation = { identifier: 0x00c0ffee, transport: sctp };
/** One of each state of a peer, one that nobody knows, and none. Protocol decision 21. */
const PEER_STATUSES: readonly { readonly peerStatus?: PeerStatus }[] = [
  { peerStatus: { state: "active", lastHeardAgoMs: 0 } },
  { peerStatus: { state: "suspect", lastHeardAgoMs: 61_000 } },
  {},
  { peerStatus: { state: "inactive", lastHeardAgoMs: 0xfffffffe } },
  { peerStatus: { state: "unreachable" } },
  { peerStatus: { state: "0x0004", lastHeardAgoMs: 1 } },
];

const ENRP: readonly Sample[] = [
  enrp("bare", { type: "ENRP_PRESENCE", replyRequired: true, sender: 1, receiver: 0 }),
  enrp("checksum", { type: "ENRP_PRESENCE", replyRequired: false, ...between, checksum: 0xffff }),
  enrp("R, all", {
    type: "ENRP_PRESENCE",
    replyRequired: true,
    ...between,
    checksum: 0x2ed1,
    serverInformation,
  }),
  enrp("unreachable report", {
    type: "ENRP_PRESENCE",
    replyRequired: false,
    ...between,
    checksum: 0x2ed1,
    serverInformation,
    unreachable: web,
  }),
  enrp("unreachable report alone", {
    type: "ENRP_PRESENCE",
    replyRequired: false,
    ...between,
    unreachable: web,
  }),
  enrp("plain", { type: "ENRP_HANDLE_TABLE_REQUEST", ownChildrenOnly: false, ...between }),
  enrp("W", { type: "ENRP_HANDLE_TABLE_REQUEST", ownChildrenOnly: true, ...between }),
  enrp("R", {
    type: "ENRP_HANDLE_TABLE_RESPONSE",
    moreToSend: false,
    reject: true,
    ...between,
    pools: [],
  }),
  enrp("M, two pools", {
    type: "ENRP_HANDLE_TABLE_RESPONSE",
    moreToSend: true,
    reject: false,
    ...between,
    pools: [
      { poolHandle: "web", poolElements: [owned] },
      { poolHandle: "mail", poolElements },
    ],
  }),
  ...[0, 1].map((action) =>
    enrp(`action ${action}`, {
      type: "ENRP_HANDLE_UPDATE",
      takeoverSuggestion: action === 0,
      ...between,
      action,
      poolHandle: "web",
      poolElement: owned,
    })
  ),
  ...POLICY_VALUES.map((policy) =>
    enrp(`policy ${JSON.stringify(policy)}`, {
      type: "ENRP_HANDLE_UPDATE",
      takeoverSuggestion: false,
      ...between,
      action: 0,
      poolHandle: "mail",
      poolElement: { ...owned, policy },
    })
  ),
  enrp("plain", { type: "ENRP_LIST_REQUEST", ...between }),
  enrp("R", { type: "ENRP_LIST_RESPONSE", reject: true, ...between, servers: [] }),
  enrp("all transports", {
    type: "ENRP_LIST_RESPONSE",
    reject: false,
    ...between,
    servers: TRANSPORTS.map((transport, i) => ({ identifier: i + 1, transport })),
  }),
  enrp("every state of a peer", {
    type: "ENRP_LIST_RESPONSE",
    reject: false,
    ...between,
    servers: PEER_STATUSES.map((peerStatus) => ({ ...serverInformation, ...peerStatus })),
  }),
  enrp("plain", { type: "ENRP_INIT_TAKEOVER", ...between, target: 3 }),
  enrp("plain", { type: "ENRP_INIT_TAKEOVER_ACK", ...between, target: 3 }),
  enrp("plain", { type: "ENRP_TAKEOVER_SERVER", ...between, target: 0xffffffff }),
  ...CAUSES.map((cause) =>
    enrp(`cause ${cause.code}`, { type: "ENRP_ERROR", ...between, causes: [cause] })
  ),
  ...ENRP_BINDING_SAMPLES.map(([name, message]) => enrp(name, message)),
];

/** All samples. */
export const SAMPLES: readonly Sample[] = [...ASAP, ...ENRP];
