/**
 * The contract of a machine: the protocol without sockets, clock or chance. One input, run to
 * completion, then `poll` until it is empty, then `deadline`; only then the next input.
 */

import type { Instant } from "../bindings/mod.ts";
import type { AsapMessage, DecodeFailure, EnrpMessage } from "../wire/mod.ts";

export type { Instant };

/**
 * One connection, as a number: the machine numbers those it dials 1, 3, 5, …, its host those it
 * accepts 2, 4, 6, …. A number is never used twice.
 */
export type Association = number;

/**
 * What is spoken on an association. Message types of the two overlap, so it is known beforehand.
 */
export type ProtocolName = "ASAP" | "ENRP";

/** A message of either protocol, told apart by `type`. */
export type Message = AsapMessage | EnrpMessage;

/**
 * Where a socket is. `host` is a canonical IP address, or a name where something is to be dialled.
 */
export interface SocketAddress {
  /** An IP address, or a name where it is dialled. */
  readonly host: string;
  /** From 0 to 65535; 0 stands for any where it is listened on. */
  readonly port: number;
}

/** Why an association ended, or could not be made. */
export type DisconnectReason =
  | "closed" // by the other side, in order
  | "reset" // by the other side or the network, not in order
  | "refused"
  | "timed-out"
  | "unreachable"
  | "unknown-host"
  | "garbage" // what came is no message; `detail` says what it looks like
  | "partial-timeout" // part of a message and then silence
  | "overflow" // too many bytes wait for a reader that does not read
  | "security" // the other side did not prove who it is, or refused this one; `detail` says why
  | "failed"; // anything else; `detail` says what

/** What secures an association: TLS with certificates, or with a pre-shared key. */
export type SecurityKind = "certificate" | "psk";

/** An association is open: accepted, or dialled because a `connect` output asked for it. */
export interface Connected {
  readonly type: "connected";
  readonly association: Association;
  readonly protocol: ProtocolName;
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  /** What secures it; absent on plain TCP. */
  readonly security?: SecurityKind | undefined;
  /** The name of the certificate or key that the other side has shown, if it has shown one. */
  readonly identity?: string | undefined;
  /** Whether that certificate carries the role of a registrar (protocol decision 28). */
  readonly isRegistrar?: boolean | undefined;
}

/** A message came. `unrecognized` TLVs in it were skipped and are to be reported, RFC 5354 §3. */
export interface Received {
  readonly type: "received";
  readonly association: Association;
  readonly message: Message;
  readonly unrecognized: readonly Uint8Array[];
}

/** Bytes came that are no valid message; where the next one begins is still known. */
export interface Undecodable {
  readonly type: "undecodable";
  readonly association: Association;
  readonly failure: DecodeFailure;
}

/** An association ended that the machine did not close itself, or a dial failed. */
export interface Disconnected {
  readonly type: "disconnected";
  readonly association: Association;
  readonly reason: DisconnectReason;
  readonly detail?: string | undefined;
}

/** All that can happen to a machine. */
export type Input<Command> =
  | Connected
  | Received
  | Undecodable
  | Disconnected
  | { readonly type: "deadline" }
  | { readonly type: "command"; readonly command: Command };

/** All that a machine can ask for or tell. After `close`, no `disconnected` comes for it. */
export type Output<Event> =
  | { readonly type: "send"; readonly association: Association; readonly message: Message }
  | {
    readonly type: "connect";
    readonly association: Association;
    readonly protocol: ProtocolName;
    readonly to: SocketAddress;
    /** How long the attempt may last. */
    readonly timeoutMs: number;
    /** How it is to be secured, where the machine knows; otherwise its driver does. */
    readonly security?: SecurityKind | undefined;
  }
  | { readonly type: "close"; readonly association: Association }
  /** Nothing is to be read of an association for so long: what it sends waits where it is. */
  | { readonly type: "pause"; readonly association: Association; readonly forMs: number }
  | { readonly type: "event"; readonly event: Event };

/** A protocol role without the world. */
export interface Machine<Command, Event> {
  /** Never throws for anything that a peer can send. */
  handle(input: Input<Command>, now: Instant): void;
  /** The next output, or `undefined` when there is none. */
  poll(): Output<Event> | undefined;
  /** When to call again with a `deadline` input, if nothing else happens before. */
  deadline(): Instant | undefined;
}
