/** A user of sessions who says what he likes, byte by byte. */

import assert from "node:assert/strict";
import {
  asap,
  type AsapMessage,
  type Connection,
  controlFrame,
  dataFrames,
  DecodeFailure,
  endFrame,
  type NetTransport,
  SESSION_PREFACE,
  SESSION_PREFACE_WITH_COOKIE,
  type SessionPiece,
  SessionSplitter,
  type SocketAddress,
} from "../../../mod.ts";
import { tcpTransport } from "../../../lib/net/mod.ts";

const TLS = { role: "client", protocol: "rserpool" } as const;

/** One connection to an element. */
export class SessionClient implements AsyncDisposable {
  private readonly splitter = new SessionSplitter();
  private readonly pieces: SessionPiece[] = [];

  private constructor(readonly connection: Connection) {}

  static async dial(
    to: SocketAddress,
    over: NetTransport = tcpTransport(),
  ): Promise<SessionClient> {
    return new SessionClient(await over.dial(to, { timeoutMs: 5_000, tls: TLS }));
  }

  /** Dials and begins, with a cookie if it has one. */
  static async begin(
    to: SocketAddress,
    { cookie, over }: { readonly cookie?: Uint8Array; readonly over?: NetTransport } = {},
  ): Promise<SessionClient> {
    const client = await SessionClient.dial(to, over);
    client.write(cookie === undefined ? SESSION_PREFACE : SESSION_PREFACE_WITH_COOKIE);
    if (cookie !== undefined) client.say({ type: "ASAP_COOKIE_ECHO", cookie });
    return client;
  }

  write(...all: readonly Uint8Array[]): void {
    for (const bytes of all) void this.connection.write(bytes);
  }

  say(message: AsapMessage): void {
    this.write(controlFrame(asap.encode(message)));
  }

  send(text: string): void {
    this.write(...dataFrames(new TextEncoder().encode(text)));
  }

  end(): void {
    this.write(endFrame());
  }

  /** The next piece; `undefined` once the connection has ended. */
  async next(): Promise<SessionPiece | undefined> {
    while (this.pieces.length === 0) {
      const bytes = await this.connection.read();
      if (bytes === null) return undefined;
      for (const piece of this.splitter.split(bytes)) {
        this.pieces.push("bytes" in piece ? { ...piece, bytes: piece.bytes.slice() } : piece);
      }
    }
    return this.pieces.shift();
  }

  /** The next message of the control channel, whatever data comes before it. */
  async hear(): Promise<AsapMessage> {
    for (;;) {
      const piece = await this.next();
      assert(piece !== undefined, "the connection ended without a message");
      if (piece.kind !== "control") continue;
      const decoded = asap.decode(piece.bytes);
      assert(!(decoded instanceof DecodeFailure));
      return decoded.message;
    }
  }

  /** The next message of a type. */
  async hearOf<Type extends AsapMessage["type"]>(
    type: Type,
  ): Promise<Extract<AsapMessage, { readonly type: Type }>> {
    for (;;) {
      const message = await this.hear();
      if (message.type === type) {
        return message as Extract<AsapMessage, { readonly type: Type }>;
      }
    }
  }

  /** Data until a text of so many bytes has come, or the data has ended. */
  async text(length: number): Promise<string> {
    let text = "";
    while (text.length < length) {
      const piece = await this.next();
      if (piece === undefined || piece.kind === "end") break;
      if (piece.kind === "data") text += new TextDecoder().decode(piece.bytes);
    }
    return text;
  }

  /** What comes until the end of the data, or of the connection, and leaves: kinds of pieces. */
  async rest(): Promise<string[]> {
    const kinds: string[] = [];
    for (let piece = await this.next(); piece !== undefined; piece = await this.next()) {
      kinds.push(piece.kind);
      if (piece.kind === "end") break;
    }
    await this.connection.close();
    return kinds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}
