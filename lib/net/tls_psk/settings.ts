/** What a connection needs of its options, checked and completed once. */
import { randomBytes } from "node:crypto";
import { type CipherSuite, cipherSuites } from "./cipher_suites.ts";
import { type Group, groups, type Random } from "./groups.ts";
import {
  DEFAULT_PSK_TLS_LIMITS,
  MAX_IDENTITY_BYTES,
  MIN_KEY_BYTES,
  type PskTlsLimits,
} from "./limits.ts";
import type { PskClientOptions, PskTlsOptions } from "./options.ts";

/** The options of either role, complete. */
export interface Settings {
  readonly alpn: string;
  readonly alpnBytes: Uint8Array;
  readonly limits: PskTlsLimits;
  readonly random: Random;
  readonly groups: readonly Group[];
  readonly cipherSuites: readonly CipherSuite[];
}

/** Completes the options; a name that ALPN cannot carry is a RangeError. RFC 7301 §3.1. */
export function settingsOf(options: PskTlsOptions): Settings {
  if (!/^[!-~]{1,255}$/.test(options.alpn)) {
    throw new RangeError("an ALPN name is 1 to 255 ASCII characters");
  }
  const limits = { ...DEFAULT_PSK_TLS_LIMITS, ...options.limits };
  if (limits.maxRecordsPerKey < 2) {
    throw new RangeError("a key is for at least one record and a KeyUpdate");
  }
  return {
    alpn: options.alpn,
    alpnBytes: new TextEncoder().encode(options.alpn),
    limits,
    random: options.random ?? randomBytes,
    groups: groups(options.groups),
    cipherSuites: cipherSuites(options.cipherSuites),
  };
}

/** Refuses an identity or a key of a length that none may have. RFC 9257 §6. */
export function checkOwnKey({ identity, key }: PskClientOptions): void {
  if (identity.length < 1 || identity.length > MAX_IDENTITY_BYTES) {
    throw new RangeError(`an identity is 1 to ${MAX_IDENTITY_BYTES} bytes`);
  }
  if (key.length < MIN_KEY_BYTES) {
    throw new RangeError(`a key is at least ${MIN_KEY_BYTES} bytes`);
  }
}
