/** Error causes for what could not be read. RFC 5352 §2.2.14, RFC 5353 §2.10, RFC 5354 §3.12. */

import { CAUSE, type DecodeFailure, type ErrorCause } from "../wire/mod.ts";

/**
 * What the sender of an undecodable message is to be told, or `undefined` if nothing: the action
 * bits decide, and an error is never answered with an error (protocol decision 24).
 */
export function causesOfFailure(failure: DecodeFailure): readonly ErrorCause[] | undefined {
  const { report, messageType, cause, offendingTlv } = failure;
  if (!report || messageType === "ASAP_ERROR" || messageType === "ENRP_ERROR") return undefined;
  return [{ code: cause, information: offendingTlv }];
}

/** What the sender is to be told of skipped parameters: one cause each. RFC 5354 §3.12.2. */
export function causesOfUnrecognized(
  messageType: string,
  unrecognized: readonly Uint8Array[],
): readonly ErrorCause[] | undefined {
  if (unrecognized.length === 0) return undefined;
  if (messageType === "ASAP_ERROR" || messageType === "ENRP_ERROR") return undefined;
  return unrecognized.map((information) => ({ code: CAUSE.unrecognizedParameter, information }));
}
