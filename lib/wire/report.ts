/** What the sender of a message is to be told of what could not be understood in it. */

import { CAUSE } from "./cause.ts";
import { DecodeFailure } from "./decode_failure.ts";
import type { ErrorCause } from "./parameters.ts";

/**
 * The causes that an ASAP_ERROR or ENRP_ERROR in answer to a message must carry; none if no answer
 * is due. RFC 5354 §3 and §4, the action bits; §3.12.2: "If a message contains multiple
 * unrecognized parameters, multiple error causes are used."
 *
 * @example
 * ```ts
 * import { asap, causesToReport, parseHex } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const cookieAndMore = parseHex("0b00000c" + "000d0004" + "c1230004");
 * const causes = causesToReport(asap.decode(cookieAndMore));
 * assert.deepEqual(causes, [{ code: 0x1, information: parseHex("c1230004") }]);
 * ```
 */
export function causesToReport(
  decoded: { readonly unrecognized: readonly Uint8Array[] } | DecodeFailure,
): ErrorCause[] {
  const causes: ErrorCause[] = decoded.unrecognized.map((information) => ({
    code: CAUSE.unrecognizedParameter,
    information,
  }));
  if (decoded instanceof DecodeFailure && decoded.report) {
    causes.push({ code: decoded.cause, information: decoded.offendingTlv });
  }
  return causes;
}
