/** The groups of (EC)DHE key exchange, RFC 8446 §4.2.7 and §4.2.8. */

/** The name of a group that is used. */
export type GroupName = "X25519" | "P-256";
