/** Error causes in words, with the value that they carry. RFC 5354 §3.12. */

import { CAUSE, causeName } from "./cause.ts";
import { Cursor } from "./cursor.ts";
import { DecodeFailure } from "./decode_failure.ts";
import type { Field } from "./field.ts";
import type { ErrorCause } from "./parameters.ts";
import { one } from "./place.ts";
import { type Policy, policyName, PolicyParameter } from "./policy.ts";
import { parameterTypeName } from "./schema.ts";
import { AnyTransport, type Transport } from "./transport.ts";

const onePolicy: Field<Policy> = one(PolicyParameter);
const oneTransport = one(AnyTransport) as Field<Transport>;

/**
 * An error cause by its name in RFC 5354 §3.12, Table 2, and behind it in brackets what its
 * cause-specific information tells, as far as it can be read.
 *
 * @example
 * ```ts
 * import { CAUSE, describeCause, policyTlv } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const information = policyTlv({ name: "random" });
 * assert.equal(
 *   describeCause({ code: CAUSE.inconsistentPoolingPolicy, information }),
 *   "Inconsistent Pooling Policy (the pool's policy is random)",
 * );
 * ```
 */
export function describeCause(cause: ErrorCause): string {
  const detail = detailOf(cause);
  const name = causeName(cause.code);
  return detail === undefined ? name : `${name} (${detail})`;
}

function detailOf({ code, information }: ErrorCause): string | undefined {
  switch (code) {
    case CAUSE.inconsistentPoolingPolicy: {
      const policy = read(onePolicy, information);
      return policy && `the pool's policy is ${policyName(policy)}`;
    }
    case CAUSE.inconsistentTransportType: {
      const transport = read(oneTransport, information);
      return transport && `the pool's transport type is ${transport.protocol}`;
    }
    case CAUSE.invalidValues:
      return invalidValue(information);
  }
}

/** RFC 5354 §3.12.4: "The offending TLV that contains the invalid value(s)". */
function invalidValue(information: Uint8Array): string | undefined {
  if (information.length < 4) return undefined;
  const type = (information[0]! << 8) | information[1]!;
  const name = parameterTypeName(type).replace(/ \(0x[0-9a-f]+\)$/, "");
  const transport = read(oneTransport, information);
  if (transport === undefined || transport.protocol === "opaque") return `in the ${name}`;
  return `in the ${name}: ${transport.addresses.join(", ")}, port ${transport.port}`;
}

function read<T>(field: Field<T>, tlv: Uint8Array): T | undefined {
  try {
    return field.read(new Cursor(tlv, undefined));
  } catch (error) {
    if (error instanceof DecodeFailure) return undefined;
    throw error;
  }
}
