/** The transcript hash of RFC 8446 §4.4.1. */
import { createHash, type Hash } from "node:crypto";
import { HASH_BYTES } from "./key_schedule.ts";

/** HandshakeType of the message that stands for the first ClientHello. */
const MESSAGE_HASH = 254;

/** All handshake messages so far. */
export class Transcript {
  #hash: Hash = createHash("sha256");

  add(message: Uint8Array): void {
    this.#hash.update(message);
  }

  hash(): Uint8Array {
    return this.#hash.copy().digest();
  }

  /** The hash as if these bytes followed; they are not added. */
  hashWith(bytes: Uint8Array): Uint8Array {
    return this.#hash.copy().update(bytes).digest();
  }

  /** After a HelloRetryRequest the first ClientHello is there by its hash only. */
  replaceByMessageHash(): void {
    const hash = this.#hash.digest();
    this.#hash = createHash("sha256");
    this.#hash.update(Uint8Array.of(MESSAGE_HASH, 0, 0, HASH_BYTES)).update(hash);
  }
}
