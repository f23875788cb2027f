/** The key schedule of RFC 8446 §7, with SHA-256. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { CipherSuite } from "./cipher_suites.ts";

/** Bytes of a hash, a secret and a MAC. */
export const HASH_BYTES = 32;

/** Bytes of a nonce of both AEADs. RFC 8446 §5.3. */
const IV_BYTES = 12;

const ZEROS = new Uint8Array(HASH_BYTES);
const NOTHING = new Uint8Array(0);
const HASH_OF_NOTHING: Uint8Array = createHash("sha256").digest();

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(data).digest();
}

/** HKDF-Extract, RFC 5869 §2.2. */
function extract(salt: Uint8Array, input: Uint8Array): Uint8Array {
  return hmac(salt, input);
}

const labels = new Map<string, Uint8Array>();

/** HkdfLabel without its context: the length, and the label after "tls13 ". RFC 8446 §7.1. */
function encodedLabel(label: string, length: number): Uint8Array {
  const name = `${length} ${label}`;
  const known = labels.get(name);
  if (known) return known;
  const text = `tls13 ${label}`;
  const bytes = new Uint8Array(3 + text.length);
  bytes[1] = length;
  bytes[2] = text.length;
  for (let i = 0; i < text.length; i++) bytes[3 + i] = text.charCodeAt(i);
  labels.set(name, bytes);
  return bytes;
}

/** HKDF-Expand-Label, RFC 8446 §7.1, for at most 32 bytes: one block of HKDF-Expand. */
export function expandLabel(
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const head = encodedLabel(label, length);
  const info = new Uint8Array(head.length + 1 + context.length + 1);
  info.set(head);
  info[head.length] = context.length;
  info.set(context, head.length + 1);
  info[info.length - 1] = 1;
  return hmac(secret, info).subarray(0, length);
}

/** Derive-Secret, RFC 8446 §7.1, of a transcript's hash. */
export function deriveSecret(
  secret: Uint8Array,
  label: string,
  transcriptHash: Uint8Array,
): Uint8Array {
  return expandLabel(secret, label, transcriptHash, HASH_BYTES);
}

/** The Early Secret of a pre-shared key. */
export function earlySecret(psk: Uint8Array): Uint8Array {
  return extract(ZEROS, psk);
}

/** The key of an external pre-shared key's binder. RFC 8446 §4.2.11.2. */
export function externalBinderKey(early: Uint8Array): Uint8Array {
  return deriveSecret(early, "ext binder", HASH_OF_NOTHING);
}

/** The Handshake Secret: the Early Secret and what (EC)DHE agreed. */
export function handshakeSecret(early: Uint8Array, shared: Uint8Array): Uint8Array {
  return extract(deriveSecret(early, "derived", HASH_OF_NOTHING), shared);
}

/** The Master Secret. */
export function masterSecret(handshake: Uint8Array): Uint8Array {
  return extract(deriveSecret(handshake, "derived", HASH_OF_NOTHING), ZEROS);
}

/** verify_data of a Finished, and a binder. RFC 8446 §4.4.4. */
export function finishedMac(baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  return hmac(expandLabel(baseKey, "finished", NOTHING, HASH_BYTES), transcriptHash);
}

/** The next generation of a traffic secret. RFC 8446 §7.2. */
export function nextTrafficSecret(secret: Uint8Array): Uint8Array {
  return expandLabel(secret, "traffic upd", NOTHING, HASH_BYTES);
}

/** The key and the IV of a traffic secret. RFC 8446 §7.3. */
export function trafficKeys(
  suite: CipherSuite,
  secret: Uint8Array,
): { readonly key: Uint8Array; readonly iv: Uint8Array } {
  return {
    key: expandLabel(secret, "key", NOTHING, suite.keyBytes),
    iv: expandLabel(secret, "iv", NOTHING, IV_BYTES),
  };
}

/** Compares MACs; the time tells nothing of where they differ. */
export function isSameMac(expected: Uint8Array, found: Uint8Array): boolean {
  return expected.length === found.length && timingSafeEqual(expected, found);
}
