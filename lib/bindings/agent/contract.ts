/** What an agent beside a DHCP server is told, asked and tells. docs/dhcp.md §2, §3. */

import type { Binding, BindingServer, BindingTransaction, IpAddress } from "../../wire/mod.ts";
import type { Instant } from "../stored_binding.ts";

/** Who has a lease, in the words of a binding. */
export interface Client {
  /** Hardware address, two digits a byte with colons. */
  readonly hardware: string;
  /** Client identifier, likewise. */
  readonly clientId?: string | undefined;
  /** The name that it gives itself. */
  readonly host?: string | undefined;
}

/** What a DHCP server tells of a lease after the fact, in the order in which it happened. */
export interface LeaseEvent {
  /** `add`: a new lease; `old`: one that it had, or has again; `del`: it ended. */
  readonly action: "add" | "old" | "del";
  /** Where. */
  readonly address: IpAddress;
  /** Who. */
  readonly client: Client;
  /** Seconds until the lease ends, `INFINITE_LEASE` for ever; of `del`: would have ended. */
  readonly remaining: number;
}

/** What a DHCP server has at an address. */
export type Holding =
  /** Nothing: it may give the address to anybody. */
  | { readonly kind: "free" }
  /** A lease of nobody: it gives the address to nobody. */
  | { readonly kind: "placeholder" }
  /** A lease: it gives the address to this client only. */
  | { readonly kind: "lease"; readonly client: Client; readonly expiresAt: Instant };

/** That a DHCP server is to have something else at an address. */
export interface Change {
  /** Where. */
  readonly address: IpAddress;
  /** What is to be there. */
  readonly holding: Holding;
}

/** What an agent is made of. */
export interface AgentOptions {
  /** PE identifier of the DHCP server. */
  readonly self: number;
  /** What people call it. */
  readonly name: string;
  /** First address of the pool's range. */
  readonly first: IpAddress;
  /** Last address of the pool's range. */
  readonly last: IpAddress;
  /** Which share it has, from 1. */
  readonly share: number;
  /** How many shares there are. */
  readonly shares: number;
  /** Longest lease that it grants, in seconds; `INFINITE_LEASE` for ever. */
  readonly lease: number;
  /** Whether its DHCP server refuses clients that it does not know. */
  readonly authoritative: boolean;
  /** Hardware address of placeholders: nobody else may know it. */
  readonly placeholder: string;
  /** Addresses of the range that nobody may give, as this host has them. */
  readonly unavailable?: readonly IpAddress[] | undefined;
  /** What was on the disk. */
  readonly saved?: SavedAgent | undefined;
}

/** What is to survive on the disk. */
export interface SavedAgent {
  /** DHCP servers of the pool. */
  readonly servers: readonly BindingServer[];
  /** The table. */
  readonly bindings: readonly Binding[];
  /** The highest counter that was ever seen. */
  readonly clock: number;
  /** The claim that all others had acknowledged; 0: none. */
  readonly confirmedClaim: number;
  /** Whether it was down by an operator's word, and not all others knew that it was back. */
  readonly isReturning: boolean;
  /** Milliseconds since a registrar was heard, when it was saved; absent: never. */
  readonly contactAgoMs?: number | undefined;
  /** Milliseconds since it was saved, when it is read again. */
  readonly savedAgoMs: number;
}

/** Why a DHCP server gives new clients nothing. */
export type WithheldReason =
  /** Others have not acknowledged its claim: they may still give its addresses. */
  | "unconfirmed"
  /** It has heard no registrar for half a lease. */
  | "silent"
  /** An operator has said that it is down. */
  | "down";

/** What an agent tells. */
export type AgentEvent =
  | {
    readonly type: "granted";
    readonly address: IpAddress;
    readonly client: Client;
    readonly transaction: BindingTransaction;
  }
  | {
    readonly type: "ended";
    readonly address: IpAddress;
    readonly transaction: BindingTransaction;
  }
  /** Two clients have one address: the one that is named here has to give it up. */
  | {
    readonly type: "conflict";
    readonly address: IpAddress;
    readonly client: Client;
    /** PE identifier of the server that has given it the address. */
    readonly server: number;
  }
  /** The DHCP server had given an address away just before something else was put there. */
  | { readonly type: "grant-found"; readonly address: IpAddress; readonly client: Client }
  /** A lease that is none of the range: the DHCP server is configured otherwise. */
  | { readonly type: "out-of-range"; readonly address: IpAddress }
  | {
    readonly type: "share-withheld";
    readonly why: WithheldReason;
    /** Names of those whose word is missing. */
    readonly waitsFor: readonly string[];
  }
  /** It may give new clients what is free of its share. */
  | { readonly type: "share-confirmed"; readonly free: number }
  /** Another server's record says something new of it. */
  | {
    readonly type: "server-changed";
    readonly name: string;
    readonly flags: BindingServer["flags"];
  };

/** What is to be done for an agent. */
export type AgentOutput =
  /**
   * Each is to be deleted and added in one go. Urgent: an address is free that must not be; without
   * changes, that is so of changes before.
   */
  | { readonly type: "apply"; readonly changes: readonly Change[]; readonly urgent: boolean }
  | {
    readonly type: "publish";
    readonly servers: readonly BindingServer[];
    readonly bindings: readonly Binding[];
  }
  | { readonly type: "event"; readonly event: AgentEvent };
