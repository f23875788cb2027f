/**
 * A TCP connection as the stream that `node:tls` works on. A socket of `node:net` in its place
 * loses the end of a stream that arrives while nobody reads, and buffers without limit (Deno 2.9).
 */

import { Duplex } from "node:stream";
import type { Connection } from "./transport.ts";

/** TLS is held back while TCP has not taken more than this. */
const UNSENT_BYTES_MAX = 64 * 1024;

/**
 * Reads from TCP only while somebody wants something: a slow reader slows its writer down. Whoever
 * has made it closes the TCP connection.
 */
export class CipherStream extends Duplex {
  readonly tcp: Connection;
  /** Whether TLS has said anything. */
  hasWritten = false;
  /** Resolved when the system has taken what was written last. */
  written: Promise<void> = Promise.resolve();
  #isWanted = true;
  #isAsked = false;
  #isReading = false;

  constructor(tcp: Connection) {
    super({ allowHalfOpen: true });
    this.tcp = tcp;
  }

  /** Whether anybody waits for plaintext, or for a handshake. */
  want(isWanted: boolean): void {
    this.#isWanted = isWanted;
    this.#readNext();
  }

  override _read(): void {
    this.#isAsked = true;
    this.#readNext();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.hasWritten = true;
    this.written = this.tcp.write(chunk);
    if (this.tcp.queuedBytes <= UNSENT_BYTES_MAX) done();
    else this.written.then(() => done());
  }

  override _final(done: () => void): void {
    this.tcp.closeWrite().then(() => done());
  }

  #readNext(): void {
    if (!this.#isWanted || !this.#isAsked || this.#isReading || this.destroyed) return;
    this.#isReading = true;
    this.tcp.read().then((bytes) => {
      this.#isReading = false;
      this.#isAsked = false;
      if (!this.destroyed) this.push(bytes);
    });
  }
}
