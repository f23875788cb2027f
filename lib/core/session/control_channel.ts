/** The control channel of a session, message by message. RFC 5352 §3.8 and §3.9; mapping §15. */

import {
  asap,
  type AsapMessage,
  CAUSE,
  causesToReport,
  DecodeFailure,
  type ErrorCause,
  MAX_OFFENDING_TLV_BYTES,
} from "../../wire/mod.ts";
import type { Limits } from "../limits.ts";

/** Who reads: the pool user or the pool element. */
export type ControlReader = "user" | "element";

/** The messages that a reader accepts. A cookie goes to the user, its echo to the element. */
export type ControlMessage = Extract<
  AsapMessage,
  { readonly type: "ASAP_COOKIE" | "ASAP_COOKIE_ECHO" | "ASAP_BUSINESS_CARD" | "ASAP_ERROR" }
>;

/** What a frame of the control channel holds. */
export interface ControlReading {
  /** Absent if it is discarded. */
  readonly message?: ControlMessage | undefined;
  /** Why it is discarded. */
  readonly discarded?: { readonly messageType: string; readonly why: string } | undefined;
  /** What the sender is to be told in an ASAP_ERROR; none: nothing. */
  readonly causes: readonly ErrorCause[];
}

/** Limits of what is accepted. */
export type ControlLimits = Pick<Limits, "maxCookieBytes" | "maxFailoverOrder">;

const ACCEPTED: Readonly<Record<ControlReader, readonly AsapMessage["type"][]>> = {
  user: ["ASAP_COOKIE", "ASAP_BUSINESS_CARD", "ASAP_ERROR"],
  element: ["ASAP_COOKIE_ECHO", "ASAP_BUSINESS_CARD", "ASAP_ERROR"],
};

/**
 * Reads one whole message. An ASAP_ERROR never has causes to report (protocol decision 24); an echo
 * that is too long is the caller's to refuse, as it ends the session.
 */
export function readControl(
  bytes: Uint8Array,
  reader: ControlReader,
  limits: ControlLimits,
): ControlReading {
  const decoded = asap.decode(bytes);
  const causes = causesToReport(decoded);
  if (decoded instanceof DecodeFailure) {
    const { messageType = "unknown", detail } = decoded;
    return { discarded: { messageType, why: detail }, causes };
  }
  const { message } = decoded;
  if (!isAccepted(message, reader)) {
    const why = `it is not for the ${reader} of a session`;
    return { discarded: { messageType: message.type, why }, causes: [unrecognized(bytes)] };
  }
  if (message.type === "ASAP_COOKIE" && message.cookie.length > limits.maxCookieBytes) {
    const why = `a cookie of ${message.cookie.length} bytes, of ${limits.maxCookieBytes} at most`;
    const information = bytes.slice(0, MAX_OFFENDING_TLV_BYTES);
    const discarded = { messageType: message.type, why };
    return { discarded, causes: [{ code: CAUSE.invalidValues, information }] };
  }
  if (message.type !== "ASAP_BUSINESS_CARD") return { message, causes };
  const poolElements = message.poolElements.slice(0, limits.maxFailoverOrder);
  return { message: { ...message, poolElements }, causes };
}

function isAccepted(message: AsapMessage, reader: ControlReader): message is ControlMessage {
  return ACCEPTED[reader].includes(message.type);
}

/** RFC 5354 §3.12.3: the message itself, as far as a cause may hold it. */
function unrecognized(bytes: Uint8Array): ErrorCause {
  return {
    code: CAUSE.unrecognizedMessage,
    information: bytes.slice(0, MAX_OFFENDING_TLV_BYTES),
  };
}
