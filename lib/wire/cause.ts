/** Error cause codes and their names. RFC 5354 §3.12. */
export const CAUSE = {
  unspecifiedError: 0x0,
  unrecognizedParameter: 0x1,
  unrecognizedMessage: 0x2,
  invalidValues: 0x3,
  nonUniquePeIdentifier: 0x4,
  inconsistentPoolingPolicy: 0x5,
  lackOfResources: 0x6,
  inconsistentTransportType: 0x7,
  inconsistentDataControlConfiguration: 0x8,
  unknownPoolHandle: 0x9,
  rejectedDueToSecurityConsiderations: 0xa,
} as const;

const NAMES: readonly string[] = [
  "Unspecified Error",
  "Unrecognized Parameter",
  "Unrecognized Message",
  "Invalid Values",
  "Non-unique PE Identifier",
  "Inconsistent Pooling Policy",
  "Lack of Resources",
  "Inconsistent Transport Type",
  "Inconsistent Data/Control Configuration",
  "Unknown Pool Handle",
  "Rejected due to security considerations",
];

/**
 * The name of an error cause as in RFC 5354 §3.12, Table 2. Codes that the RFC does not define,
 * such as rsplib's private ones, are named by their number.
 *
 * @example
 * ```ts
 * import { causeName } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * assert.equal(causeName(0x9), "Unknown Pool Handle");
 * assert.equal(causeName(0xf008), "Error cause 0xf008");
 * ```
 */
export function causeName(code: number): string {
  return NAMES[code] ?? `Error cause 0x${code.toString(16).padStart(4, "0")}`;
}
