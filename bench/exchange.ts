/** One connection on which a message is sent and its whole answer awaited. */

const HEADER_BYTES = 4;
/** A registrar says on each association who it is; nobody has asked, so it is no answer. */
const ASAP_ENDPOINT_KEEP_ALIVE = 0x07;

/** What a connection must offer, whatever secures it. */
export interface Stream {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array<ArrayBuffer>): Promise<unknown>;
  close(): void;
}

/** Requests and answers, one at a time. */
export class Exchange {
  private readonly buffer = new Uint8Array(0x10000);
  private filled = 0;

  constructor(private readonly connection: Stream) {}

  static async open(port: number): Promise<Exchange> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new Exchange(connection);
  }

  /** Sends a message; resolved with the bytes of the answer, valid until the next call. */
  async ask(request: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    await this.connection.write(request);
    return await this.receive();
  }

  /** The next message that is an answer or an update; valid until the next call. */
  async receive(): Promise<Uint8Array> {
    for (;;) {
      const message = await this.next();
      if (message[0] !== ASAP_ENDPOINT_KEEP_ALIVE) return message;
    }
  }

  close(): void {
    this.connection.close();
  }

  private async next(): Promise<Uint8Array> {
    const { buffer } = this;
    for (;;) {
      const length = Math.ceil(((buffer[2]! << 8) | buffer[3]!) / 4) * 4;
      if (this.filled >= HEADER_BYTES && this.filled >= length) return this.take(length);
      const count = await this.connection.read(buffer.subarray(this.filled));
      if (count === null) throw new Error("The connection ended");
      this.filled += count;
    }
  }

  private take(length: number): Uint8Array {
    // Mostly nothing is behind it, and then nothing is copied.
    if (this.filled === length) {
      this.filled = 0;
      return this.buffer.subarray(0, length);
    }
    const message = this.buffer.slice(0, length);
    this.buffer.copyWithin(0, length, this.filled);
    this.filled -= length;
    return message;
  }
}
