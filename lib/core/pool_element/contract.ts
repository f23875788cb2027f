/** What a pool element's machine is told, asked and tells. RFC 5352 §3.1, §3.2, §3.4 and §3.6. */

import type {
  ErrorCause,
  IpAddress,
  Policy,
  PoolElement,
  PoolHandle,
  Transport,
} from "../../wire/mod.ts";
import type { Random } from "../../handlespace/random.ts";
import type { Attempt, AttemptEvent } from "../attempt.ts";
import type { HintCommand } from "../discovery/client_discovery.ts";
import type { Limits } from "../limits.ts";
import type { Association, DisconnectReason, Instant, SocketAddress } from "../machine.ts";
import type { PoolElementTiming } from "../timing.ts";

/** The element as its owner describes it. What depends on the association is filled in later. */
export interface ElementDescription {
  /** PE Identifier, not 0. RFC 5352 §3.1, R2.2: of good randomness, and the same for ever. */
  readonly identifier: number;
  /** Registration Life in seconds, -1 for infinite. */
  readonly registrationLife: number;
  /** No address in it stands for the local address of the association with the registrar. */
  readonly transport: Transport;
  readonly policy: Policy;
}

/** Where registrars may dial the element: its ASAP endpoint (docs/tcp-mapping.md). */
export interface AsapEndpoint {
  /** Absent: the local address of the association with the registrar. */
  readonly host?: IpAddress | undefined;
  readonly port: number;
}

/** What a pool element's machine is made of. */
export interface PoolElementOptions {
  readonly poolHandle: PoolHandle;
  readonly element: ElementDescription;
  /** ASAP addresses of registrars, at least one unless it discovers. RFC 5352 §3.6. */
  readonly registrars: readonly SocketAddress[];
  /** Whether hints of registrars that announce themselves will come. */
  readonly discovers?: boolean | undefined;
  readonly timing: PoolElementTiming;
  readonly limits: Limits;
  readonly random: Random;
  /** Absent: no listener, and no ASAP Transport in registrations. See the command `endpoint`. */
  readonly endpoint?: AsapEndpoint | undefined;
  /** Without an endpoint: the port on which one listens at the local address of an association. */
  readonly endpointPort?: (local: IpAddress) => number | undefined;
  /** Default `random`, so that many elements do not all run to one registrar (decision 16). */
  readonly order?: "given" | "random";
  /** See {@linkcode HuntOptions}; absent: three at once. */
  readonly staggerMs?: number | undefined;
  /** Whether each attempt to be served by a registrar is told. */
  readonly tellsAttempts?: boolean | undefined;
}

/** What the owner of an element asks for. */
export type PoolElementCommand =
  | HintCommand
  /** Registers, and keeps registered, until `deregister`, `stop` or a rejection. */
  | { readonly type: "register" }
  /** A new policy or new policy values: re-registered at once. RFC 5352 §3.1 and §6.5.2. */
  | { readonly type: "update"; readonly policy: Policy }
  /** Where the service is: holds from the next registration, which follows at once. */
  | { readonly type: "transport"; readonly transport: Transport }
  /** The listener is bound, or gone: holds from the next registration, which follows at once. */
  | { readonly type: "endpoint"; readonly endpoint: AsapEndpoint | undefined }
  /** De-registers. With a deadline it gives up then; without, when the life has passed. */
  | { readonly type: "deregister"; readonly deadline?: Instant | undefined }
  /** Ends the machine without a word to the registrar; all associations are closed. */
  | { readonly type: "stop" };

/** Where an element is with its registration. */
export type PoolElementState =
  | "idle"
  | "hunting"
  | "registering"
  | "registered"
  | "deregistering"
  | "stopped";

/** What an element's machine tells. */
export type PoolElementEvent =
  /** A server hunt begins. RFC 5352 §3.6. */
  | { readonly type: "hunting"; readonly why: HuntReason }
  /** A whole set of registrars was tried in vain; the hunt goes on. */
  | { readonly type: "hunt-failure"; readonly attempts: readonly Attempt[] }
  | AttemptEvent
  /** An association with a registrar is open. */
  | { readonly type: "connected"; readonly registrar: SocketAddress }
  | {
    readonly type: "registered";
    /** Server identifier of the home, where it is known; else `home-identified` follows. */
    readonly home: number | undefined;
    readonly registrar: SocketAddress;
    /** Whether it is the first grant since `register` was asked for. */
    readonly first: boolean;
    /** Warnings of a grant: values that the registrar modified. RFC 5352 §2.2.3. */
    readonly warnings: readonly ErrorCause[];
    readonly element: PoolElement;
  }
  | {
    readonly type: "re-registered";
    readonly home: number | undefined;
    readonly registrar: SocketAddress;
    readonly warnings: readonly ErrorCause[];
    readonly element: PoolElement;
  }
  /** The state is `idle`; nothing is tried again before the next `register`. RFC 5352 §3.1. */
  | {
    readonly type: "rejected";
    readonly causes: readonly ErrorCause[];
    /** Whether a registration was granted before, since `register` was asked for. */
    readonly afterGrant: boolean;
    readonly registrar: SocketAddress;
  }
  /** T2-registration expired; `attempt` at this registrar was in vain. */
  | {
    readonly type: "registration-timed-out";
    readonly registrar: SocketAddress;
    readonly attempt: number;
  }
  /** The identifier of the home was learned from a keep-alive. */
  | { readonly type: "home-identified"; readonly home: number }
  /** A registrar said with the H flag that it is the home now. RFC 5352 §3.4, KA2.4. */
  | {
    readonly type: "home-changed";
    readonly home: number;
    readonly previous: number | undefined;
    readonly registrar: SocketAddress;
  }
  | {
    readonly type: "home-lost";
    readonly registrar: SocketAddress;
    readonly reason: DisconnectReason;
    readonly detail?: string | undefined;
  }
  /** The registrar told that the registration expired. RFC 5352 §3.2. */
  | { readonly type: "expired"; readonly registrar: SocketAddress }
  /** Nothing was heard of the home for two keep-alive cycles (protocol decision 10). */
  | { readonly type: "home-silent"; readonly registrar: SocketAddress }
  /** A keep-alive was acknowledged. */
  | { readonly type: "keep-alive"; readonly server: number; readonly home: boolean }
  /** T3-deregistration expired. */
  | { readonly type: "deregistration-timed-out"; readonly registrar: SocketAddress }
  | { readonly type: "deregistered"; readonly outcome: "granted" }
  /** The element may still be registered: its life will end it. */
  | {
    readonly type: "deregistered";
    readonly outcome: "gave-up";
    readonly attempts: readonly Attempt[];
  }
  | {
    readonly type: "deregistered";
    readonly outcome: "rejected";
    readonly causes: readonly ErrorCause[];
  }
  /** A message was ignored. */
  | {
    readonly type: "discarded";
    readonly association: Association;
    readonly messageType: string;
    readonly why: string;
  }
  /** An ASAP_ERROR came. */
  | { readonly type: "error-received"; readonly causes: readonly ErrorCause[] };

/** Why a server hunt begins. */
export type HuntReason =
  | "registration" // there is no home yet
  | "home-lost" // the association with it ended
  | "no-answer" // T2-registration or T3-deregistration expired too often
  | "deregistration"; // there is no home to de-register at
