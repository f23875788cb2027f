/** A connection over a socket of `node:net` or `node:tls`. */

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { Address, Connection, ConnectionEnd, Secured } from "./transport.ts";

/** How long the other side may take to end its half once ours has ended. */
const LINGER_MS = 200;

/** Bytes over a socket that is connected, half-open allowed, with nobody else listening to it. */
export class NodeConnection implements Connection {
  readonly remote: Address;
  readonly local: Address;
  readonly secured: Secured | undefined;
  ended: ConnectionEnd | undefined;
  queuedBytes = 0;
  readonly #socket: Socket;
  readonly #closeLimitMs: number;
  #wakeReader: (() => void) | undefined;
  #reading: Promise<Uint8Array | null> | undefined;
  /** Whether nothing more will come. */
  #isOver = false;
  /** Why, if the socket said so. */
  #end: ConnectionEnd = "closed";
  #wakeWriter: (() => void) | undefined;
  #queue: Uint8Array[] = [];
  #pumping: Promise<void> | undefined;
  #writeEnded = false;
  #endingWrite: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(socket: Socket, ends: Ends, closeLimitMs: number, secured?: Secured) {
    this.#socket = socket;
    this.#closeLimitMs = closeLimitMs;
    this.remote = ends.remote;
    this.local = ends.local;
    this.secured = secured;
    socket.on("readable", () => this.#wake());
    socket.on("end", () => this.#over("closed"));
    socket.on("error", (error) => this.#over(endOf(error)));
    socket.on("close", () => this.#over("reset"));
  }

  read(): Promise<Uint8Array | null> {
    const reading = this.#readNext();
    this.#reading = reading;
    return reading;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#writeEnded || bytes.length === 0) return this.#pumping ?? Promise.resolve();
    this.#queue.push(bytes);
    this.queuedBytes += bytes.length;
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
    this.#closing ??= Promise.resolve();
    this.#over("closed-here");
    this.#socket.destroy();
  }

  async #readNext(): Promise<Uint8Array | null> {
    while (this.ended === undefined) {
      const chunk: Uint8Array | null = this.#socket.read();
      if (chunk !== null && !this.#closing) {
        return new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.length);
      }
      if (chunk !== null) continue;
      if (this.#isOver) {
        this.ended ??= this.#closing ? "closed-here" : this.#end;
        return null;
      }
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    return null;
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }

  #over(end: ConnectionEnd): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#end = end;
    }
    this.#wake();
    if (end !== "closed") this.#wakeWriter?.();
  }

  async #pump(): Promise<void> {
    // What else is written in this turn shall leave in the same record.
    await undefined;
    while (this.#queue.length > 0 && !this.#socket.destroyed) {
      const batch = this.#queue.length === 1 ? this.#queue[0]! : Buffer.concat(this.#queue);
      this.#queue = [];
      await this.#send(batch);
      this.queuedBytes -= batch.length;
    }
    if (this.#queue.length > 0) {
      this.#writeEnded = true;
      this.#queue = [];
      this.queuedBytes = 0;
    }
    this.#pumping = undefined;
  }

  /** Resolved when the system has taken the bytes, or never will. */
  #send(bytes: Uint8Array): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#wakeWriter = resolve;
      this.#socket.write(bytes, () => resolve());
    });
  }

  async #endWrite(): Promise<void> {
    this.#writeEnded = true;
    await this.#pumping;
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#wakeWriter = resolve;
      this.#socket.end(() => resolve());
    });
  }

  async #closeInOrder(): Promise<void> {
    let limit = setTimeout(() => this.abort(), this.#closeLimitMs);
    try {
      await this.closeWrite();
      clearTimeout(limit);
      limit = setTimeout(() => this.abort(), LINGER_MS);
      // What still arrives is read: a socket closed over unread bytes is reset, and a reset may
      // overtake our last words.
      this.#wake();
      await this.#reading;
      if (this.ended === undefined) await this.#readNext();
    } finally {
      clearTimeout(limit);
      this.abort();
    }
  }
}

/** Both ends of a connection. */
export interface Ends {
  readonly remote: Address;
  readonly local: Address;
}

/** The ends of a socket that is connected; `undefined`: it is no more. */
export function endsOf(socket: Socket): Ends | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  if (localAddress === undefined || localPort === undefined) return undefined;
  return {
    remote: { host: unmapped(remoteAddress), port: remotePort },
    local: { host: unmapped(localAddress), port: localPort },
  };
}

/** An IPv4-mapped address is shown as the IPv4 address that it is. */
export function unmapped(host: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1] ?? host;
}

function endOf(error: Error): ConnectionEnd {
  return "code" in error && error.code === "ETIMEDOUT" ? "timed-out" : "reset";
}
