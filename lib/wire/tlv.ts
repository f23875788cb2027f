/** Parameters on their own, as error causes carry the TLV that they are about. RFC 5354 §3.12. */

import { type PoolElement, PoolElementParameter, PoolHandleParameter } from "./parameters.ts";
import type { PoolHandle } from "./pool_handle.ts";
import { one } from "./place.ts";
import { type Policy, PolicyParameter } from "./policy.ts";
import type { Field } from "./field.ts";
import { padded } from "./schema.ts";
import { Sink } from "./sink.ts";
import { AnyTransport, type Transport } from "./transport.ts";

const sink = new Sink();

function encoder<T>(field: Field<T>): (value: T) => Uint8Array {
  return (value) => {
    sink.clear();
    field.write(sink, value);
    return sink.take();
  };
}

/** The bytes of a Pool Handle Parameter, without padding. RFC 5354 §3.9. */
export const poolHandleTlv: (poolHandle: PoolHandle) => Uint8Array = encoder(
  one(PoolHandleParameter),
);

/**
 * The bytes of a Pool Element Parameter, without padding. RFC 5354 §3.10.
 *
 * @example
 * ```ts
 * import { poolElementTlv } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const bytes = poolElementTlv({
 *   identifier: 1,
 *   home: 0,
 *   registrationLife: 300,
 *   transport: { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] },
 *   policy: { name: "round-robin" },
 * });
 * assert.equal(bytes.length, 40);
 * ```
 */
export const poolElementTlv: (poolElement: PoolElement) => Uint8Array = encoder(
  one(PoolElementParameter) as Field<PoolElement>,
);

/** How many bytes a Pool Element Parameter takes in a message, its padding included. */
export function poolElementBytes(poolElement: PoolElement): number {
  return padded(poolElementTlv(poolElement).length);
}

/** The bytes of a Pool Member Selection Policy Parameter, without padding. RFC 5354 §3.8. */
export const policyTlv: (policy: Policy) => Uint8Array = encoder(one(PolicyParameter));

/** The bytes of any transport parameter, without padding. RFC 5354 §3.3 to §3.7 and §3.16. */
export const transportTlv: (transport: Transport) => Uint8Array = encoder(
  one(AnyTransport) as Field<Transport>,
);
