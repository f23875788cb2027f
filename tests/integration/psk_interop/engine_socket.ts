/** Our side: the engine of pre-shared-key TLS on a TCP connection of this host. */
import {
  type PskClientOptions,
  type PskServerOptions,
  PskTls,
  type PskTlsFailure,
  type PskTlsOutput,
} from "../../../lib/net/tls_psk/mod.ts";
import { Transcript } from "./transcript.ts";

type Established = Extract<PskTlsOutput, { type: "established" }>;

/** One connection, closed at the end of its scope. */
export class EngineSocket implements AsyncDisposable {
  /** What the other side has sent, as text. */
  readonly heard: Transcript;
  /** Bytes of TLS that this side has written, and that it has read. */
  readonly wrote: number[] = [];
  readonly got: number[] = [];
  /** Rejects with the failure if there will be none. */
  readonly established: Promise<Established>;
  /** How it ended: by close_notify, or by a failure. */
  readonly ended: Promise<"closed" | PskTlsFailure>;
  readonly #conn: Deno.TcpConn;
  readonly #tls: PskTls;
  readonly #pieceBytes: number;
  readonly #decoder = new TextDecoder();
  readonly #establishing = Promise.withResolvers<Established>();
  readonly #ending = Promise.withResolvers<"closed" | PskTlsFailure>();
  readonly #reading: Promise<void>;
  #writing: Promise<void> = Promise.resolve();

  /** With `pieceBytes` the stream is cut into pieces of so many bytes, both ways. */
  constructor(conn: Deno.TcpConn, tls: PskTls, pieceBytes = Infinity) {
    this.heard = new Transcript("the program, over TLS,");
    this.established = this.#establishing.promise;
    this.established.catch(() => {});
    this.ended = this.#ending.promise;
    this.#conn = conn;
    this.#tls = tls;
    this.#pieceBytes = pieceBytes;
    conn.setNoDelay(true);
    this.#perform();
    this.#reading = this.#read();
  }

  static async dial(port: number, options: PskClientOptions, piece?: number) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    return new EngineSocket(conn, PskTls.client(options), piece);
  }

  static async accept(listener: Deno.TcpListener, options: PskServerOptions, piece?: number) {
    return new EngineSocket(await listener.accept(), PskTls.server(options), piece);
  }

  send(text: string): void {
    this.#tls.send(new TextEncoder().encode(text));
    this.#perform();
  }

  updateKeys(requestPeer: boolean): void {
    this.#tls.updateKeys(requestPeer);
    this.#perform();
  }

  close(): void {
    this.#tls.close();
    this.#perform();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    this.#conn.close();
    await this.#reading;
  }

  #perform(): void {
    for (let output = this.#tls.poll(); output; output = this.#tls.poll()) {
      if (output.type === "write") this.#write(output.bytes);
      else if (output.type === "data") {
        this.heard.add(this.#decoder.decode(output.bytes, { stream: true }));
      } else if (output.type === "established") this.#establishing.resolve(output);
      else this.#end(output.type === "closed" ? "closed" : output.failure);
    }
  }

  #end(how: "closed" | PskTlsFailure): void {
    this.heard.end();
    this.#establishing.reject(new Error(JSON.stringify(how)));
    this.#ending.resolve(how);
  }

  #write(bytes: Uint8Array): void {
    this.wrote.push(...bytes);
    this.#writing = this.#writing.then(async () => {
      for (const piece of this.#pieces(bytes)) {
        let written = 0;
        while (written < piece.length) written += await this.#conn.write(piece.subarray(written));
      }
    }).catch(() => {});
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) break;
      for (const piece of this.#pieces(buffer.slice(0, count))) {
        this.got.push(...piece);
        this.#tls.receive(piece);
        this.#perform();
      }
    }
    this.#tls.end();
    this.#perform();
  }

  *#pieces(bytes: Uint8Array): Generator<Uint8Array> {
    const length = Math.min(bytes.length, this.#pieceBytes);
    for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
  }
}
