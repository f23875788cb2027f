/**
 * TLS 1.3 (RFC 8446) with an external pre-shared key (RFC 9257) and no certificates: psk_dhe_ke,
 * X25519 and P-256, ChaCha20-Poly1305 and AES-128-GCM. No I/O and no time.
 *
 * @module
 */

export type { AlertName } from "./alerts.ts";
export type { CipherSuiteName } from "./cipher_suites.ts";
export type { PskTlsFailure } from "./failure.ts";
export type { GroupName } from "./groups.ts";
export { DEFAULT_PSK_TLS_LIMITS, MAX_IDENTITY_BYTES, MIN_KEY_BYTES } from "./limits.ts";
export type { PskTlsLimits } from "./limits.ts";
export type { PskClientOptions, PskServerOptions, PskTlsOptions, PskTlsOutput } from "./options.ts";
export { PskTls } from "./psk_tls.ts";
