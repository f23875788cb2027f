/** A connection over TLS with a pre-shared key: the engine between TCP and who uses it. */

import type { PskTls, PskTlsOutput } from "./tls_psk/mod.ts";
import type { Address, Connection, ConnectionEnd, Secured } from "./transport.ts";

/** The first byte of a stream of TLS: of a record with an alert, or with a handshake message. */
const FIRST_BYTES: readonly (number | undefined)[] = [21, 22];
/** Plaintext that is encrypted in one go: more would keep everybody else waiting. */
const BATCH_BYTES = 64 * 1024;

/** Why the engine gave up. */
export type TlsFailure = Extract<PskTlsOutput, { type: "failed" }>["failure"];
/** What the engine says of a finished handshake. */
export type Established = Extract<PskTlsOutput, { type: "established" }>;

/** TLS on one TCP connection. Whoever made it performs the handshake first. */
export class PskConnection implements Connection {
  readonly remote: Address;
  readonly local: Address;
  ended: ConnectionEnd | undefined;
  /** Set when the handshake is over. */
  secured: Secured | undefined;
  /** Whether what the other side has sent first shows that no TLS is spoken there. */
  isForeign = false;
  established: Established | undefined;
  failure: TlsFailure | undefined;
  readonly #tcp: Connection;
  readonly #tls: PskTls;
  readonly #closeLimitMs: number;
  #received: Uint8Array[] = [];
  /** Whether the other side has said that nothing more will come. */
  #isEndSaid = false;
  #queue: Uint8Array[] = [];
  #unencryptedBytes = 0;
  #written: Promise<void> = Promise.resolve();
  #pumping: Promise<void> | undefined;
  #writeEnded = false;
  #endingWrite: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #isTcpClosing = false;

  constructor(tcp: Connection, tls: PskTls, closeLimitMs: number) {
    this.#tcp = tcp;
    this.#tls = tls;
    this.#closeLimitMs = closeLimitMs;
    this.remote = tcp.remote;
    this.local = tcp.local;
  }

  get isWriteLost(): boolean | undefined {
    return this.#tcp.isWriteLost;
  }

  get queuedBytes(): number {
    return this.#unencryptedBytes + this.#tcp.queuedBytes;
  }

  /**
   * Resolved when `established`, `failure` or `isForeign` is set, or when the TCP connection has
   * ended.
   */
  async handshake(): Promise<void> {
    this.#perform();
    let isFirst = true;
    while (this.established === undefined && this.failure === undefined) {
      const bytes = await this.#tcp.read();
      if (bytes === null) {
        this.ended ??= this.#tcp.ended;
        return;
      }
      // Of what is foreign the engine might wait for more, for ever.
      this.isForeign = isFirst && !FIRST_BYTES.includes(bytes[0]);
      if (this.isForeign) return;
      isFirst = false;
      this.#tls.receive(bytes);
      this.#perform();
    }
  }

  read(): Promise<Uint8Array | null> {
    return this.#readNext();
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#writeEnded || bytes.length === 0) return this.#pumping ?? this.#written;
    this.#queue.push(bytes);
    this.#unencryptedBytes += bytes.length;
    return this.#pumping ??= this.#pump();
  }

  closeWrite(): Promise<void> {
    return this.#endingWrite ??= this.#endWrite();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#closeInOrder();
  }

  abort(): void {
    this.ended ??= "closed-here";
    this.#writeEnded = true;
    this.#forgetQueue();
    this.#closing ??= Promise.resolve();
    this.#tcp.abort();
  }

  async #closeInOrder(): Promise<void> {
    const limit = setTimeout(() => this.abort(), this.#closeLimitMs);
    try {
      await this.closeWrite();
    } finally {
      clearTimeout(limit);
    }
    this.#isTcpClosing = true;
    await this.#tcp.close();
    this.ended ??= "closed-here";
  }

  async #endWrite(): Promise<void> {
    this.#writeEnded = true;
    await this.#pumping;
    if (this.failure === undefined) this.#tls.close();
    this.#perform();
    await this.#tcp.closeWrite();
  }

  async #readNext(): Promise<Uint8Array | null> {
    while (this.ended === undefined) {
      if (this.#isTcpClosing) {
        this.ended = "closed-here";
        break;
      }
      if (!this.#closing) {
        const bytes = this.#received.shift();
        if (bytes) return bytes;
        if (this.failure !== undefined) return this.#endOfFailure();
        if (this.#isEndSaid) {
          this.ended = "closed";
          break;
        }
      }
      await this.#receiveMore();
    }
    this.#received = [];
    return null;
  }

  async #receiveMore(): Promise<void> {
    const bytes = await this.#tcp.read();
    if (this.#closing) {
      if (bytes === null) this.ended ??= "closed-here";
      return;
    }
    if (bytes === null) {
      this.#tls.end();
    } else {
      this.#tls.receive(bytes);
    }
    this.#perform();
  }

  /** The alert still leaves; what TCP knows better than the engine is why the stream was cut. */
  #endOfFailure(): null {
    const { ended } = this.#tcp;
    this.ended = ended === "timed-out" || ended === "closed-here" ? ended : "reset";
    this.#writeEnded = true;
    this.#forgetQueue();
    this.#isTcpClosing = true;
    this.#closing ??= this.#tcp.close();
    return null;
  }

  #forgetQueue(): void {
    this.#queue = [];
    this.#unencryptedBytes = 0;
  }

  /**
   * Does what the engine asks for, in its order and before anything else can be asked of it: its
   * own records (KeyUpdate, alerts) and those of `write` leave as they were numbered.
   */
  #perform(): void {
    for (let output = this.#tls.poll(); output; output = this.#tls.poll()) {
      if (output.type === "write") this.#written = this.#tcp.write(output.bytes);
      else if (output.type === "data") this.#received.push(output.bytes);
      else if (output.type === "established") this.established = output;
      else if (output.type === "closed") this.#isEndSaid = true;
      else this.failure = output.failure;
    }
  }

  async #pump(): Promise<void> {
    // What else is written in this turn shall leave in the same record.
    await undefined;
    while (this.#queue.length > 0 && this.failure === undefined) {
      const batch = this.#takeBatch();
      this.#tls.send(batch);
      this.#perform();
      this.#unencryptedBytes -= batch.length;
      // The next is encrypted when the system has taken this.
      await this.#written;
    }
    if (this.failure !== undefined) this.#forgetQueue();
    this.#pumping = undefined;
  }

  #takeBatch(): Uint8Array {
    const first = this.#queue[0]!;
    if (first.length >= BATCH_BYTES) {
      const rest = first.subarray(BATCH_BYTES);
      if (rest.length > 0) this.#queue[0] = rest;
      else this.#queue.shift();
      return first.subarray(0, BATCH_BYTES);
    }
    let length = 0;
    let count = 0;
    while (count < this.#queue.length && length + this.#queue[count]!.length <= BATCH_BYTES) {
      length += this.#queue[count++]!.length;
    }
    if (count === 1) return this.#queue.shift()!;
    const batch = new Uint8Array(length);
    let offset = 0;
    for (const chunk of this.#queue.splice(0, count)) {
      batch.set(chunk, offset);
      offset += chunk.length;
    }
    return batch;
  }
}
