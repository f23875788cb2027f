/** What the API throws, by whose fault. Each says what is left behind. */

import { describeCause, type ErrorCause, formatIdentifier, type PoolHandle } from "../wire/mod.ts";
import { formatAddress } from "../net/mod.ts";
import type { Attempt, SocketAddress } from "../core/mod.ts";

const REASON_WORDS: Readonly<Record<Attempt["reason"], string>> = {
  "closed": "closed the connection without an answer",
  "reset": "reset the connection",
  "refused": "connection refused",
  "timed-out": "no connection in time",
  "unreachable": "unreachable",
  "unknown-host": "unknown host",
  "garbage": "answers garbage",
  "partial-timeout": "sent part of a message and then nothing",
  "overflow": "does not read",
  "security": "cannot be trusted",
  "failed": "failed",
  "silent": "silent: connected, but no answer",
};

/** Reasons that are not clear without their detail. */
const EXPLAINED: ReadonlySet<Attempt["reason"]> = new Set([
  "closed",
  "reset",
  "garbage",
  "security",
  "failed",
]);

/** Reasons for which nobody was reached at all. */
const UNREACHED: ReadonlySet<Attempt["reason"]> = new Set([
  "refused",
  "timed-out",
  "unreachable",
  "unknown-host",
]);

/** One attempt in words: `127.0.0.1:3863: connection refused`. */
export function describeAttempt(attempt: Attempt): string {
  const { address, reason, detail } = attempt;
  const words = reason === "unknown-host" ? `unknown host "${address.host}"` : REASON_WORDS[reason];
  const more = EXPLAINED.has(reason) ? detail : undefined;
  return `${formatAddress(address)}: ${words}${more === undefined ? "" : ` (${more})`}`;
}

/** No registrar answered rightly in time. Nothing was changed, as far as can be known. */
export class RegistrarUnreachable extends Error {
  /** The name of the class. */
  override readonly name = "RegistrarUnreachable";
  /**
   * Whether security is the reason: of those that were reached, each failed to prove that it is a
   * registrar, or refused this one.
   */
  readonly isUnauthenticated: boolean;

  /** Of what was tried. */
  constructor(
    /** What was tried, in order. */
    readonly attempts: readonly Attempt[],
    /** What else there is to say, such as that none announced itself. */
    remark?: string,
  ) {
    const words = attempts.map(describeAttempt);
    if (remark !== undefined) words.push(remark);
    const reached = attempts.filter(({ reason }) => !UNREACHED.has(reason));
    const isUnauthenticated = reached.length > 0 &&
      reached.every(({ reason }) => reason === "security");
    const what = isUnauthenticated ? "could be authenticated" : "answered";
    super(`No registrar ${what}: ${words.length === 0 ? "none was tried" : words.join("; ")}`);
    this.isUnauthenticated = isUnauthenticated;
  }
}

/** The pool handle is unknown, or the pool has no element to select. RFC 5352 §3.3. */
export class UnknownPoolHandle extends Error {
  /** The name of the class. */
  override readonly name = "UnknownPoolHandle";

  /** Of a resolution that came to nothing. */
  constructor(readonly poolHandle: PoolHandle) {
    super(`Pool handle "${poolHandle}" is unknown, or no pool element is left in it`);
  }
}

/** A registrar rejected a request with error causes, RFC 5354 §3.12. */
export abstract class Rejected extends Error {
  /** Of the causes that the registrar gave. */
  constructor(
    what: string,
    /** The causes as they came; there may be none. */
    readonly causes: readonly ErrorCause[],
  ) {
    const names = causes.map((cause) => describeCause(cause));
    super(`${what} was rejected: ${names.length === 0 ? "no cause was given" : names.join(", ")}`);
  }
}

/** A registration was rejected. The element is not registered, and does not try again by itself. */
export class RegistrationRejected extends Rejected {
  /** The name of the class. */
  override readonly name = "RegistrationRejected";

  /** Of the causes that the registrar gave. */
  constructor(
    readonly poolHandle: PoolHandle,
    readonly identifier: number,
    causes: readonly ErrorCause[],
  ) {
    super(`Registration of ${formatIdentifier(identifier)} in pool "${poolHandle}"`, causes);
  }
}

/** A de-registration was rejected. The element is still registered. */
export class DeregistrationRejected extends Rejected {
  /** The name of the class. */
  override readonly name = "DeregistrationRejected";

  /** Of the causes that the registrar gave. */
  constructor(
    readonly poolHandle: PoolHandle,
    readonly identifier: number,
    causes: readonly ErrorCause[],
  ) {
    super(`De-registration of ${formatIdentifier(identifier)} from pool "${poolHandle}"`, causes);
  }
}

/** A handle resolution was rejected for another cause than an unknown pool handle. */
export class ResolutionRejected extends Rejected {
  /** The name of the class. */
  override readonly name = "ResolutionRejected";

  /** Of the causes that a registrar gave. */
  constructor(readonly poolHandle: PoolHandle, causes: readonly ErrorCause[]) {
    super(`Resolution of pool handle "${poolHandle}"`, causes);
  }
}

/**
 * A registrar refused to tell its list or table: the R flag, or an ENRP_ERROR. RFC 5353 §2.3, §2.6.
 */
export class RequestRejected extends Error {
  /** The name of the class. */
  override readonly name = "RequestRejected";

  /** Of the causes that the registrar gave. */
  constructor(
    /** The identifier of the registrar that refused. */
    readonly registrar: number,
    readonly address: SocketAddress,
    readonly causes: readonly ErrorCause[],
  ) {
    const names = causes.map((cause) => describeCause(cause));
    const why = names.length === 0 ? "it does not serve now" : names.join(", ");
    super(`Registrar ${formatIdentifier(registrar)} rejected the request: ${why}`);
  }
}
