/** Samples of the messages and parameters about DHCP bindings. docs/dhcp.md §4 and §5. */

import {
  type AsapMessage,
  type Binding,
  BINDING_STATES,
  BINDING_TRANSACTIONS,
  type BindingServer,
  CAUSE,
  type EnrpMessage,
  INFINITE_LEASE,
  MAX_BINDING_SERVERS,
  MAX_COUNTER,
} from "../../lib/wire/mod.ts";

const none = new Uint8Array();
const refusal = [{ code: CAUSE.invalidValues, information: none }];

/** Bare: no client, nobody's word. */
const bare: Binding = {
  address: "10.0.0.1",
  state: "UNAVAILABLE",
  transaction: "DECLARATION",
  counter: 0,
  server: 0x1111,
  lease: 0,
  remaining: 0,
};

/** With all that a binding may have, each at its longest. */
const whole: Binding = {
  ...bare,
  state: "BINDABLE",
  transaction: "RELEASE",
  counter: MAX_COUNTER,
  server: 0xffffffff,
  lease: INFINITE_LEASE,
  remaining: INFINITE_LEASE,
  hardware: Array.from({ length: 16 }, (_, at) => (at + 240).toString(16)).join(":"),
  clientId: Array.from({ length: 255 }, (_, at) => at.toString(16).padStart(2, "0")).join(":"),
  host: "a".repeat(63),
  acknowledgedBy: Array.from({ length: MAX_BINDING_SERVERS }, (_, at) => at),
};

const HARDWARE = "52:54:00:12:34:56";

/** A binding of every state, and every transaction; then each thing that it may have. */
export const BINDING_SAMPLES: readonly Binding[] = [
  bare,
  whole,
  ...BINDING_STATES.map((state) => ({ ...bare, state, hardware: HARDWARE, counter: 2 ** 32 })),
  ...BINDING_TRANSACTIONS.map((transaction) => ({ ...bare, transaction, lease: 3600 })),
  { ...bare, hardware: "06" },
  { ...bare, clientId: "ff:01:02:03" },
  { ...bare, host: "A-printer_2.floor-3" },
  { ...bare, acknowledgedBy: [7] },
];

const server: BindingServer = {
  identifier: 0x1111,
  version: 1,
  claim: 1,
  first: "10.0.0.1",
  last: "10.0.63.254",
  share: 1,
  shares: 2,
  lease: 3600,
  freeIn: 0,
  flags: [],
  name: "dhcp1",
  acknowledgements: [],
};

/** A server's record with each flag, and with what the others have said. */
export const SERVER_SAMPLES: readonly BindingServer[] = [
  server,
  { ...server, flags: ["down"], freeIn: 7200, name: "b".repeat(63) },
  { ...server, flags: ["authoritative"], version: MAX_COUNTER, lease: INFINITE_LEASE },
  { ...server, flags: ["withheld"], claim: MAX_COUNTER, shares: 0xffff, share: 0xffff },
  {
    ...server,
    flags: ["down", "authoritative", "withheld"],
    acknowledgements: [{ server: 0x2222, claim: 3 }, { server: 0xffffffff, claim: MAX_COUNTER }],
  },
];

const about = { request: 7, poolHandle: "dhcp/lan1", peIdentifier: 0x1111 };
const everything = { servers: SERVER_SAMPLES, bindings: BINDING_SAMPLES };
const nothing = { servers: [], bindings: [] };

/** Messages of ASAP, each with what it is the sample of. */
export const ASAP_BINDING_SAMPLES: readonly (readonly [name: string, AsapMessage])[] = [
  ["everything", { type: "ASAP_BINDING_UPDATE", ...about, ...everything }],
  ["nothing", { type: "ASAP_BINDING_UPDATE", ...about, request: 0, ...nothing }],
  ["taken", { type: "ASAP_BINDING_REPLY", reject: false, ...about, ...nothing }],
  ["newer", {
    type: "ASAP_BINDING_REPLY",
    reject: false,
    ...about,
    causes: refusal,
    refused: ["10.0.0.2", "192.0.2.1"],
    ...everything,
  }],
  ["R", { type: "ASAP_BINDING_REPLY", reject: true, ...about, causes: refusal, ...nothing }],
  ["from the beginning", {
    type: "ASAP_BINDING_DUMP_REQUEST",
    dynamicUpdates: true,
    ...about,
    after: "0.0.0.0",
  }],
  ["the next page", {
    type: "ASAP_BINDING_DUMP_REQUEST",
    dynamicUpdates: false,
    ...about,
    after: "10.0.0.255",
  }],
  ["M", {
    type: "ASAP_BINDING_DUMP",
    moreToSend: true,
    reject: false,
    ...about,
    ...everything,
  }],
  ["R", {
    type: "ASAP_BINDING_DUMP",
    moreToSend: false,
    reject: true,
    ...about,
    causes: refusal,
    ...nothing,
  }],
];

const between = { sender: 0x00c0ffee, receiver: 0x0badcafe };
const asked = { ...between, request: 9, poolHandle: "dhcp/lan1" };
const down = { ...server, flags: ["down"] as const };
/** Digests of two tables. */
const TABLES = [
  { poolHandle: "dhcp/lan1", count: 251, digest: "0123456789abcdef" },
  { poolHandle: "dhcp", count: 0, digest: "0000000000000000" },
];

/** Messages of ENRP, each with what it is the sample of. */
export const ENRP_BINDING_SAMPLES: readonly (readonly [name: string, EnrpMessage])[] = [
  ["no table", { type: "ENRP_PRESENCE", replyRequired: false, ...between, bindingTables: [] }],
  ["two tables", {
    type: "ENRP_PRESENCE",
    replyRequired: false,
    ...between,
    checksum: 1,
    bindingTables: TABLES,
  }],
  ["everything", { type: "ENRP_BINDING_UPDATE", force: false, ...asked, ...everything }],
  ["F, partner-down", {
    type: "ENRP_BINDING_UPDATE",
    force: true,
    ...asked,
    sender: 0,
    servers: [down],
    bindings: [],
  }],
  ["taken", { type: "ENRP_BINDING_REPLY", reject: false, ...asked, servers: [down] }],
  ["R", { type: "ENRP_BINDING_REPLY", reject: true, ...asked, causes: refusal, servers: [] }],
  ["a pool", { type: "ENRP_BINDING_DUMP_REQUEST", ...asked, server: 0, after: "0.0.0.0" }],
  ["of a server", { type: "ENRP_BINDING_DUMP_REQUEST", ...asked, server: 7, after: "10.0.0.9" }],
  ["digests", {
    type: "ENRP_BINDING_DUMP_REQUEST",
    ...between,
    request: 0,
    server: 0,
    after: "0.0.0.0",
  }],
  ["digests", {
    type: "ENRP_BINDING_DUMP",
    moreToSend: false,
    reject: false,
    ...between,
    request: 9,
    tables: TABLES,
    ...nothing,
  }],
  ["M, a page with lost", {
    type: "ENRP_BINDING_DUMP",
    moreToSend: true,
    reject: false,
    ...asked,
    tables: [],
    ...everything,
    lost: BINDING_SAMPLES,
  }],
  ["R", {
    type: "ENRP_BINDING_DUMP",
    moreToSend: false,
    reject: true,
    ...asked,
    causes: refusal,
    tables: [],
    ...nothing,
  }],
];
