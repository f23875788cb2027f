/** Every limit of pre-shared-key TLS, by name; each has a test at the limit. */

/** Limits that one connection keeps. */
export interface PskTlsLimits {
  /** Bytes of one handshake message that is received, with its header. */
  readonly maxHandshakeMessageBytes: number;
  /** Bytes of all handshake messages that are received until the handshake is done. */
  readonly maxHandshakeBytes: number;
  /** Records without content, and warnings, in succession. */
  readonly maxEmptyRecords: number;
  /** change_cipher_spec records that are dropped. RFC 8446 §5. */
  readonly maxChangeCipherSpecs: number;
  /** Session tickets that are ignored. RFC 8446 §4.6.1. */
  readonly maxTickets: number;
  /** KeyUpdates that come without application data between them. RFC 8446 §4.6.3. */
  readonly maxKeyUpdates: number;
  /** Records under one key, 2 or more; then this side changes its own or asks the peer. §5.5. */
  readonly maxRecordsPerKey: number;
  /** Bytes of records of offered early data that are skipped. RFC 8446 §4.2.10. */
  readonly maxEarlyDataBytes: number;
  /** Offered identities that are looked up; later ones are as if unknown. */
  readonly maxOfferedIdentities: number;
}

/** What is kept where nothing else is said. */
export const DEFAULT_PSK_TLS_LIMITS: PskTlsLimits = {
  maxHandshakeMessageBytes: 0x4000,
  maxHandshakeBytes: 0x8000,
  maxEmptyRecords: 32,
  maxChangeCipherSpecs: 4,
  maxTickets: 64,
  maxKeyUpdates: 32,
  maxRecordsPerKey: 2 ** 23,
  maxEarlyDataBytes: 0x10000,
  maxOfferedIdentities: 8,
};

/** Longest identity, in bytes, that is configured or looked up. RFC 9257 §6.1: they are opaque. */
export const MAX_IDENTITY_BYTES = 64;

/** Shortest key, in bytes. RFC 9257 §6: at least 128 bits of entropy. */
export const MIN_KEY_BYTES = 16;

/** Longest content of a record. RFC 8446 §5.1. */
export const MAX_PLAINTEXT_BYTES = 0x4000;

/** Longest encrypted_record. RFC 8446 §5.2. */
export const MAX_CIPHERTEXT_BYTES = MAX_PLAINTEXT_BYTES + 256;
