/** Identities as ENRP carries them: digests, which are all of one size (protocol decision 29). */

import { createHash } from "node:crypto";

const DIGEST_BYTES = 16;

/** The first 16 bytes of the SHA-256 of an identity in UTF-8, as 32 hexadecimal digits. */
export function identityDigest(identity: string): string {
  return createHash("sha256").update(identity, "utf8").digest("hex").slice(0, 2 * DIGEST_BYTES);
}
