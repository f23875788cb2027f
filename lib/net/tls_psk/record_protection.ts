/** The record protection of RFC 8446 §5.2 to §5.4: one direction under one traffic secret. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { CipherSuite } from "./cipher_suites.ts";
import { Refusal } from "./failure.ts";
import { nextTrafficSecret, trafficKeys } from "./key_schedule.ts";
import { MAX_PLAINTEXT_BYTES } from "./limits.ts";

/** ContentType, RFC 8446 §5.1. */
export const CONTENT = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
} as const;

/** Bytes before a record's content. RFC 8446 §5.1. */
export const RECORD_HEADER_BYTES = 5;

const TAG_BYTES = 16;

/** Bytes that protection adds to a content: the header, its type, the tag. */
export const SEALED_OVERHEAD = RECORD_HEADER_BYTES + 1 + TAG_BYTES;

/** Both AEADs are called alike; node's types want one name. */
type Aead = "chacha20-poly1305";

const AEAD_OPTIONS = { authTagLength: TAG_BYTES };

/** TLSInnerPlaintext without its padding. RFC 8446 §5.4. */
export interface Content {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Writes a record's header. */
export function putHeader(at: Uint8Array, type: number, version: number, length: number): void {
  at[0] = type;
  at[1] = version >> 8;
  at[2] = version & 0xff;
  at[3] = length >> 8;
  at[4] = length & 0xff;
}

/** One direction, until its key changes. */
export class RecordProtection {
  readonly #algorithm: Aead;
  readonly #key: Uint8Array;
  readonly #iv: Uint8Array;
  readonly #nonce = new Uint8Array(12);
  #sequence = 0;

  constructor(private readonly suite: CipherSuite, private readonly secret: Uint8Array) {
    const { key, iv } = trafficKeys(suite, secret);
    this.#algorithm = suite.algorithm as Aead;
    this.#key = key;
    this.#iv = iv;
  }

  /** Records under this key so far. */
  get records(): number {
    return this.#sequence;
  }

  /** The same direction after a KeyUpdate. RFC 8446 §7.2. */
  updated(): RecordProtection {
    return new RecordProtection(this.suite, nextTrafficSecret(this.secret));
  }

  /** Makes the record in `record`, which is `SEALED_OVERHEAD` longer than its content. */
  seal(record: Uint8Array, type: number, content: Uint8Array): void {
    const header = record.subarray(0, RECORD_HEADER_BYTES);
    putHeader(header, CONTENT.application_data, 0x0303, record.length - RECORD_HEADER_BYTES);
    const tagAt = record.length - TAG_BYTES;
    record.set(content, RECORD_HEADER_BYTES);
    record[tagAt - 1] = type;
    const cipher = createCipheriv(this.#algorithm, this.#key, this.#nextNonce(), AEAD_OPTIONS);
    cipher.setAAD(header, { plaintextLength: content.length + 1 });
    record.set(cipher.update(record.subarray(RECORD_HEADER_BYTES, tagAt)), RECORD_HEADER_BYTES);
    cipher.final();
    record.set(cipher.getAuthTag(), tagAt);
    this.#sequence++;
  }

  /** What is in a record; undefined if it was not made with this key, or has been altered. */
  open(record: Uint8Array): Content | undefined {
    const inner = this.#decrypt(record);
    if (!inner) return undefined;
    this.#sequence++;
    if (inner.length > MAX_PLAINTEXT_BYTES + 1) {
      throw new Refusal("record_overflow", `a record's content is ${inner.length - 1} bytes`);
    }
    let end = inner.length - 1;
    while (end >= 0 && inner[end] === 0) end--;
    if (end < 0) throw new Refusal("unexpected_message", "a record has no content type");
    return { type: inner[end]!, bytes: new Uint8Array(inner.buffer, inner.byteOffset, end) };
  }

  #decrypt(record: Uint8Array): Uint8Array | undefined {
    const tagAt = record.length - TAG_BYTES;
    if (tagAt < RECORD_HEADER_BYTES) return undefined;
    const decipher = createDecipheriv(this.#algorithm, this.#key, this.#nextNonce(), AEAD_OPTIONS);
    decipher.setAAD(record.subarray(0, RECORD_HEADER_BYTES), {
      plaintextLength: tagAt - RECORD_HEADER_BYTES,
    });
    decipher.setAuthTag(record.subarray(tagAt));
    try {
      const inner = decipher.update(record.subarray(RECORD_HEADER_BYTES, tagAt));
      decipher.final();
      return inner;
    } catch {
      return undefined;
    }
  }

  /** §5.3: the sequence number, in network order, over the end of the IV. */
  #nextNonce(): Uint8Array {
    const nonce = this.#nonce;
    nonce.set(this.#iv);
    let rest = this.#sequence;
    for (let at = nonce.length - 1; rest > 0; at--) {
      nonce[at]! ^= rest & 0xff;
      rest = Math.floor(rest / 256);
    }
    return nonce;
  }
}
