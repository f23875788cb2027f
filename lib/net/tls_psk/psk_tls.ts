/** One connection of pre-shared-key TLS 1.3, without I/O: bytes and calls in, outputs out. */
import type { PskClientOptions, PskServerOptions, PskTlsOutput } from "./options.ts";

/** One side of a connection. It does no I/O: whoever calls it moves the bytes. */
export class PskTls {
  readonly #outputs: PskTlsOutput[] = [];

  private constructor() {}

  /**
   * A client; its ClientHello is in the outputs at once.
   *
   * @throws {RangeError} if the identity, the key or the ALPN name is too short or too long.
   */
  static client(_options: PskClientOptions): PskTls {
    return new PskTls();
  }

  /**
   * A server; it waits for a ClientHello.
   *
   * @throws {RangeError} if the ALPN name is too short or too long.
   */
  static server(_options: PskServerOptions): PskTls {
    return new PskTls();
  }

  /** Takes bytes of the stream, however cut. Never throws. They are read before it returns. */
  receive(_bytes: Uint8Array): void {}

  /**
   * Sends application data.
   *
   * @throws {Error} before `established` and after `close`; after a failure it does nothing.
   */
  send(_bytes: Uint8Array): void {}

  /** Sends a KeyUpdate, and asks the peer for one if told so. RFC 8446 §4.6.3. */
  updateKeys(_requestPeer: boolean): void {}

  /** Sends close_notify; the peer may still send. RFC 8446 §6.1. */
  close(): void {}

  /** Tells that the stream has ended; without a close_notify it is a failure. */
  end(): void {}

  /** The next output; undefined if there is none for now. */
  poll(): PskTlsOutput | undefined {
    return this.#outputs.shift();
  }
}
