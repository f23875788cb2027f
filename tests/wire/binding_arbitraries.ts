/** Arbitrary DHCP bindings and servers, for properties of any room. */

import fc from "fast-check";
import {
  type Binding,
  BINDING_STATES,
  BINDING_TRANSACTIONS,
  type BindingDigest,
  type BindingServer,
  formatIpAddress,
  INFINITE_LEASE,
  MAX_BINDING_SERVERS,
  MAX_COUNTER,
} from "../../lib/wire/mod.ts";

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.oneof(
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, INFINITE_LEASE),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const counter = fc.oneof(
  fc.constantFrom(0, 1, 0xffffffff, 0x100000000, MAX_COUNTER - 1, MAX_COUNTER),
  fc.integer({ min: 0, max: MAX_COUNTER }),
);
/** An IPv4 address. */
export const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatIpAddress);
const plain = fc.stringMatching(/^[A-Za-z0-9._-]{1,63}$/);

function colonHex(maxLength: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: 1, maxLength }).map((bytes) =>
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":")
  );
}

/** Any binding that can be encoded. */
export const binding: fc.Arbitrary<Binding> = fc.record({
  address: ipv4,
  state: fc.constantFrom(...BINDING_STATES),
  transaction: fc.constantFrom(...BINDING_TRANSACTIONS),
  counter,
  server: u32,
  lease: u32,
  remaining: u32,
  hardware: colonHex(16),
  clientId: colonHex(255),
  host: plain,
  acknowledgedBy: fc.array(u32, { maxLength: MAX_BINDING_SERVERS }),
}, {
  requiredKeys: ["address", "state", "transaction", "counter", "server", "lease", "remaining"],
  noNullPrototype: true,
});

/** Any server's record that can be encoded. */
export const bindingServer: fc.Arbitrary<BindingServer> = fc.record({
  identifier: u32,
  version: counter,
  claim: counter,
  first: ipv4,
  last: ipv4,
  share: u16,
  shares: u16,
  lease: u32,
  freeIn: u32,
  flags: fc.subarray(["down", "authoritative", "withheld"] as const),
  name: plain,
  acknowledgements: fc.array(
    fc.record({ server: u32, claim: counter }, { noNullPrototype: true }),
    { maxLength: 4 },
  ),
}, { noNullPrototype: true });

/** Any digest of a table, of any of the pool handles. */
export function bindingDigest(poolHandle: fc.Arbitrary<string>): fc.Arbitrary<BindingDigest> {
  return fc.record({
    poolHandle,
    count: u32,
    digest: fc.stringMatching(/^[0-9a-f]{16}$/),
  }, { noNullPrototype: true });
}
