/** What all pool elements of a pool have in common. RFC 5352 §3.1, rule 2. */

import { CAUSE, type Policy, policyType, type PoolElement, type Transport } from "../wire/mod.ts";

/**
 * The overall policy type, transport type and transport use of a pool, as values that have them.
 */
export interface PoolAttributes {
  /** Has the overall policy type; its other values are those of some pool element. */
  readonly policy: Policy;
  /** Has the overall transport type and use; its other values are those of some pool element. */
  readonly transport: Transport;
}

/** Why a registration is rejected, with what its error cause tells. RFC 5354 §3.12. */
export type RegistrationCause =
  | { readonly code: typeof CAUSE.invalidValues; readonly policy: Policy }
  | { readonly code: typeof CAUSE.inconsistentPoolingPolicy; readonly policy: Policy }
  | { readonly code: typeof CAUSE.lackOfResources }
  | { readonly code: typeof CAUSE.inconsistentTransportType; readonly transport: Transport }
  | { readonly code: typeof CAUSE.inconsistentDataControlConfiguration };

/** In what a pool element is not consistent with its pool; empty if in nothing. */
export function inconsistencies(
  pool: PoolAttributes,
  { policy, transport }: PoolElement,
): RegistrationCause[] {
  const causes: RegistrationCause[] = [];
  if (policyType(policy) !== policyType(pool.policy)) {
    causes.push({ code: CAUSE.inconsistentPoolingPolicy, policy: pool.policy });
  }
  if (transport.protocol !== pool.transport.protocol) {
    causes.push({ code: CAUSE.inconsistentTransportType, transport: pool.transport });
  }
  if (!haveEqualUse(transport, pool.transport)) {
    causes.push({ code: CAUSE.inconsistentDataControlConfiguration });
  }
  return causes;
}

/** Whether RFC 5356 §7.1 calls a Policy Type an invalid value: number 0, which is reserved. */
export function isInvalidPolicy(policy: Policy): boolean {
  const type = policyType(policy);
  return type === 0x00000000 || type === 0x40000000;
}

/** Where an opaque transport is involved, which has no transport use, the uses cannot differ. */
function haveEqualUse(a: Transport, b: Transport): boolean {
  return a.protocol === "opaque" || b.protocol === "opaque" || a.use === b.use;
}
