/** The groups of (EC)DHE key exchange, RFC 8446 §4.2.7, §4.2.8 and §7.4.2. */
import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { Buffer } from "node:buffer";
import { Refusal } from "./failure.ts";

/** The name of a group that is used. */
export type GroupName = "X25519" | "P-256";

/** Gives so many random bytes. */
export type Random = (bytes: number) => Uint8Array;

/** One side's key pair for one handshake. */
export interface KeyShare {
  readonly publicKey: Uint8Array;
  /** The shared secret; a public key that the group does not have is an illegal_parameter. */
  agree(publicKey: Uint8Array): Uint8Array;
}

/** A group of key exchange. */
export interface Group {
  readonly name: GroupName;
  readonly code: number;
  readonly generate: (random: Random) => KeyShare;
}

/** What stands before the 32 bytes of a key in SubjectPublicKeyInfo and PKCS #8. RFC 8410. */
const X25519_PUBLIC_PREFIX = Buffer.from("302a300506032b656e032100", "hex");
const X25519_PRIVATE_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
const X25519_BYTES = 32;

/** An uncompressed point, RFC 8446 §4.2.8.2. */
const P256_POINT_BYTES = 65;
const UNCOMPRESSED = 4;

function generateX25519(random: Random): KeyShare {
  const privateKey = createPrivateKey({
    key: Buffer.concat([X25519_PRIVATE_PREFIX, random(X25519_BYTES)]),
    format: "der",
    type: "pkcs8",
  });
  // deno-lint-ignore no-explicit-any -- the type lacks that a private key gives its public one
  const spki = createPublicKey(privateKey as any).export({ format: "der", type: "spki" });
  return {
    publicKey: spki.subarray(X25519_PUBLIC_PREFIX.length),
    agree(publicKey) {
      if (publicKey.length !== X25519_BYTES) throw invalidShare("X25519");
      const key = Buffer.concat([X25519_PUBLIC_PREFIX, publicKey]);
      const peer = createPublicKey({ key, format: "der", type: "spki" });
      return agreed("X25519", () => diffieHellman({ privateKey, publicKey: peer }));
    },
  };
}

function generateP256(random: Random): KeyShare {
  const pair = createECDH("prime256v1");
  setP256PrivateKey(pair, random);
  return {
    publicKey: pair.getPublicKey(),
    agree(publicKey) {
      if (publicKey.length !== P256_POINT_BYTES || publicKey[0] !== UNCOMPRESSED) {
        throw invalidShare("P-256");
      }
      return agreed("P-256", () => pair.computeSecret(publicKey));
    },
  };
}

/** One of 2^32 random numbers is no private key; the next one is then. */
function setP256PrivateKey(pair: ReturnType<typeof createECDH>, random: Random): void {
  for (let attempts = 0; attempts < 3; attempts++) {
    try {
      pair.setPrivateKey(Buffer.from(random(32)));
      return;
    } catch {
      continue;
    }
  }
  throw new Error("the random numbers are not random");
}

/** §7.4.2: a point off the curve and a secret of zeros, which node:crypto refuses, are illegal. */
function agreed(name: GroupName, agree: () => Uint8Array): Uint8Array {
  let secret: Uint8Array;
  try {
    secret = agree();
  } catch {
    throw invalidShare(name);
  }
  if (secret.every((byte) => byte === 0)) throw invalidShare(name);
  return secret;
}

function invalidShare(name: GroupName): Refusal {
  return new Refusal("illegal_parameter", `the key share is no public key of ${name}`);
}

const GROUPS: Readonly<Record<GroupName, Group>> = {
  "X25519": { name: "X25519", code: 0x001d, generate: generateX25519 },
  "P-256": { name: "P-256", code: 0x0017, generate: generateP256 },
};

const PREFERENCE: readonly GroupName[] = ["X25519", "P-256"];

/** The groups of these names, in this order. */
export function groups(names: readonly GroupName[] = PREFERENCE): Group[] {
  return names.map((name) => GROUPS[name]);
}
