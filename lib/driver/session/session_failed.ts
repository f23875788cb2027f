/** A session that has failed, in words. */

import type { DisconnectReason, ElementFailure, UserSessionFailure } from "../../core/mod.ts";
import { formatAddress } from "../../net/mod.ts";
import { formatIdentifier, type PoolElement, type PoolHandle } from "../../wire/mod.ts";

/** Why a session has failed; what the program itself has said is thrown as it is. */
export type SessionFailureReason = Exclude<UserSessionFailure, "unresolved" | "vetoed" | "aborted">;

const WHAT: Readonly<Record<SessionFailureReason, string>> = {
  "no-element": "no pool element could be connected to in time",
  "not-trusted": "no pool element proved that it can be trusted",
  "element-lost": "its pool element was lost",
  "cookie-refused": "the next pool element has refused the cookie of the last one",
};

const HOW: Readonly<Record<DisconnectReason, string>> = {
  "closed": "closed without the end of its data",
  "reset": "connection reset",
  "refused": "connection refused",
  "timed-out": "no connection in time",
  "unreachable": "unreachable",
  "unknown-host": "unknown host",
  "garbage": "what it sends is no session",
  "partial-timeout": "silent",
  "overflow": "does not read",
  "security": "cannot be trusted",
  "failed": "failed",
};

/** A session has failed: what it was not yet sent goes to nobody. RFC 5352 §6.7. */
export class SessionFailed extends Error {
  /** The name of the class. */
  override readonly name = "SessionFailed";

  /** Of what was tried. */
  constructor(
    readonly poolHandle: PoolHandle,
    readonly reason: SessionFailureReason,
    /** What was tried since the session was on an element, the latest last. */
    readonly attempts: readonly ElementFailure[],
    options?: ErrorOptions,
  ) {
    const tried = attempts.length === 0 ? "" : `: ${attempts.map(describe).join("; ")}`;
    super(`The session with pool "${poolHandle}" failed: ${WHAT[reason]}${tried}`, options);
  }
}

function describe({ element, reason, detail }: ElementFailure): string {
  const more = detail === undefined ? "" : ` (${detail})`;
  return `${formatIdentifier(element.identifier)} at ${placeOf(element)}: ${HOW[reason]}${more}`;
}

/** Where an element is, for people. */
export function placeOf({ transport }: PoolElement): string {
  if (transport.protocol === "opaque") return "an opaque transport";
  const [host = "?"] = transport.addresses;
  return formatAddress({ host, port: transport.port });
}
