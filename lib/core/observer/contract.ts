/** What an observer's machine is told, asked and tells. RFC 5353 §2.2, §2.3, §2.5 and §2.6. */

import type {
  Binding,
  BindingDigest,
  BindingServer,
  ErrorCause,
  ListedServer,
  PoolElement,
  PoolHandle,
} from "../../wire/mod.ts";
import type { Random } from "../../handlespace/random.ts";
import type { Attempt, AttemptEvent } from "../attempt.ts";
import type { HintCommand } from "../discovery/client_discovery.ts";
import type { Limits } from "../limits.ts";
import type { Association, Instant, SocketAddress } from "../machine.ts";
import type { HuntTiming } from "../timing.ts";

/** What an observer's machine is made of. */
export interface ObserverOptions {
  /** ENRP addresses of registrars, at least one unless it discovers. */
  readonly registrars: readonly SocketAddress[];
  /** Whether hints of registrars that announce themselves will come. */
  readonly discovers?: boolean | undefined;
  readonly timing: HuntTiming;
  readonly limits: Limits;
  readonly random: Random;
  /** Default `given`. */
  readonly order?: "given" | "random";
  /** As for a pool user; default one second. */
  readonly staggerMs?: number | undefined;
  /** Whether each attempt to be answered by a registrar is told. */
  readonly tellsAttempts?: boolean | undefined;
}

/** What an observer is asked for. Every request is answered by an event, once. */
export type ObserverCommand =
  | HintCommand
  /** The registrars that a registrar knows. RFC 5353 §2.5. */
  | { readonly type: "list"; readonly request: number; readonly deadline: Instant }
  /** The handlespace as a registrar holds it. RFC 5353 §2.2. */
  | {
    readonly type: "handle-table";
    readonly request: number;
    readonly deadline: Instant;
    /** Only elements whose home the registrar is. */
    readonly ownChildrenOnly?: boolean;
  }
  /** What the tables of DHCP bindings come to that a registrar keeps. docs/dhcp.md §5.3. */
  | { readonly type: "binding-tables"; readonly request: number; readonly deadline: Instant }
  /** The DHCP bindings of a pool. docs/dhcp.md §5.3. */
  | {
    readonly type: "bindings";
    readonly request: number;
    readonly deadline: Instant;
    readonly poolHandle: PoolHandle;
    /** What the DHCP server of this PE identifier has itself; absent: what the registrar has. */
    readonly server?: number | undefined;
  }
  /** A DHCP server is down, by an operator's word. docs/dhcp.md §3.5. */
  | {
    readonly type: "partner-down";
    readonly request: number;
    readonly deadline: Instant;
    readonly poolHandle: PoolHandle;
    /** The name of the DHCP server. */
    readonly name: string;
    /** Even if it is heard. */
    readonly force?: boolean | undefined;
  }
  /** Forgets a request: nothing more comes for it. */
  | { readonly type: "cancel"; readonly request: number }
  /** Ends the machine: open requests fail. */
  | { readonly type: "stop" };

/** A pool of a handle table. */
export interface TablePool {
  /** The pool. */
  readonly poolHandle: PoolHandle;
  /** Its pool elements. */
  readonly poolElements: readonly PoolElement[];
}

/** Why a request failed. */
export type ObserverFailure =
  /** The R flag, or an ENRP_ERROR: it does not serve now. `identifier` is the registrar's. */
  | {
    readonly why: "rejected";
    readonly identifier: number;
    readonly registrar: SocketAddress;
    readonly causes: readonly ErrorCause[];
  }
  /** No registrar answered rightly, or wholly, in time. */
  | { readonly why: "no-registrar"; readonly attempts: readonly Attempt[] }
  /** The machine was stopped. */
  | { readonly why: "stopped" };

/** What an observer's machine tells. */
export type ObserverEvent =
  | {
    readonly type: "listed";
    readonly request: number;
    /** Server identifier of the registrar that answered. */
    readonly identifier: number;
    readonly registrar: SocketAddress;
    readonly servers: readonly ListedServer[];
  }
  | {
    readonly type: "table";
    readonly request: number;
    readonly identifier: number;
    readonly registrar: SocketAddress;
    /** Each pool once, whatever the pages were. */
    readonly pools: readonly TablePool[];
  }
  | {
    readonly type: "binding-tables";
    readonly request: number;
    readonly identifier: number;
    readonly registrar: SocketAddress;
    readonly tables: readonly BindingDigest[];
  }
  | {
    readonly type: "bindings";
    readonly request: number;
    readonly identifier: number;
    readonly registrar: SocketAddress;
    readonly servers: readonly BindingServer[];
    /** In the order of their addresses. */
    readonly bindings: readonly Binding[];
    /** Of clients that had to give an address up, as another client has it. */
    readonly lost: readonly Binding[];
  }
  | {
    readonly type: "partner-down";
    readonly request: number;
    readonly identifier: number;
    readonly registrar: SocketAddress;
    /** The DHCP server's record as it is now. */
    readonly servers: readonly BindingServer[];
  }
  | ({ readonly type: "failed"; readonly request: number } & ObserverFailure)
  | AttemptEvent
  /** A message was ignored. */
  | {
    readonly type: "discarded";
    readonly association: Association;
    readonly messageType: string;
    readonly why: string;
  };
