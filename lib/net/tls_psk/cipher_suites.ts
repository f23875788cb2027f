/** The cipher suites of RFC 8446 §B.4 whose hash is SHA-256. */

/** The name of a cipher suite that is used. */
export type CipherSuiteName = "TLS_CHACHA20_POLY1305_SHA256" | "TLS_AES_128_GCM_SHA256";

/** A cipher suite, and how node:crypto names its AEAD. */
export interface CipherSuite {
  readonly name: CipherSuiteName;
  readonly code: number;
  readonly algorithm: "chacha20-poly1305" | "aes-128-gcm";
  readonly keyBytes: number;
}

const CIPHER_SUITES: Readonly<Record<CipherSuiteName, CipherSuite>> = {
  TLS_CHACHA20_POLY1305_SHA256: {
    name: "TLS_CHACHA20_POLY1305_SHA256",
    code: 0x1303,
    algorithm: "chacha20-poly1305",
    keyBytes: 32,
  },
  TLS_AES_128_GCM_SHA256: {
    name: "TLS_AES_128_GCM_SHA256",
    code: 0x1301,
    algorithm: "aes-128-gcm",
    keyBytes: 16,
  },
};

/** The preferred one first: AES-GCM has no help of the processor in every runtime. */
const PREFERENCE: readonly CipherSuiteName[] = [
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
];

/** The cipher suites of these names, in this order. */
export function cipherSuites(names: readonly CipherSuiteName[] = PREFERENCE): CipherSuite[] {
  return names.map((name) => CIPHER_SUITES[name]);
}
