/** What the keys of the section security: mean, for manual pages. docs/security.md has more. */

/** A key of the section, what stands behind it, and what it says. */
type Key = readonly [key: string, value: string, meaning: string];

/** Keys of the section itself. */
export const SECURITY_KEYS: readonly Key[] = [
  ["read", "PATTERNS | everyone", "pools that everybody over TLS may resolve"],
  [
    "allow-insecure-resolution",
    "true | false",
    "whether pool users may resolve those without TLS, too; nothing else is ever allowed there",
  ],
  ["identities", "LIST", "who may do what; below"],
  ["psk-keys", "FILE", "pre-shared keys that are accepted, a line IDENTITY:KEY each; mode 0600"],
  ["psk-peers", "MAPPING", "HOST:PORT of a peer to the key by which it is dialled; below"],
  ["rates", "MAPPING", "how often one identity or address may ask; below"],
];

/** Keys of each entry of identities. */
export const IDENTITY_KEYS: readonly Key[] = [
  ["certificate", "NAMES", "DNS names or URIs of certificates; * stands for a part of a DNS name"],
  ["psk", "NAMES", "identities of pre-shared keys"],
  ["name", "NAME", "what it is called in logs"],
  ["register", "PATTERNS", "pools in which it may register elements"],
  ["addresses", "RANGES", "addresses that its elements may have, such as 192.0.2.0/24"],
  ["registrar", "true | false", "whether it may be a peer"],
  ["read", "PATTERNS", "pools that it may resolve, besides those that everybody may"],
  ["operate", "true | false", "whether it may see peers and the whole handle table"],
];

/** Keys of each entry of psk-peers. */
export const PEER_KEYS: readonly Key[] = [
  ["identity", "NAME", "the identity that is shown to that peer"],
  ["file", "FILE", "the file with its key"],
];

/** Keys of rates. */
export const RATE_KEYS: readonly Key[] = [
  ["registrations-per-second", "NUMBER", "registrations of an identity or address"],
  ["resolutions-per-second", "NUMBER", "resolutions"],
  ["reports-per-second", "NUMBER", "reports of unreachable elements"],
  ["connections-per-second", "NUMBER", "connections of an address"],
  ["handshakes-per-second", "NUMBER", "TLS handshakes of an address"],
  ["burst-seconds", "NUMBER", "seconds whose requests may come at once"],
];
