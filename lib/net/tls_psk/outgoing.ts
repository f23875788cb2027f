/** What this side writes: records, RFC 8446 §5, plain and then protected. */
import { type AlertName, ALERTS } from "./alerts.ts";
import type { CipherSuite } from "./cipher_suites.ts";
import { HANDSHAKE, handshakeMessage } from "./handshake_message.ts";
import { MAX_PLAINTEXT_BYTES } from "./limits.ts";
import type { PskTlsOutput } from "./options.ts";
import {
  CONTENT,
  putHeader,
  RECORD_HEADER_BYTES,
  RecordProtection,
  SEALED_OVERHEAD,
} from "./record_protection.ts";
import { TLS12 } from "./extensions.ts";

const LEVEL_WARNING = 1;
const LEVEL_FATAL = 2;

/** Gathers the records of one flight, so that one write carries them. */
export class Outgoing {
  #protection: RecordProtection | undefined;
  #flight: Uint8Array[] = [];
  #isClosed = false;

  constructor(
    private readonly outputs: PskTlsOutput[],
    private readonly maxRecordsPerKey: number,
  ) {}

  /** True once close_notify or a fatal alert has been sent. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** From here on all is protected under this traffic secret. */
  protect(suite: CipherSuite, secret: Uint8Array): void {
    this.#protection = new RecordProtection(suite, secret);
  }

  /** A handshake message; a plain record of it has this legacy_record_version. §5.1. */
  handshake(message: Uint8Array, version = TLS12): void {
    this.#write(CONTENT.handshake, message, version);
  }

  /** The record that keeps middleboxes content; it is never protected. §D.4. */
  changeCipherSpec(): void {
    this.#flight.push(Uint8Array.of(CONTENT.change_cipher_spec, 3, 3, 0, 1, 1));
  }

  /** Application data, in as many records as it takes, with a KeyUpdate where the key is worn. */
  data(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      // One record is kept for the KeyUpdate.
      const room = this.maxRecordsPerKey - 1 - this.#protection!.records;
      if (room <= 0) {
        this.keyUpdate(false);
        continue;
      }
      const now = rest.subarray(0, Math.min(rest.length, room * MAX_PLAINTEXT_BYTES));
      this.#write(CONTENT.application_data, now, TLS12);
      rest = rest.subarray(now.length);
    }
  }

  /** KeyUpdate, §4.6.3: it goes under the old key, all that follows under the next. */
  keyUpdate(requestPeer: boolean): void {
    this.handshake(handshakeMessage(HANDSHAKE.key_update, (body) => body.uint8(+requestPeer)));
    this.#protection = this.#protection!.updated();
  }

  /** §6.1: this side sends no more. */
  closeNotify(): void {
    this.#alert(LEVEL_WARNING, ALERTS.close_notify);
  }

  /** §6.2. Nothing is sent after close_notify, not even this. */
  fatal(alert: AlertName): void {
    if (!this.#isClosed) this.#alert(LEVEL_FATAL, ALERTS[alert]);
  }

  /** Makes one write of what has been gathered. */
  flush(): void {
    const flight = this.#flight;
    if (flight.length === 0) return;
    this.#flight = [];
    this.outputs.push({ type: "write", bytes: flight.length === 1 ? flight[0]! : joined(flight) });
  }

  #alert(level: number, code: number): void {
    this.#write(CONTENT.alert, Uint8Array.of(level, code), TLS12);
    this.#isClosed = true;
  }

  #write(type: number, content: Uint8Array, version: number): void {
    const records = Math.ceil(content.length / MAX_PLAINTEXT_BYTES);
    const overhead = this.#protection ? SEALED_OVERHEAD : RECORD_HEADER_BYTES;
    const written = new Uint8Array(content.length + records * overhead);
    for (let at = 0, from = 0; from < content.length; from += MAX_PLAINTEXT_BYTES) {
      const fragment = content.subarray(from, from + MAX_PLAINTEXT_BYTES);
      const record = written.subarray(at, at += fragment.length + overhead);
      if (this.#protection) {
        this.#protection.seal(record, type, fragment);
        continue;
      }
      putHeader(record, type, version, fragment.length);
      record.set(fragment, RECORD_HEADER_BYTES);
    }
    this.#flight.push(written);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
