/** The limits of `dns`: each has a name, a number and a test. */

/** What holds, unless an option says otherwise. */
export const DNS_LIMITS = {
  /** Pools that are kept fresh by a subscription at once; the one asked for least recently ends. */
  maxPools: 500,
  /** A pool that nobody asked for during this time is not kept fresh any more. */
  poolIdleMs: 60_000,
  /** Unknown names that are remembered as such. */
  maxUnknown: 2_000,
  /** How long they are, and how long resolvers may keep that, and a failure. */
  negativeMs: 1_000,
  /** Questions about pools that wait for a registrar; further ones fail at once. */
  maxOutstanding: 500,
  /** How long one waits, in milliseconds: resolvers ask again after 5 s. */
  waitMs: 2_000,
  /** Elements of which one answer tells. */
  maxElements: 32,
  /** Bytes of a query: the longest name, and room for EDNS options. */
  maxQueryBytes: 4_096,
  /** Records behind the question. */
  maxQueryRecords: 8,
  /** Bytes of an answer over UDP, whatever a client says (RFC 9715): never fragments. */
  maxUdpBytes: 1_232,
  /** The same without EDNS. RFC 1035 §4.2.1. */
  plainUdpBytes: 512,
  /** Bytes of an answer over TCP. */
  maxTcpBytes: 65_535,
  /** Connections over TCP; further ones are closed at once. */
  maxConnections: 200,
  /** How long a connection may be without a query, or with half of one, or not read its answer. */
  connectionIdleMs: 10_000,
} as const;

/** Their types. */
export type DnsLimits = { readonly [Name in keyof typeof DNS_LIMITS]: number };
