/** Pool elements and answers for the tests of the command line. */

import type { ListedServer, PoolElementValue, Resolution } from "../../cli/api.ts";

/** A pool element as in the contract's example. */
export const ELEMENT: PoolElementValue = {
  identifier: 0x5562e917,
  home: 0x00c0ffee,
  registrationLife: 300,
  transport: { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] },
  policy: { name: "weighted-round-robin", weight: 10 },
  asapTransport: { protocol: "tcp", port: 40010, use: 0, addresses: ["192.0.2.10"] },
};

/** An element over SCTP with two addresses, of an infinite life. */
export const SCTP_ELEMENT: PoolElementValue = {
  identifier: 0x2,
  home: 0x00c0ffee,
  registrationLife: -1,
  transport: { protocol: "sctp", port: 5000, use: 1, addresses: ["192.0.2.11", "2001:db8::1"] },
  policy: { name: "least-used", load: 0x40000000 },
};

/** An element without anything that a table could show of its transport. */
export const OPAQUE_ELEMENT: PoolElementValue = {
  identifier: 0x3,
  home: 0,
  registrationLife: 30,
  transport: { protocol: "opaque", data: new Uint8Array([1, 2]) },
  policy: { name: "unknown", policyType: 0xb0001099, data: new Uint8Array([0xab]) },
};

/** A resolution of the pool web. */
export function resolutionOf(...poolElements: PoolElementValue[]): Resolution {
  const { policy } = poolElements[0] ?? ELEMENT;
  return { poolHandle: "web", policy, poolElements };
}

/** A registrar as another one knows it. */
export const PEER: ListedServer = {
  identifier: 0x0badcafe,
  transport: { protocol: "tcp", port: 9901, use: 0, addresses: ["192.0.2.2"] },
};

/** A peer that is silent, and one that was never met. */
export const SUSPECT: ListedServer = {
  ...PEER,
  identifier: 0x2,
  peerStatus: { state: "suspect", lastHeardAgoMs: 61_500 },
};
export const UNMET: ListedServer = {
  ...PEER,
  identifier: 0x3,
  peerStatus: { state: "unreachable" },
};
