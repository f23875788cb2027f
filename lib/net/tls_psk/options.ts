/** What a connection is made of, and what comes out of it. */
import type { PskTlsFailure } from "./failure.ts";
import type { GroupName } from "./groups.ts";
import type { PskTlsLimits } from "./limits.ts";
import type { CipherSuiteName } from "./cipher_suites.ts";

/** What both roles need. */
export interface PskTlsOptions {
  /** The application protocol, RFC 7301: 1 to 255 ASCII characters; both sides must name it. */
  readonly alpn: string;
  /** Limits other than `DEFAULT_PSK_TLS_LIMITS`. */
  readonly limits?: Partial<PskTlsLimits> | undefined;
  /** Random bytes; `randomBytes` of node:crypto if nothing is given. */
  readonly random?: ((bytes: number) => Uint8Array) | undefined;
  /** Groups, the preferred one first; a client sends a share of that one. X25519, P-256. */
  readonly groups?: readonly GroupName[] | undefined;
  /** Cipher suites, the preferred one first. ChaCha20-Poly1305, AES-128-GCM. */
  readonly cipherSuites?: readonly CipherSuiteName[] | undefined;
}

/** What a client needs. */
export interface PskClientOptions extends PskTlsOptions {
  /** 1 to 64 bytes. They travel in clear. */
  readonly identity: Uint8Array;
  /** At least 16 bytes. */
  readonly key: Uint8Array;
}

/** What a server needs. */
export interface PskServerOptions extends PskTlsOptions {
  /** The key of an identity, at least 16 bytes; undefined if it is unknown. */
  lookup(identity: Uint8Array): Uint8Array | undefined;
}

/** What a connection wants done or known, in this order. */
export type PskTlsOutput =
  /** Bytes for the peer. They are the caller's. */
  | { readonly type: "write"; readonly bytes: Uint8Array }
  /** The handshake is done and the peer has shown that it has the identity's key. */
  | {
    readonly type: "established";
    readonly identity: Uint8Array;
    readonly alpn: string;
    readonly cipherSuite: CipherSuiteName;
    readonly group: GroupName;
  }
  /** Application data of the peer. They are the caller's. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** The peer will send no more: close_notify came. RFC 8446 §6.1. */
  | { readonly type: "closed" }
  /** The connection is over. Nothing comes after this. */
  | { readonly type: "failed"; readonly failure: PskTlsFailure };
