/** What the handshakes of both roles share. */
import type { CipherSuite } from "./cipher_suites.ts";
import type { Group } from "./groups.ts";
import { Refusal } from "./failure.ts";
import { expectEndOfRecord, HANDSHAKE, handshakeMessage } from "./handshake_message.ts";
import type { HandshakeMessage } from "./handshake_message.ts";
import type { Incoming } from "./incoming.ts";
import { deriveSecret, finishedMac, HASH_BYTES, isSameMac, masterSecret } from "./key_schedule.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Settings } from "./settings.ts";

/** Both directions, and what is to be told. */
export interface Wire {
  readonly settings: Settings;
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
}

/** What a handshake has agreed. */
export interface Agreement {
  readonly identity: Uint8Array;
  readonly cipherSuite: CipherSuite;
  readonly group: Group;
}

/** Takes the handshake messages of one phase. */
export interface MessageReceiver {
  receive(message: HandshakeMessage): void;
}

/** Secrets of the handshake's second half, RFC 8446 §7.1. */
export interface HandshakeSecrets {
  readonly handshake: Uint8Array;
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** The secrets that protect what follows the ServerHello. */
export function handshakeSecrets(
  handshake: Uint8Array,
  transcriptHash: Uint8Array,
): HandshakeSecrets {
  return {
    handshake,
    client: deriveSecret(handshake, "c hs traffic", transcriptHash),
    server: deriveSecret(handshake, "s hs traffic", transcriptHash),
  };
}

/** The first secrets that protect application data; the transcript ends at server Finished. */
export function applicationSecrets(
  handshake: Uint8Array,
  transcriptHash: Uint8Array,
): { readonly client: Uint8Array; readonly server: Uint8Array } {
  const master = masterSecret(handshake);
  return {
    client: deriveSecret(master, "c ap traffic", transcriptHash),
    server: deriveSecret(master, "s ap traffic", transcriptHash),
  };
}

/** A Finished under this traffic secret. RFC 8446 §4.4.4. */
export function writeFinished(secret: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  const verifyData = finishedMac(secret, transcriptHash);
  return handshakeMessage(HANDSHAKE.finished, (body) => body.put(verifyData));
}

/** Holds the peer's Finished against the transcript; one that does not fit is a decrypt_error. */
export function checkFinished(
  message: HandshakeMessage,
  secret: Uint8Array,
  transcriptHash: Uint8Array,
): void {
  expectType(message, HANDSHAKE.finished);
  expectEndOfRecord(message);
  if (message.body.length !== HASH_BYTES) {
    throw new Refusal("decode_error", "a Finished of another hash's length");
  }
  if (isSameMac(finishedMac(secret, transcriptHash), message.body)) return;
  throw new Refusal("decrypt_error", "the Finished does not fit the handshake");
}

/** Refuses a message that has no place now. RFC 8446 §4. */
export function expectType(message: HandshakeMessage, type: number): void {
  if (message.type === type) return;
  throw new Refusal(
    "unexpected_message",
    `handshake message ${message.type} where ${type} belongs`,
  );
}
