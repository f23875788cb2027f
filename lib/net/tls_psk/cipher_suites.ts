/** The cipher suites of RFC 8446 §B.4 whose hash is SHA-256. */

/** The name of a cipher suite that is used. */
export type CipherSuiteName = "TLS_CHACHA20_POLY1305_SHA256" | "TLS_AES_128_GCM_SHA256";
