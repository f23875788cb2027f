/**
 * Plain TCP over Deno's sockets.
 *
 * @module
 */

import type { InheritedSocket, TcpStream } from "./inherited.ts";
import {
  type Address,
  type Connection,
  type ConnectionEnd,
  DialFailed,
  type DialFailure,
  type DialOptions,
  type Listener,
  ListenFailed,
  type ListenFailure,
  type Transport,
} from "./transport.ts";

/** An idle connection holds no more than this; ten thousand of them must stay affordable. */
const SMALLEST_READ_BYTES = 1024;
/** A busy connection reads at most this much at once. */
const LARGEST_READ_BYTES = 64 * 1024;
/** So many small reads in a row shrink the buffer: fewer would let it grow and shrink for ever. */
const SMALL_READS_KEPT = 8;
/** The pause after a failed accept: without descriptors it would fail again at once, for ever. */
const ACCEPT_PAUSE_MS = 100;

/** How long the other side may take to end its half once ours has ended. */
const LINGER_MS = 200;

/** What a TCP transport may be told. */
export interface TcpTransportOptions {
  /** How long queued bytes may take to leave at `close`, in milliseconds; default 1000. */
  readonly closeLimitMs?: number;
  /** Hears of an accept that failed, as without free descriptors; accepting goes on. */
  readonly onAcceptError?: (listener: Address, error: unknown) => void;
  /** Listening sockets of other origin, which serve where one would be opened at their address. */
  readonly inherited?: readonly InheritedSocket[] | undefined;
}

/**
 * Plain TCP.
 *
 * @example
 * ```ts
 * import { tcpTransport } from "./tcp.ts";
 * import assert from "node:assert/strict";
 *
 * const tcp = tcpTransport();
 * const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, (accepted) => {
 *   accepted.write(new Uint8Array([1, 2, 3, 4]));
 *   accepted.close();
 * });
 * const connection = await tcp.dial(listener.address, { timeoutMs: 1000 });
 * assert.deepEqual(await connection.read(), new Uint8Array([1, 2, 3, 4]));
 * assert.equal(await connection.read(), null);
 * await connection.close();
 * await listener.close();
 * ```
 */
export function tcpTransport(options: TcpTransportOptions = {}): Transport {
  const closeLimitMs = options.closeLimitMs ?? 1000;
  return {
    listen: (address, onConnection) =>
      Promise.resolve().then(() => listen(address, onConnection, closeLimitMs, options)),
    dial: (address, dialOptions) => dial(address, dialOptions, closeLimitMs),
  };
}

function listen(
  address: Address,
  onConnection: (connection: Connection) => void,
  closeLimitMs: number,
  options: TcpTransportOptions,
): Listener {
  const inherited = options.inherited?.find((each) => isSame(each.address, address));
  if (inherited !== undefined) {
    inherited.accept((conn) => onConnection(new TcpConnection(conn, closeLimitMs)));
    return inherited;
  }
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname: address.host, port: address.port });
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new ListenFailed(address, listenFailureOf(error), { cause: error });
  }
  const bound = addressOf(listener.addr);
  const accepting = acceptAll(
    listener,
    (conn) => onConnection(new TcpConnection(conn, closeLimitMs)),
    (error) => {
      options.onAcceptError?.(bound, error);
    },
  );
  return {
    address: bound,
    close() {
      try {
        listener.close();
      } catch { // Closed before.
      }
      // The port is free only once the pending accept has ended.
      return accepting;
    },
  };
}

function isSame(one: Address, other: Address): boolean {
  return one.host === other.host && one.port === other.port;
}

async function acceptAll(
  listener: Deno.TcpListener,
  onAccepted: (conn: Deno.TcpConn) => void,
  onError: (error: unknown) => void,
): Promise<void> {
  for (;;) {
    let conn: Deno.TcpConn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      if (error instanceof Deno.errors.Interrupted) return;
      onError(error);
      await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
      continue;
    }
    onAccepted(conn);
  }
}

async function dial(
  address: Address,
  options: DialOptions,
  closeLimitMs: number,
): Promise<Connection> {
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([timer.signal, options.signal]) : timer.signal;
  try {
    const conn = await Deno.connect({ hostname: address.host, port: address.port, signal });
    return new TcpConnection(conn, closeLimitMs);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const reason = options.signal?.aborted
      ? "closed"
      : timer.signal.aborted
      ? "timed-out"
      : dialFailureOf(error);
    throw new DialFailed(address, reason, { cause: error });
  } finally {
    clearTimeout(timeout);
  }
}

class TcpConnection implements Connection {
  readonly remote: Address;
  readonly local: Address;
  ended: ConnectionEnd | undefined;
  queuedBytes = 0;
  isWriteLost = false;
  readonly #conn: TcpStream;
  readonly #closeLimitMs: number;
  #buffer = new Uint8Array(SMALLEST_READ_BYTES);
  #smallReads = 0;
  #reading: Promise<Uint8Array | null> | undefined;
  #queue: Uint8Array[] = [];
  #pumping: Promise<void> | undefined;
  #writeEnded = false;
  #endingWrite: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(conn: TcpStream, closeLimitMs: number) {
    this.#conn = conn;
    this.#closeLimitMs = closeLimitMs;
    this.remote = addressOf(conn.remoteAddr);
    this.local = addressOf(conn.localAddr);
    try {
      conn.setNoDelay(true);
      // A peer that vanished without a word would hold its association for ever otherwise.
      conn.setKeepAlive(true);
    } catch { // Lost already; the first read says so.
    }
  }

  read(): Promise<Uint8Array | null> {
    const reading = this.#readNext();
    this.#reading = reading;
    return reading;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#writeEnded) return this.#pumping ?? Promise.resolve();
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
    try {
      this.#conn.close();
    } catch { // Closed before.
    }
  }

  async #closeInOrder(): Promise<void> {
    let limit = setTimeout(() => this.abort(), this.#closeLimitMs);
    try {
      await this.closeWrite();
      clearTimeout(limit);
      limit = setTimeout(() => this.abort(), LINGER_MS);
      // A socket closed over unread bytes is reset, and a reset may overtake our last words.
      await this.#reading;
      if (this.ended === undefined) await this.#readNext();
    } finally {
      clearTimeout(limit);
      this.abort();
    }
  }

  async #endWrite(): Promise<void> {
    this.#writeEnded = true;
    await this.#pumping;
    try {
      await this.#conn.closeWrite();
    } catch { // Lost already; the next read says so.
    }
  }

  async #readNext(): Promise<Uint8Array | null> {
    while (this.ended === undefined) {
      const buffer = this.#buffer;
      let count: number | null;
      try {
        count = await this.#conn.read(buffer);
      } catch (error) {
        this.ended ??= this.#closing ? "closed-here" : connectionEndOf(error);
        return null;
      }
      if (count === null) {
        this.ended ??= this.#closing ? "closed-here" : "closed";
        return null;
      }
      if (this.#closing) continue;
      return this.#take(buffer, count);
    }
    return null;
  }

  /** Hands out what was read; the next buffer follows the size of what arrives. */
  #take(buffer: Uint8Array<ArrayBuffer>, count: number): Uint8Array {
    const size = buffer.length;
    if (count === size) {
      this.#smallReads = 0;
      this.#buffer = new Uint8Array(Math.min(size * 4, LARGEST_READ_BYTES));
      return buffer;
    }
    const bytes = buffer.slice(0, count);
    if (count >= size / 4) {
      this.#smallReads = 0;
    } else if (++this.#smallReads > SMALL_READS_KEPT && size > SMALLEST_READ_BYTES) {
      this.#smallReads = 0;
      this.#buffer = new Uint8Array(Math.max(size / 4, SMALLEST_READ_BYTES));
    }
    return bytes;
  }

  async #pump(): Promise<void> {
    // What else is written in this turn shall leave in the same segment.
    await undefined;
    try {
      while (this.#queue.length > 0) {
        const batch = joined(this.#queue);
        this.#queue = [];
        let written = await this.#conn.write(batch);
        while (written < batch.length) written += await this.#conn.write(batch.subarray(written));
        this.queuedBytes -= batch.length;
      }
    } catch { // Lost; the next read says so.
      this.isWriteLost = true;
      this.#writeEnded = true;
      this.#queue = [];
      this.queuedBytes = 0;
    }
    this.#pumping = undefined;
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const all = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

function addressOf(addr: Deno.NetAddr): Address {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(addr.hostname);
  return { host: mapped?.[1] ?? addr.hostname, port: addr.port };
}

function dialFailureOf(error: unknown): DialFailure {
  if (error instanceof Deno.errors.ConnectionRefused) return "refused";
  if (error instanceof Deno.errors.ConnectionReset) return "refused";
  if (error instanceof Deno.errors.TimedOut) return "timed-out";
  if (isUnknownHost(error)) return "unknown-host";
  return "unreachable";
}

function listenFailureOf(error: unknown): ListenFailure {
  if (error instanceof Deno.errors.AddrInUse) return "address-in-use";
  if (error instanceof Deno.errors.AddrNotAvailable) return "address-not-available";
  if (error instanceof Deno.errors.PermissionDenied) return "permission";
  if (error instanceof Deno.errors.NotCapable) return "permission";
  if (isUnknownHost(error)) return "unknown-host";
  return "failed";
}

/** Deno has no class and no code for a failed look-up, only words; a bad name is a URIError. */
function isUnknownHost(error: unknown): boolean {
  if (error instanceof URIError) return true;
  return error instanceof Error && error.message.includes("failed to lookup address");
}

function connectionEndOf(error: unknown): ConnectionEnd {
  return error instanceof Deno.errors.TimedOut ? "timed-out" : "reset";
}
