/** What a pool element tells of the sessions that it serves. */

import type { DisconnectReason } from "../../core/mod.ts";
import type { Address, Secured } from "../../net/mod.ts";
import type { ErrorCause } from "../../wire/mod.ts";

/** What becomes of sessions. No event has anything of their data, cookies or states. */
export type ServeEvent =
  /** The user is there; `hasState`: it came from another element, with a cookie. */
  | {
    readonly type: "session-began";
    readonly remote: Address;
    readonly security: Secured | undefined;
    readonly hasState: boolean;
  }
  /** Without a fault: in order, or because this side wished it. */
  | {
    readonly type: "session-ended";
    readonly remote: Address;
    readonly fault:
      | { readonly reason: DisconnectReason; readonly detail?: string | undefined }
      | undefined;
  }
  /**
   * Somebody was turned away before it was a session: a limit, TLS, no preface, a cookie. Told once
   * a second for each address at most, for all since.
   */
  | {
    readonly type: "session-refused";
    readonly remote: Address;
    readonly why: string;
    readonly count: number;
  }
  /** What the handler has thrown; its session was aborted, so that the user fails over. */
  | { readonly type: "handler-failed"; readonly remote: Address; readonly error: unknown }
  /** A message of the control channel was ignored; told once of each session. */
  | {
    readonly type: "discarded";
    readonly remote: Address;
    readonly messageType: string;
    readonly why: string;
  }
  /** An ASAP_ERROR came. */
  | {
    readonly type: "error-received";
    readonly remote: Address;
    readonly causes: readonly ErrorCause[];
  };
