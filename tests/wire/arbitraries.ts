/** Arbitrary messages of every type, and their parts, for properties of any room. */

import fc from "fast-check";
import {
  type AsapMessage,
  type EnrpMessage,
  type ErrorCause,
  formatIpAddress,
  formatNumber,
  type ListedServer,
  type PeerState,
  type PeerStatus,
  POLICIES,
  type Policy,
  type PoolElement,
  type PoolHandle,
  poolHandleText,
  type ServerInformation,
  type Transport,
} from "../../lib/wire/mod.ts";
import { binding, bindingDigest, bindingServer, ipv4 } from "./binding_arbitraries.ts";

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.oneof(
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const data = fc.uint8Array({ maxLength: 40 });

/** Adds a key to a record, or leaves it away. */
function perhaps<T extends object, K extends string, V>(
  record: fc.Arbitrary<T>,
  key: K,
  value: fc.Arbitrary<V>,
): fc.Arbitrary<T & { readonly [k in K]?: V }> {
  return fc.tuple(record, fc.option(value, { nil: undefined })).map(([base, extra]) =>
    extra === undefined ? base : { ...base, [key]: extra }
  ) as fc.Arbitrary<T & { readonly [k in K]?: V }>;
}

/** A pool handle of any bytes, often a readable one. */
export const poolHandle: fc.Arbitrary<PoolHandle> = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9.-]{0,31}$/).map((text) =>
    poolHandleText(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))
  ),
  fc.uint8Array({ maxLength: 32 }).map(poolHandleText),
);

/** The canonical text of any IPv4 or IPv6 address. */
export const ipAddress: fc.Arbitrary<string> = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
    .map((bytes) => new Uint8Array(bytes)),
).map(formatIpAddress);

const oneAddress = ipAddress.map((address) => [address]);

/** A transport of any protocol. */
export const transport: fc.Arbitrary<Transport> = fc.oneof(
  fc.record({
    protocol: fc.constant("sctp" as const),
    port: u16,
    use: u16,
    addresses: fc.array(ipAddress, { minLength: 1, maxLength: 4 }),
  }, { noNullPrototype: true }),
  fc.record({
    protocol: fc.constantFrom("tcp" as const, "udp" as const, "udp-lite" as const),
    port: u16,
    use: u16,
    addresses: oneAddress,
  }, { noNullPrototype: true }),
  fc.record({
    protocol: fc.constant("dccp" as const),
    port: u16,
    use: u16,
    serviceCode: u32,
    addresses: oneAddress,
  }, { noNullPrototype: true }),
  fc.record({ protocol: fc.constant("opaque" as const), data }, { noNullPrototype: true }),
);

const knownTypes = new Set<number>(POLICIES.map(({ type }) => type));

/** A policy with a definition, or one of an unknown type. */
export const policy: fc.Arbitrary<Policy> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...POLICIES).chain(definedPolicy) },
  {
    weight: 1,
    arbitrary: fc.record({
      name: fc.constant("unknown" as const),
      policyType: u32.filter((type) => !knownTypes.has(type)),
      data,
    }, { noNullPrototype: true }),
  },
);

function definedPolicy({ name, fields }: typeof POLICIES[number]): fc.Arbitrary<Policy> {
  const values = Object.keys(fields).map((key) => [key, u32] as const);
  const record = { name: fc.constant(name), ...Object.fromEntries(values) };
  return fc.record(record, { noNullPrototype: true }) as fc.Arbitrary<Policy>;
}

/** A pool element; all its values, also ones that no registrar would take. */
export const poolElement: fc.Arbitrary<PoolElement> = perhaps(
  fc.record({
    identifier: u32,
    home: u32,
    registrationLife: fc.oneof(
      fc.constantFrom(-1, 0, 30, 300, 0x7fffffff, -0x80000000),
      fc.integer({ min: -0x80000000, max: 0x7fffffff }),
    ),
    transport,
    policy,
  }, { noNullPrototype: true }),
  "asapTransport",
  transport,
);

/** What is told of a registrar. */
export const serverInformation: fc.Arbitrary<ServerInformation> = fc.record(
  { identifier: u32, transport },
  { noNullPrototype: true },
);

/** What a registrar thinks of a peer: the states with a word, and others. */
const peerStatus: fc.Arbitrary<PeerStatus> = perhaps(
  fc.record({
    state: fc.oneof(
      fc.constantFrom<PeerState[]>("active", "suspect", "inactive", "unreachable"),
      fc.integer({ min: 4, max: 0xffff }).map((number) => formatNumber(number, 4) as PeerState),
    ),
  }, { noNullPrototype: true }),
  "lastHeardAgoMs",
  fc.integer({ min: 0, max: 0xfffffffe }),
);

/** A registrar of a server list. */
const listedServer: fc.Arbitrary<ListedServer> = perhaps(
  serverInformation,
  "peerStatus",
  peerStatus,
);

/** An error cause of any code. */
const errorCause: fc.Arbitrary<ErrorCause> = fc.record({
  code: fc.oneof(fc.integer({ min: 0, max: 0xa }), u16),
  information: data,
}, { noNullPrototype: true });

const causes = fc.array(errorCause, { minLength: 1, maxLength: 4 });
const poolElements = fc.array(poolElement, { maxLength: 4 });
const flag = fc.boolean();
const about = { poolHandle, peIdentifier: u32 };
const between = { sender: u32, receiver: u32 };
const bindings = fc.array(binding, { maxLength: 4 });
const bindingServers = fc.array(bindingServer, { maxLength: 4 });
const records = { servers: bindingServers, bindings };

/** A message of one type, from arbitraries of its keys. */
function message<T extends string, F extends Record<string, unknown>>(
  type: T,
  keys: { [K in keyof F]: fc.Arbitrary<F[K]> },
): fc.Arbitrary<{ readonly type: T } & F> {
  const record = { type: fc.constant(type), ...keys };
  return fc.record(record, { noNullPrototype: true }) as unknown as fc.Arbitrary<{ type: T } & F>;
}

/** A message of ASAP of any type. */
export const asapMessage: fc.Arbitrary<AsapMessage> = fc.oneof<fc.Arbitrary<AsapMessage>[]>(
  message("ASAP_REGISTRATION", { poolHandle, poolElement }),
  message("ASAP_DEREGISTRATION", about),
  perhaps(message("ASAP_REGISTRATION_RESPONSE", { reject: flag, ...about }), "causes", causes),
  perhaps(message("ASAP_DEREGISTRATION_RESPONSE", about), "causes", causes),
  perhaps(message("ASAP_HANDLE_RESOLUTION", { dynamicUpdates: flag, poolHandle }), "items", u32),
  perhaps(
    perhaps(
      message("ASAP_HANDLE_RESOLUTION_RESPONSE", {
        automaticUpdates: flag,
        poolHandle,
        poolElements,
      }),
      "policy",
      policy,
    ),
    "causes",
    causes,
  ),
  perhaps(
    message("ASAP_ENDPOINT_KEEP_ALIVE", { home: flag, serverIdentifier: u32, poolHandle }),
    "peIdentifier",
    u32,
  ),
  message("ASAP_ENDPOINT_KEEP_ALIVE_ACK", about),
  perhaps(message("ASAP_ENDPOINT_UNREACHABLE", about), "forced", fc.constant(true as const)),
  message("ASAP_SERVER_ANNOUNCE", {
    serverIdentifier: u32,
    transports: fc.array(transport, { maxLength: 4 }),
  }),
  message("ASAP_COOKIE", { cookie: data }),
  message("ASAP_COOKIE_ECHO", { cookie: data }),
  perhaps(message("ASAP_BUSINESS_CARD", { poolHandle, poolElements }), "policy", policy),
  message("ASAP_ERROR", { causes }),
  message("ASAP_BINDING_UPDATE", { request: u32, ...about, ...records }),
  perhaps(
    perhaps(
      message("ASAP_BINDING_REPLY", { reject: flag, request: u32, ...about, ...records }),
      "causes",
      causes,
    ),
    "refused",
    fc.array(ipv4, { maxLength: 9 }),
  ),
  message("ASAP_BINDING_DUMP_REQUEST", {
    dynamicUpdates: flag,
    request: u32,
    ...about,
    after: ipv4,
  }),
  perhaps(
    message("ASAP_BINDING_DUMP", {
      moreToSend: flag,
      reject: flag,
      request: u32,
      ...about,
      ...records,
    }),
    "causes",
    causes,
  ),
);

const bindingTables = fc.array(bindingDigest(poolHandle), { maxLength: 3 });
const pool = fc.record({
  poolHandle,
  poolElements: fc.array(poolElement, { minLength: 1, maxLength: 3 }),
}, { noNullPrototype: true });

/** A message of ENRP of any type. */
export const enrpMessage: fc.Arbitrary<EnrpMessage> = fc.oneof<fc.Arbitrary<EnrpMessage>[]>(
  perhaps(
    perhaps(
      perhaps(
        perhaps(message("ENRP_PRESENCE", { replyRequired: flag, ...between }), "checksum", u16),
        "serverInformation",
        serverInformation,
      ),
      "unreachable",
      fc.record(about, { noNullPrototype: true }),
    ),
    "bindingTables",
    bindingTables,
  ),
  message("ENRP_HANDLE_TABLE_REQUEST", { ownChildrenOnly: flag, ...between }),
  message("ENRP_HANDLE_TABLE_RESPONSE", {
    moreToSend: flag,
    reject: flag,
    ...between,
    pools: fc.array(pool, { maxLength: 3 }),
  }),
  message("ENRP_HANDLE_UPDATE", {
    takeoverSuggestion: flag,
    ...between,
    action: u16,
    poolHandle,
    poolElement,
  }),
  message("ENRP_LIST_REQUEST", between),
  message("ENRP_LIST_RESPONSE", {
    reject: flag,
    ...between,
    servers: fc.array(listedServer, { maxLength: 4 }),
  }),
  message("ENRP_INIT_TAKEOVER", { ...between, target: u32 }),
  message("ENRP_INIT_TAKEOVER_ACK", { ...between, target: u32 }),
  message("ENRP_TAKEOVER_SERVER", { ...between, target: u32 }),
  message("ENRP_ERROR", { ...between, causes }),
  message("ENRP_BINDING_UPDATE", {
    force: flag,
    ...between,
    request: u32,
    poolHandle,
    ...records,
  }),
  perhaps(
    message("ENRP_BINDING_REPLY", {
      reject: flag,
      ...between,
      request: u32,
      poolHandle,
      servers: bindingServers,
    }),
    "causes",
    causes,
  ),
  perhaps(
    message("ENRP_BINDING_DUMP_REQUEST", { ...between, request: u32, server: u32, after: ipv4 }),
    "poolHandle",
    poolHandle,
  ),
  perhaps(
    perhaps(
      perhaps(
        message("ENRP_BINDING_DUMP", {
          moreToSend: flag,
          reject: flag,
          ...between,
          request: u32,
          tables: bindingTables,
          ...records,
        }),
        "poolHandle",
        poolHandle,
      ),
      "causes",
      causes,
    ),
    "lost",
    bindings,
  ),
);
