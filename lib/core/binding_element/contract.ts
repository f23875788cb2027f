/** What the machine of a DHCP server's bindings is told, asked and tells. docs/dhcp.md §5.6. */

import type { Random } from "../../handlespace/random.ts";
import type { Binding, BindingServer, ErrorCause, IpAddress, PoolHandle } from "../../wire/mod.ts";
import type { Attempt, AttemptEvent } from "../attempt.ts";
import type { HintCommand } from "../discovery/client_discovery.ts";
import type { Limits } from "../limits.ts";
import type { Association, DisconnectReason, SocketAddress } from "../machine.ts";
import type { BindingElementTiming } from "./timing.ts";

/** What the machine is made of. */
export interface BindingElementOptions {
  /** The pool of the DHCP servers. */
  readonly poolHandle: PoolHandle;
  /** PE identifier of this DHCP server, by which it is registered in that pool. */
  readonly peIdentifier: number;
  /** ASAP addresses of registrars, at least one unless it discovers. */
  readonly registrars: readonly SocketAddress[];
  /** Whether hints of registrars that announce themselves will come. */
  readonly discovers?: boolean | undefined;
  readonly timing: BindingElementTiming;
  readonly limits: Limits;
  readonly random: Random;
  /** Default `random`, as for a pool element (protocol decision 16). */
  readonly order?: "given" | "random" | undefined;
  /** As for a pool element. */
  readonly staggerMs?: number | undefined;
  /** Whether each attempt to be served by a registrar is told. */
  readonly tellsAttempts?: boolean | undefined;
}

/** What a message says of bindings. */
export interface BindingRecords {
  /** DHCP servers of the pool. */
  readonly servers: readonly BindingServer[];
  /** Addresses, and to whom they are bound. */
  readonly bindings: readonly Binding[];
}

/** What the owner of the machine asks for. */
export type BindingElementCommand =
  | HintCommand
  /** Looks for a registrar, and goes on until `stop`. */
  | { readonly type: "start" }
  /** Tells registrars, until one has taken it; of each address, only the newest version. */
  | ({ readonly type: "publish" } & BindingRecords)
  /** Asks at once what a pause after a rejection would put off: the element is registered now. */
  | { readonly type: "retry" }
  /** Answers `dump-asked`: what comes after the address that it names, in order. */
  | (
    & {
      readonly type: "table-page";
      readonly request: number;
      readonly moreToSend: boolean;
    }
    & BindingRecords
  )
  /** Ends the machine: its association is closed. */
  | { readonly type: "stop" };

/** What the machine tells. */
export type BindingElementEvent =
  /** A server hunt begins. RFC 5352 §3.6. */
  | { readonly type: "hunting" }
  /** A whole set of registrars was tried in vain; the hunt goes on. */
  | { readonly type: "hunt-failure"; readonly attempts: readonly Attempt[] }
  | AttemptEvent
  /** An association with a registrar is open. */
  | { readonly type: "connected"; readonly registrar: SocketAddress }
  /** It has ended, or was left: `silent` for want of an answer. */
  | ({ readonly type: "lost" } & BindingRegistrarLost)
  /** The registrar has answered something. */
  | { readonly type: "contact"; readonly registrar: SocketAddress }
  /** The first page of the whole table is about to be told. */
  | { readonly type: "table-began"; readonly registrar: SocketAddress }
  /** What a registrar knows: a page, an update, or what it knows to be newer than what came. */
  | ({ readonly type: "records" } & BindingRecords)
  /** The whole table has been told; all that changes is, from now on. */
  | { readonly type: "synchronized"; readonly registrar: SocketAddress }
  /** A registrar has it now. */
  | ({ readonly type: "published" } & BindingRecords)
  /** Addresses that a registrar did not take, as it never would. */
  | {
    readonly type: "addresses-refused";
    readonly addresses: readonly IpAddress[];
    readonly causes: readonly ErrorCause[];
  }
  /** A registrar refuses all. Tried again after a pause, or elsewhere, unless it is fatal. */
  | {
    readonly type: "rejected";
    readonly registrar: SocketAddress;
    readonly causes: readonly ErrorCause[];
    /** The server's record does not fit those of others: nothing is sent until a new one is. */
    readonly fatal: boolean;
  }
  /** Somebody wants to see what this DHCP server has: `table-page` is awaited. */
  | { readonly type: "dump-asked"; readonly request: number; readonly after: IpAddress }
  /** A message was ignored. */
  | {
    readonly type: "discarded";
    readonly association: Association;
    readonly messageType: string;
    readonly why: string;
  }
  /** An ASAP_ERROR came. */
  | { readonly type: "error-received"; readonly causes: readonly ErrorCause[] };

/** How a registrar was lost. */
export interface BindingRegistrarLost {
  /** Where it is. */
  readonly registrar: SocketAddress;
  /** Why. */
  readonly reason: DisconnectReason | "silent";
  /** More for people. */
  readonly detail?: string | undefined;
}
