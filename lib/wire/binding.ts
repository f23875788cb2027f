/**
 * DHCP bindings as messages carry them: our own parameters, for the service of
 * draft-ietf-dhc-interserver-alt-00. docs/dhcp.md §4.
 */

import {
  addresses,
  colonHex,
  counter,
  digest,
  flags,
  named,
  numbers,
  plainText,
} from "./binding_field.ts";
import { type Field, ipAddressField, reserved16, u16, u32 } from "./field.ts";
import type { IpAddress } from "./ip_address.ts";
import { MAX_BINDING_SERVERS, MAX_REFUSED_BINDINGS } from "./limits.ts";
import { PoolHandleParameter } from "./parameters.ts";
import { many, one, optional } from "./place.ts";
import { parameter, parameterOf } from "./schema.ts";
import type { PoolHandle } from "./pool_handle.ts";

const SOURCE = "docs/dhcp.md §4";

/** Seconds that stand for "for ever", as in DHCP (RFC 2131 §3.3). */
export const INFINITE_LEASE = 0xffffffff;

/** Longest hardware address (RFC 2131 §2, chaddr). */
const MAX_HARDWARE_BYTES = 16;
/** Longest client identifier that an option can hold. */
const MAX_CLIENT_ID_BYTES = 255;
/** Longest label of a host name. RFC 1035 §2.3.4. */
const MAX_HOST_BYTES = 63;
/** Longest name of a DHCP server. */
const MAX_SERVER_NAME_BYTES = 63;

/** States of a binding, from the draft; in the order in which one version of it goes. */
export const BINDING_STATES = ["BOUND", "EXPIRED", "BINDABLE", "UNAVAILABLE"] as const;
/** The state of a binding. */
export type BindingState = typeof BINDING_STATES[number];

/** What brought a binding about; of two at once, the later one in this list counts. */
export const BINDING_TRANSACTIONS = [
  "EXPIRATION",
  "RELEASE",
  "RENEWING",
  "INIT-REBOOT",
  "REBINDING",
  "SELECTING",
  "DECLARATION",
] as const;
/** What brought a binding about. */
export type BindingTransaction = typeof BINDING_TRANSACTIONS[number];

const HardwareParameter = parameterOf(
  "Hardware Address",
  0x80f7,
  SOURCE,
  colonHex("Hardware Address", MAX_HARDWARE_BYTES),
);
const ClientIdentifierParameter = parameterOf(
  "Client Identifier",
  0x80f8,
  SOURCE,
  colonHex("Client Identifier", MAX_CLIENT_ID_BYTES),
);
const HostNameParameter = parameterOf(
  "Host Name",
  0x80f9,
  SOURCE,
  plainText("Host Name", MAX_HOST_BYTES),
);
const AcknowledgementsParameter = parameterOf(
  "Acknowledgements",
  0x80fa,
  SOURCE,
  numbers("DHCP Server Identifier", MAX_BINDING_SERVERS),
);

/** One address, and to whom it is bound. docs/dhcp.md §2. */
export interface Binding {
  /** IPv4 address. */
  readonly address: IpAddress;
  /** Whether it is bound. */
  readonly state: BindingState;
  /** What brought it about. */
  readonly transaction: BindingTransaction;
  /** Lamport counter of this address: the higher one is the later one. */
  readonly counter: number;
  /** PE identifier of the DHCP server at which it came about. */
  readonly server: number;
  /** Seconds that were granted; {@linkcode INFINITE_LEASE} for ever. */
  readonly lease: number;
  /** Seconds until it ends, from when the message was made; 0: it has ended. */
  readonly remaining: number;
  /** Client's hardware address, two digits a byte with colons. */
  readonly hardware?: string | undefined;
  /** Client identifier, two digits a byte with colons. */
  readonly clientId?: string | undefined;
  /** The name that the client gives itself. */
  readonly host?: string | undefined;
  /** DHCP servers that honour the client no longer (EXPIRED), or hold the address (BINDABLE). */
  readonly acknowledgedBy?: readonly number[] | undefined;
}

/** Binding: one address of a DHCP pool. */
export const BindingParameter = parameter("Binding", 0x80f6, SOURCE, {
  address: ipAddressField("Address", 4),
  state: named("State", BINDING_STATES),
  transaction: named("Transaction", BINDING_TRANSACTIONS),
  counter: counter("Counter"),
  server: u32("DHCP Server Identifier", "identifier"),
  lease: u32("Lease"),
  remaining: u32("Remaining"),
  hardware: optional(HardwareParameter),
  clientId: optional(ClientIdentifierParameter),
  host: optional(HostNameParameter),
  acknowledgedBy: optional(AcknowledgementsParameter),
});

const ServerNameParameter = parameterOf(
  "DHCP Server Name",
  0x80fc,
  SOURCE,
  plainText("DHCP Server Name", MAX_SERVER_NAME_BYTES),
);
const ClaimAcknowledgementParameter = parameter("Claim Acknowledgement", 0x80fd, SOURCE, {
  server: u32("DHCP Server Identifier", "identifier"),
  claim: counter("Claim"),
});

/** `down`: by an operator's word. `withheld`: it gives new clients nothing for now. */
export type BindingServerFlag = "down" | "authoritative" | "withheld";
const SERVER_FLAGS = ["down", "authoritative", "withheld"] as const satisfies BindingServerFlag[];

/** That a DHCP server has applied another one's claim to its share. */
export interface ClaimAcknowledgement {
  /** The server that has claimed. */
  readonly server: number;
  /** Which claim that was. */
  readonly claim: number;
}

/** A DHCP server of a pool, and its share of the addresses. docs/dhcp.md §3. */
export interface BindingServer {
  /** PE identifier. */
  readonly identifier: number;
  /** Counts the changes of this record. */
  readonly version: number;
  /** Counts how often it has claimed its share anew. */
  readonly claim: number;
  /** First address of the pool's range. */
  readonly first: IpAddress;
  /** Last address of the pool's range. */
  readonly last: IpAddress;
  /** Which share it has, from 1. */
  readonly share: number;
  /** How many shares there are. */
  readonly shares: number;
  /** Longest lease that it grants, in seconds. */
  readonly lease: number;
  /** Of one that is down: seconds until its share is free. */
  readonly freeIn: number;
  /** What else there is to know of it. */
  readonly flags: readonly BindingServerFlag[];
  /** What people call it. */
  readonly name: string;
  /** Claims of others that it has acknowledged. */
  readonly acknowledgements: readonly ClaimAcknowledgement[];
}

/** Binding Server: a DHCP server of a pool. */
export const BindingServerParameter = parameter("Binding Server", 0x80fb, SOURCE, {
  identifier: u32("DHCP Server Identifier", "identifier"),
  version: counter("Version"),
  claim: counter("Claim"),
  first: ipAddressField("First Address", 4),
  last: ipAddressField("Last Address", 4),
  share: u16("Share"),
  shares: u16("Shares"),
  lease: u32("Lease"),
  freeIn: u32("Free In"),
  flags: flags("Flags", SERVER_FLAGS),
  reserved: reserved16(),
  name: one(ServerNameParameter),
  acknowledgements: many(ClaimAcknowledgementParameter) as Field<readonly ClaimAcknowledgement[]>,
});

/** What a registrar's table of one DHCP pool comes to: equal tables have equal digests. */
export interface BindingDigest {
  /** The pool of the DHCP servers. */
  readonly poolHandle: PoolHandle;
  /** Bindings and DHCP servers in it. */
  readonly count: number;
  /** Sixteen hexadecimal digits. */
  readonly digest: string;
}

/** Binding Digest: one table of a registrar. */
export const BindingDigestParameter = parameter("Binding Digest", 0x80fe, SOURCE, {
  digest: digest("Digest"),
  count: u32("Count"),
  poolHandle: one(PoolHandleParameter),
});

/** Binding Tables: that a registrar keeps DHCP bindings, and what each table comes to. */
export const BindingTablesParameter = parameterOf(
  "Binding Tables",
  0x80f5,
  SOURCE,
  many(BindingDigestParameter) as Field<readonly BindingDigest[]>,
);

/** Refused Bindings: addresses of an update that were not taken; the cause says why. */
export const RefusedBindingsParameter = parameterOf(
  "Refused Bindings",
  0x80ff,
  SOURCE,
  addresses("Address", MAX_REFUSED_BINDINGS),
);

/** Lost Bindings: of clients that had to give an address up, as another client has it. */
export const LostBindingsParameter = parameterOf(
  "Lost Bindings",
  0x80f0,
  SOURCE,
  many(BindingParameter) as Field<readonly Binding[]>,
);
