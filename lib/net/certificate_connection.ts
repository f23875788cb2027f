/** A connection over `node:tls`, whose handshake is over and whose other side is verified. */

import { Buffer } from "node:buffer";
import type { TLSSocket } from "node:tls";
import type { CipherStream } from "./cipher_stream.ts";
import type { Address, Connection, ConnectionEnd, Secured } from "./transport.ts";

/** TLS on one TCP connection. */
export class CertificateConnection implements Connection {
  readonly remote: Address;
  readonly local: Address;
  readonly secured: Secured;
  ended: ConnectionEnd | undefined;
  readonly #tls: TLSSocket;
  readonly #stream: CipherStream;
  readonly #closeLimitMs: number;
  /** Plaintext that nobody has read yet: at most what one read from TCP has given. */
  #chunks: Uint8Array[] = [];
  #reader: ((chunk: Uint8Array | null) => void) | undefined;
  #wakeWriter: (() => void) | undefined;
  /** Whether nothing more will come. */
  #isOver = false;
  /** Whether TLS was violated by the other side. */
  #isBroken = false;
  #queue: Uint8Array[] = [];
  #unencryptedBytes = 0;
  #pumping: Promise<void> | undefined;
  #writeEnded = false;
  #endingWrite: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(tls: TLSSocket, stream: CipherStream, secured: Secured, closeLimitMs: number) {
    this.#tls = tls;
    this.#stream = stream;
    this.#closeLimitMs = closeLimitMs;
    this.remote = stream.tcp.remote;
    this.local = stream.tcp.local;
    this.secured = secured;
    tls.on("data", (chunk: Uint8Array) => this.#take(chunk));
    tls.on("end", () => this.#over());
    tls.on("error", () => this.#broken());
    stream.on("error", () => this.#over());
    tls.on("close", () => this.#over());
  }

  get isWriteLost(): boolean | undefined {
    return this.#stream.tcp.isWriteLost;
  }

  get queuedBytes(): number {
    return this.#unencryptedBytes + this.#stream.tcp.queuedBytes;
  }

  read(): Promise<Uint8Array | null> {
    while (this.ended === undefined) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) return this.#isOver ? Promise.resolve(this.#end()) : this.#next();
      if (!this.#closing) return Promise.resolve(chunk);
    }
    return Promise.resolve(null);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#writeEnded || bytes.length === 0) return this.#pumping ?? this.#stream.written;
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
    this.#closing ??= Promise.resolve();
    this.#stopWriting();
    this.#stream.tcp.abort();
    this.#tls.destroy();
    this.#stream.destroy();
    this.#over();
  }

  #next(): Promise<Uint8Array | null> {
    return new Promise((resolve) => {
      this.#reader = resolve;
      this.#stream.want(true);
    });
  }

  /** It comes at once from what was read from TCP, which is read only while somebody waits. */
  #take({ buffer, byteOffset, length }: Uint8Array): void {
    if (this.#closing) return;
    const chunk = new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
    if (this.#reader === undefined) this.#chunks.push(chunk);
    else this.#answerReader(chunk);
  }

  #answerReader(chunk: Uint8Array | null): void {
    const reader = this.#reader;
    this.#reader = undefined;
    this.#stream.want(false);
    reader?.(chunk);
  }

  #end(): null {
    this.ended ??= this.#closing ? "closed-here" : this.#endOfStream();
    return null;
  }

  #endOfStream(): ConnectionEnd {
    const { ended } = this.#stream.tcp;
    if (this.#isBroken) return "reset";
    // TLS closes TCP by itself once both sides have ended.
    return ended === "reset" || ended === "timed-out" ? ended : "closed";
  }

  #broken(): void {
    this.#isBroken = true;
    this.#stopWriting();
    this.#stream.tcp.abort();
    this.#over();
  }

  #over(): void {
    this.#isOver = true;
    if (this.#reader !== undefined) this.#answerReader(this.#end());
    if (this.#stream.tcp.ended !== undefined) this.#wakeWriter?.();
  }

  #stopWriting(): void {
    this.#writeEnded = true;
    this.#queue = [];
    this.#unencryptedBytes = 0;
    this.#wakeWriter?.();
  }

  async #pump(): Promise<void> {
    // What else is written in this turn shall leave in the same record.
    await undefined;
    while (this.#queue.length > 0) {
      const batch = this.#queue.length === 1 ? this.#queue[0]! : Buffer.concat(this.#queue);
      this.#queue = [];
      // Up to its own mark TLS takes what it is given, and need not be waited for.
      if (!this.#tls.write(batch)) await this.#drained();
      // The next is encrypted when the system has taken this.
      await this.#stream.written;
      if (!this.#writeEnded || this.#unencryptedBytes > 0) this.#unencryptedBytes -= batch.length;
    }
    this.#pumping = undefined;
  }

  /** Resolved when TLS has handed over what it was given, or never will. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
      this.#tls.once("drain", resolve);
    });
  }

  async #endWrite(): Promise<void> {
    this.#writeEnded = true;
    await this.#pumping;
    if (this.#tls.destroyed || this.#stream.tcp.ended !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#wakeWriter = resolve;
      // TLS says goodbye first; it does not end the stream below it.
      this.#tls.end(() => this.#stream.end(() => resolve()));
    });
  }

  async #closeInOrder(): Promise<void> {
    const limit = setTimeout(() => this.abort(), this.#closeLimitMs);
    try {
      await this.closeWrite();
    } finally {
      clearTimeout(limit);
    }
    // TCP throws away what still arrives, and bounds how long that takes.
    await this.#stream.tcp.close();
    this.abort();
  }
}
