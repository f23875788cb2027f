/** Whether somebody's key has made a signature: on certificates and revocation lists. */

import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { hex, type Signed } from "./parsed_certificate.ts";

/** Smaller RSA keys are no proof any more (NIST SP 800-131A). */
const RSA_BITS_MIN = 2048;
/** Keys that are kept ready: the authorities' are asked for again and again. */
const KEYS_KEPT = 64;

/** Algorithms by object identifier (RFC 5758, RFC 8017, RFC 8410): key type and hash. */
const ALGORITHMS: Readonly<Record<string, { keyType: string; hash: string | null }>> = {
  "1.2.840.10045.4.3.2": { keyType: "ec", hash: "sha256" },
  "1.2.840.10045.4.3.3": { keyType: "ec", hash: "sha384" },
  "1.2.840.10045.4.3.4": { keyType: "ec", hash: "sha512" },
  "1.2.840.113549.1.1.11": { keyType: "rsa", hash: "sha256" },
  "1.2.840.113549.1.1.12": { keyType: "rsa", hash: "sha384" },
  "1.2.840.113549.1.1.13": { keyType: "rsa", hash: "sha512" },
  "1.3.101.112": { keyType: "ed25519", hash: null },
};

const keys = new Map<string, KeyObject | undefined>();

/** Why a key, an encoded SubjectPublicKeyInfo, has not made a signature; `undefined`: it has. */
export function signatureFault(signed: Signed, publicKey: Uint8Array): string | undefined {
  const { algorithmId } = signed;
  const algorithm = ALGORITHMS[algorithmId];
  if (algorithm === undefined) {
    return `signed by an algorithm that is not accepted (${algorithmId})`;
  }
  const key = keyOf(publicKey);
  if (key?.asymmetricKeyType !== algorithm.keyType) return "signed by another kind of key";
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < RSA_BITS_MIN) {
    return `signed by an RSA key of ${bits} bits; at least ${RSA_BITS_MIN} are required`;
  }
  try {
    const { hash } = algorithm;
    if (verify(hash, signed.signedBytes, key, signed.signature)) return undefined;
  } catch { // A signature that cannot be one.
  }
  return "signed by another key";
}

/** `undefined`: no key that is understood here. */
function keyOf(publicKey: Uint8Array): KeyObject | undefined {
  const name = hex(publicKey);
  if (keys.has(name)) return keys.get(name);
  const key = readKey(publicKey);
  if (keys.size >= KEYS_KEPT) keys.clear();
  keys.set(name, key);
  return key;
}

function readKey(publicKey: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({
      key: new Uint8Array(publicKey) as Buffer,
      format: "der",
      type: "spki",
    });
  } catch {
    return undefined;
  }
}
