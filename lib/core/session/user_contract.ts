/** What the user's side of a session is told, asked and tells. RFC 5352 §3.8, §3.9 and §6.5. */

import type { ErrorCause, PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { PoolUserAnswer, Random } from "../../handlespace/mod.ts";
import type { Limits } from "../limits.ts";
import type { DisconnectReason } from "../machine.ts";
import type { UserSessionTiming } from "../timing.ts";
import type { Card } from "./element_contract.ts";

/** What a session is made of. */
export interface UserSessionOptions {
  readonly poolHandle: PoolHandle;
  readonly timing: UserSessionTiming;
  readonly limits: Pick<
    Limits,
    "partialMessageMs" | "maxCookieBytes" | "maxFailoverOrder" | "maxUnsentBytes"
  >;
  readonly random: Random;
  /** ASAP_SEND_NO_FAILOVER if `false`: the first element is the only one. RFC 5352 §6.5.5. */
  readonly failover: boolean;
  /** The element that it begins with, if that is in the pool. */
  readonly first?: number | undefined;
  /** Whether the registrar is asked again if that is not in the pool, as far as is known. */
  readonly requiresFirst?: boolean | undefined;
  /** Elements that are tried before the policy chooses, until a card of an element comes. */
  readonly order?: readonly number[] | undefined;
  /** The card of this side, if it is an element itself. RFC 5352 §3.9. */
  readonly businessCard?: Card | undefined;
}

/** What the program asks for. `send` is a number of the caller's, each used once. */
export type UserSessionCommand =
  | { readonly type: "send"; readonly send: number; readonly bytes: Uint8Array }
  | { readonly type: "send-card"; readonly card: Card }
  /** Nothing more will be sent. */
  | { readonly type: "end"; readonly send: number }
  /** Ends both directions in order; what still comes is thrown away. */
  | { readonly type: "close"; readonly send: number }
  /** Ends it at once. */
  | { readonly type: "abort" };

/** What is known of the pool, and where its policy stands. */
export interface KnownPool extends PoolUserAnswer {
  /** What the policy of the pool chooses next, over all sessions; `undefined`: it cannot say. */
  readonly propose?: (() => PoolElement | undefined) | undefined;
}

/** All that can happen to a session. */
export type UserSessionInput =
  /** The answer to `resolve`. */
  | { readonly type: "resolved"; readonly request: number; readonly pool: KnownPool }
  | { readonly type: "unresolved"; readonly request: number }
  /** The dial led to a connection, of which nothing is read until `start`. */
  | { readonly type: "connected"; readonly attempt: number }
  /** It led to none, or the connection was lost. */
  | {
    readonly type: "disconnected";
    readonly attempt: number;
    readonly reason: DisconnectReason;
    readonly detail?: string | undefined;
  }
  | { readonly type: "received"; readonly attempt: number; readonly bytes: Uint8Array }
  /** Nothing is read until the program has: what is missing is not the element's fault. */
  | { readonly type: "unheard"; readonly attempt: number }
  /** The program knows of the next element, and what it says to it before all else. */
  | {
    readonly type: "announced";
    readonly attempt: number;
    readonly greeting: readonly Uint8Array[];
  }
  /** The program does not trust the next element. */
  | { readonly type: "vetoed"; readonly attempt: number }
  /** The system has taken a `write` with this `send`. */
  | { readonly type: "written"; readonly attempt: number; readonly send: number }
  | { readonly type: "deadline" }
  | { readonly type: "command"; readonly command: UserSessionCommand };

/** One element that was tried in vain, or lost. */
export interface ElementFailure {
  /** Which element. */
  readonly element: PoolElement;
  /** Why. */
  readonly reason: DisconnectReason;
  /** More of it for people. */
  readonly detail?: string | undefined;
}

/** Why a session has failed. */
export type UserSessionFailure =
  /** The pool could not be resolved, and no element was ever tried. */
  | "unresolved"
  /** No element could be connected to in time. */
  | "no-element"
  /** No element that could be connected to has proved that it is trusted. */
  | "not-trusted"
  /** The element was lost, and there is to be no other, or it had ended its data. */
  | "element-lost"
  /** The next element has refused the cookie of the last one. */
  | "cookie-refused"
  /** The program does not trust the next element. */
  | "vetoed"
  /** The program has ended it. */
  | "aborted";

/** All that a session can ask for or tell. */
export type UserSessionOutput =
  /** What is in the pool, as it is known now; `isFresh`: by a registrar that is asked now. */
  | { readonly type: "resolve"; readonly request: number; readonly isFresh: boolean }
  | {
    readonly type: "dial";
    readonly attempt: number;
    readonly element: PoolElement;
    readonly timeoutMs: number;
  }
  /** A dial, or a connection, is over: in order, or at once. Nothing is told of it any more. */
  | { readonly type: "hang-up"; readonly attempt: number; readonly how: "close" | "abort" }
  /** One failure of one element. RFC 5352 §3.5. */
  | { readonly type: "report"; readonly identifier: number }
  /** The program is to know of the next element; the answer is `announced` or `vetoed`. */
  | {
    readonly type: "announce";
    readonly attempt: number;
    readonly from: ElementFailure;
    readonly to: PoolElement;
    readonly hasCookie: boolean;
  }
  /** What comes over the connection may be read from now on. */
  | { readonly type: "start"; readonly attempt: number }
  /** The session is on this element now. */
  | { readonly type: "opened"; readonly attempt: number; readonly element: PoolElement }
  | {
    readonly type: "write";
    readonly attempt: number;
    readonly bytes: Uint8Array;
    /** `written` is to tell when the system has taken it. */
    readonly send?: number | undefined;
  }
  /** An answer to what nobody needs: it may be left out when much is queued. */
  | { readonly type: "reply"; readonly attempt: number; readonly bytes: Uint8Array }
  /** Nothing more will be written: the other side is to learn it. Then `written` comes. */
  | { readonly type: "end-write"; readonly attempt: number; readonly send: number }
  /** What was to be sent was handed to this element, and to no other. */
  | { readonly type: "handed"; readonly send: number; readonly element: PoolElement }
  /** Bytes that may be views into what was received. */
  | { readonly type: "data"; readonly bytes: Uint8Array; readonly element: PoolElement }
  /** The element will send no more data. */
  | { readonly type: "element-ended" }
  | { readonly type: "card"; readonly card: Card }
  | { readonly type: "error-received"; readonly causes: readonly ErrorCause[] }
  /** A message of the control channel was ignored; told once of each connection. */
  | { readonly type: "discarded"; readonly messageType: string; readonly why: string }
  /** The last output. Without a failure it ended in order. */
  | {
    readonly type: "over";
    readonly failure: UserSessionFailure | undefined;
    /** What was tried since the session was on an element, the latest last. */
    readonly attempts: readonly ElementFailure[];
  };
