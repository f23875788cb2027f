/** Which of the offered pre-shared keys a server takes, RFC 8446 §4.2.11. */
import { randomBytes } from "node:crypto";
import type { ClientHello } from "./client_hello.ts";
import { EXTENSION, readOfferedPsks } from "./extensions.ts";
import { Refusal } from "./failure.ts";
import type { HandshakeMessage } from "./handshake_message.ts";
import { earlySecret, externalBinderKey, finishedMac, isSameMac } from "./key_schedule.ts";
import { MAX_IDENTITY_BYTES, MIN_KEY_BYTES } from "./limits.ts";
import type { PskServerOptions } from "./options.ts";
import type { Settings } from "./settings.ts";
import type { Transcript } from "./transcript.ts";

/** A key that the client has shown to have. */
export interface ChosenPsk {
  readonly index: number;
  readonly identity: Uint8Array;
  readonly early: Uint8Array;
}

/** Stands for the key of an identity that is unknown, so that the same work is done. */
const NOBODYS_KEY: Uint8Array = randomBytes(32);

/**
 * Takes the first identity that is known and holds its binder against its key. An unknown identity
 * and a wrong key have one answer, decrypt_error, after the same work: nobody can ask who is known.
 */
export function choosePsk(
  message: HandshakeMessage,
  hello: ClientHello,
  before: Transcript,
  options: PskServerOptions,
  { limits }: Settings,
): ChosenPsk {
  const offered = readOfferedPsks(hello.extensions.get(EXTENSION.pre_shared_key)!);
  let index = -1;
  let key = NOBODYS_KEY;
  // All are looked up, also after one is found: the time does not tell which.
  for (const [at, identity] of offered.identities.slice(0, limits.maxOfferedIdentities).entries()) {
    const found = keyOf(identity, options);
    if (!found || index >= 0) continue;
    index = at;
    key = found;
  }
  const early = earlySecret(key);
  const covered = message.bytes.subarray(0, message.bytes.length - offered.bindersBytes);
  const expected = finishedMac(externalBinderKey(early), before.hashWith(covered));
  const binder = offered.binders[Math.max(index, 0)]!;
  if (!isSameMac(expected, binder) || index < 0) {
    throw new Refusal("decrypt_error", "the identity is unknown or its key is another");
  }
  return { index, identity: offered.identities[index]!.slice(), early };
}

function keyOf(identity: Uint8Array, options: PskServerOptions): Uint8Array | undefined {
  if (identity.length > MAX_IDENTITY_BYTES) return undefined;
  const key = options.lookup(identity.slice());
  return key && key.length >= MIN_KEY_BYTES ? key : undefined;
}
