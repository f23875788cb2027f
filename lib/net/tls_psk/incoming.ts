/** What the peer writes: records, RFC 8446 §5, and what each kind may hold when. */
import { alertName, ALERTS } from "./alerts.ts";
import type { CipherSuite } from "./cipher_suites.ts";
import { PeerAlert, Refusal } from "./failure.ts";
import { Framer } from "./framer.ts";
import { type HandshakeMessage, HandshakeReader } from "./handshake_message.ts";
import { MAX_CIPHERTEXT_BYTES, MAX_PLAINTEXT_BYTES, type PskTlsLimits } from "./limits.ts";
import { CONTENT, RECORD_HEADER_BYTES, RecordProtection } from "./record_protection.ts";

/** Who takes what records hold. What it throws ends the connection. */
export interface Receiver {
  handshake(message: HandshakeMessage): void;
  data(bytes: Uint8Array): void;
  /** The peer has sent close_notify; nothing follows. */
  closed(): void;
  /** The key that the peer writes with has carried as many records as it should. */
  keyIsWorn(): void;
}

/** Bytes of a record, by its header; §5.1 and §5.2 say how many there may be. */
function recordBytes(header: Uint8Array): number {
  const type = header[0]!;
  const length = header[3]! << 8 | header[4]!;
  if (type < CONTENT.change_cipher_spec || type > CONTENT.application_data) {
    throw new Refusal("unexpected_message", `these are no TLS records: content type ${type}`);
  }
  const max = type === CONTENT.application_data ? MAX_CIPHERTEXT_BYTES : MAX_PLAINTEXT_BYTES;
  if (length > max) throw new Refusal("record_overflow", `a record of ${length} bytes`);
  return RECORD_HEADER_BYTES + length;
}

/** One stream of records. */
export class Incoming {
  readonly #records = new Framer(RECORD_HEADER_BYTES, recordBytes);
  readonly #messages: HandshakeReader;
  #protection: RecordProtection | undefined;
  #isEstablished = false;
  #isClosed = false;
  #mayChangeCipherSpec = false;
  #earlyDataBytes = 0;
  #hasOpened = false;
  #isWorn = false;
  #handshakeBytes = 0;
  #emptyRecords = 0;
  #changeCipherSpecs = 0;

  constructor(private readonly receiver: Receiver, private readonly limits: PskTlsLimits) {
    this.#messages = new HandshakeReader(limits);
  }

  /** True once close_notify has come. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** From here on all records are protected under this traffic secret. */
  protect(suite: CipherSuite, secret: Uint8Array): void {
    this.#protection = new RecordProtection(suite, secret);
  }

  /** The peer has sent its KeyUpdate. RFC 8446 §4.6.3. */
  updateKey(): void {
    this.#protection = this.#protection!.updated();
    this.#isWorn = false;
  }

  /** §5: change_cipher_spec may come from the first ClientHello to the peer's Finished. */
  allowChangeCipherSpec(): void {
    this.#mayChangeCipherSpec = true;
  }

  /** §4.2.10: early data is offered; what cannot be read is skipped, up to a limit. */
  skipEarlyData(): void {
    this.#earlyDataBytes = this.limits.maxEarlyDataBytes;
  }

  /** No more early data can come: the second ClientHello is here. */
  endEarlyData(): void {
    this.#earlyDataBytes = 0;
  }

  /** The peer's Finished is here: application data may follow, change_cipher_spec may not. */
  establish(): void {
    this.#isEstablished = true;
    this.#mayChangeCipherSpec = false;
    this.#earlyDataBytes = 0;
  }

  /** Takes bytes of the stream, however cut. §6.1: after close_notify they are ignored. */
  receive(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#records.push(bytes);
    for (let record = this.#records.next(); record; record = this.#records.next()) {
      this.#record(record);
      if (this.#isClosed) return;
    }
  }

  #record(record: Uint8Array): void {
    const type = record[0]!;
    if (type === CONTENT.change_cipher_spec) return this.#changeCipherSpec(record);
    if (!this.#protection) return this.#plain(type, record);
    if (type === CONTENT.application_data) return this.#protected(record, this.#protection);
    // The peer may fail before it has keys; afterwards its alerts are protected, too.
    if (type === CONTENT.alert && !this.#hasOpened) return this.#plain(type, record);
    throw new Refusal("unexpected_message", "a record is not protected");
  }

  #plain(type: number, record: Uint8Array): void {
    if (type !== CONTENT.application_data) {
      return this.#content(type, record.subarray(RECORD_HEADER_BYTES));
    }
    if (this.#skips(record)) return;
    throw new Refusal("unexpected_message", "a protected record before there are keys");
  }

  #protected(record: Uint8Array, protection: RecordProtection): void {
    const content = protection.open(record);
    if (!content) {
      if (this.#skips(record)) return;
      throw new Refusal("bad_record_mac", "a record was altered, or made with another key");
    }
    this.#hasOpened = true;
    this.#earlyDataBytes = 0;
    this.#content(content.type, content.bytes);
    if (protection.records >= this.limits.maxRecordsPerKey && protection === this.#protection) {
      this.#wear();
    }
  }

  /** §5.5: asks once for the peer's next key. */
  #wear(): void {
    if (this.#isWorn || !this.#isEstablished || this.#isClosed) return;
    this.#isWorn = true;
    this.receiver.keyIsWorn();
  }

  #skips(record: Uint8Array): boolean {
    if (this.#earlyDataBytes < record.length) return false;
    this.#earlyDataBytes -= record.length;
    return true;
  }

  #changeCipherSpec(record: Uint8Array): void {
    if (record.length !== RECORD_HEADER_BYTES + 1 || record[RECORD_HEADER_BYTES] !== 1) {
      throw new Refusal("unexpected_message", "a change_cipher_spec of another kind than 1");
    }
    if (!this.#mayChangeCipherSpec) {
      throw new Refusal("unexpected_message", "change_cipher_spec outside of the handshake");
    }
    this.#expectWholeMessages();
    if (++this.#changeCipherSpecs > this.limits.maxChangeCipherSpecs) {
      throw new Refusal("unexpected_message", "too many change_cipher_spec records");
    }
  }

  #content(type: number, content: Uint8Array): void {
    if (type === CONTENT.handshake) return this.#handshake(content);
    if (type === CONTENT.alert) return this.#alert(content);
    if (type !== CONTENT.application_data) {
      throw new Refusal("unexpected_message", `protected content of type ${type}`);
    }
    this.#expectWholeMessages();
    if (!this.#isEstablished) {
      throw new Refusal("unexpected_message", "application data before the handshake is done");
    }
    if (content.length === 0) return this.#empty();
    this.#emptyRecords = 0;
    this.receiver.data(content);
  }

  #handshake(content: Uint8Array): void {
    if (content.length === 0) {
      throw new Refusal("unexpected_message", "a handshake record without content");
    }
    this.#handshakeBytes += content.length;
    if (!this.#isEstablished && this.#handshakeBytes > this.limits.maxHandshakeBytes) {
      const most = `more than ${this.limits.maxHandshakeBytes} bytes of handshake`;
      throw new Refusal("illegal_parameter", most);
    }
    this.#messages.push(content);
    for (let message = this.#messages.next(); message; message = this.#messages.next()) {
      this.receiver.handshake(message);
    }
  }

  /** §6: all alerts are fatal but these two, whatever level they claim. */
  #alert(content: Uint8Array): void {
    if (content.length === 0) {
      throw new Refusal("unexpected_message", "an alert record without content");
    }
    if (content.length !== 2) throw new Refusal("decode_error", "an alert that is not two bytes");
    const code = content[1]!;
    if (code !== ALERTS.close_notify && code !== ALERTS.user_canceled) {
      throw new PeerAlert(alertName(code) ?? "unrecognized", `the peer sent alert ${code}`);
    }
    this.#expectWholeMessages();
    if (code === ALERTS.user_canceled) return this.#empty();
    if (!this.#isEstablished) {
      throw new PeerAlert("close_notify", "the peer closed before the handshake was done");
    }
    this.#isClosed = true;
    this.receiver.closed();
  }

  #empty(): void {
    if (++this.#emptyRecords > this.limits.maxEmptyRecords) {
      throw new Refusal("unexpected_message", "too many records without content");
    }
  }

  /** §5.1: nothing comes between the records of one handshake message. */
  #expectWholeMessages(): void {
    if (this.#messages.isEmpty) return;
    throw new Refusal("unexpected_message", "another record amid a handshake message");
  }
}
