/** What the element's side of a session is told, asked and tells. docs/tcp-mapping.md §15. */

import type { ErrorCause, PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { Limits } from "../limits.ts";
import type { DisconnectReason, Instant } from "../machine.ts";
import type { SessionTiming } from "../timing.ts";

/** What a session is made of. */
export interface ElementSessionOptions {
  readonly timing: SessionTiming;
  readonly limits: Pick<Limits, "partialMessageMs" | "maxCookieBytes" | "maxFailoverOrder">;
}

/** A business card, RFC 5352 §3.9. */
export interface Card {
  readonly poolHandle: PoolHandle;
  readonly poolElements: readonly PoolElement[];
}

/** What the program that serves asks for. */
export type ElementSessionCommand =
  | { readonly type: "send"; readonly bytes: Uint8Array }
  /** A signed cookie, of `maxCookieBytes` at most. RFC 5352 §3.8. */
  | { readonly type: "send-cookie"; readonly cookie: Uint8Array }
  | { readonly type: "send-card"; readonly card: Card }
  /** Nothing more will be sent. */
  | { readonly type: "end" }
  /** Ends both directions in order; what still comes is thrown away. */
  | { readonly type: "close" }
  /** Ends it at once, so that the user fails over. */
  | { readonly type: "abort" };

/** All that can happen to a session. */
export type ElementSessionInput =
  /** Nothing is to be received while a cookie is verified. */
  | { readonly type: "received"; readonly bytes: Uint8Array }
  | {
    readonly type: "disconnected";
    readonly reason: DisconnectReason;
    readonly detail?: string | undefined;
  }
  /** The answer to `verify`: the state in the cookie; `undefined`: it is not accepted. */
  | { readonly type: "verified"; readonly state: Uint8Array | undefined }
  /** Nothing is read for a while, for others' sake: what is missing is not the user's fault. */
  | { readonly type: "unheard" }
  | { readonly type: "deadline" }
  | { readonly type: "command"; readonly command: ElementSessionCommand };

/** Why a session ended otherwise than in order. */
export interface SessionFault {
  readonly reason: DisconnectReason;
  readonly detail?: string | undefined;
}

/** All that a session can ask for or tell. */
export type ElementSessionOutput =
  | { readonly type: "write"; readonly bytes: Uint8Array }
  /** Is this cookie one of this pool's? The answer is the input `verified`. */
  | { readonly type: "verify"; readonly cookie: Uint8Array }
  /** The user is there; a state came with a cookie that was verified. */
  | { readonly type: "began"; readonly state: Uint8Array | undefined }
  /** Bytes that may be views into what was received. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** The user will send no more data. */
  | { readonly type: "user-ended" }
  | { readonly type: "card"; readonly card: Card }
  /** A message of the control channel was ignored; told once of each session. */
  | { readonly type: "discarded"; readonly messageType: string; readonly why: string }
  | { readonly type: "error-received"; readonly causes: readonly ErrorCause[] }
  /** Nothing more will be written: the other side is to learn it. */
  | { readonly type: "end-write" }
  /** The connection is to be closed: in order, or at once. Nothing is received after it. */
  | { readonly type: "close" }
  | { readonly type: "abort" }
  /** The last output: how the session ended; without a fault in order, or by this side's wish. */
  | { readonly type: "over"; readonly fault: SessionFault | undefined };

/** The element's side of one session. It never throws for anything that a user can send. */
export interface ElementSession {
  /** Whether bytes may be received now. */
  readonly isListening: boolean;
  handle(input: ElementSessionInput, now: Instant): void;
  /** The next output, or `undefined` when there is none. */
  poll(): ElementSessionOutput | undefined;
  /** When to call again with a `deadline` input, if nothing else happens before. */
  deadline(): Instant | undefined;
}
