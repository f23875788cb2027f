/**
 * Listening sockets that a process was started with, as systemd opens them: sd_listen_fds(3). Only
 * node's sockets can take one over in Deno, so that their connections are dressed as Deno's.
 */

import type { Server, Socket } from "node:net";
import type { Address } from "./transport.ts";

/** As much of a connection of Deno's as TCP needs here. */
export type TcpStream = Pick<
  Deno.TcpConn,
  | "read"
  | "write"
  | "closeWrite"
  | "close"
  | "setNoDelay"
  | "setKeepAlive"
  | "remoteAddr"
  | "localAddr"
>;

/** A listening socket that somebody else has opened. */
export interface InheritedSocket {
  /** Where it listens. */
  readonly address: Address;
  /** Hands over who connects, and who has connected before. */
  accept(onAccepted: (stream: TcpStream) => void): void;
  /** Accepts no longer. */
  close(): Promise<void>;
}

/**
 * Takes listening sockets over.
 *
 * @param descriptors Their file descriptors, each of a TCP socket that listens.
 * @returns the sockets, in the same order.
 * @throws {Error} if one is no such socket; all that were taken over are closed.
 */
export async function inheritedSockets(
  descriptors: readonly number[],
): Promise<InheritedSocket[]> {
  const { createServer } = await import("node:net");
  const taken: NodeListener[] = [];
  try {
    for (const fd of descriptors) {
      taken.push(await NodeListener.open(createServer({ allowHalfOpen: true }), fd));
    }
  } catch (error) {
    for (const listener of taken) await listener.close();
    throw error;
  }
  return taken;
}

class NodeListener implements InheritedSocket {
  readonly address: Address;
  readonly #server: Server;
  #waiting: Socket[] = [];
  #onAccepted: ((stream: TcpStream) => void) | undefined;

  private constructor(server: Server, address: Address) {
    this.#server = server;
    this.address = address;
    server.on("connection", (socket) => this.#add(socket));
    // What fails is one accept; the next may succeed.
    server.on("error", () => {});
  }

  static async open(server: Server, fd: number): Promise<NodeListener> {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ fd }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    const address = server.address();
    if (address === null || typeof address === "string") {
      server.close();
      throw new TypeError(`descriptor ${fd} is no TCP socket`);
    }
    return new NodeListener(server, { host: address.address, port: address.port });
  }

  accept(onAccepted: (stream: TcpStream) => void): void {
    this.#onAccepted = onAccepted;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const socket of waiting) this.#add(socket);
  }

  close(): Promise<void> {
    for (const socket of this.#waiting) socket.destroy();
    // Accepted connections stay, and so does what tells of their end.
    this.#server.close();
    return Promise.resolve();
  }

  #add(socket: Socket): void {
    if (this.#onAccepted === undefined) this.#waiting.push(socket);
    else if (socket.remoteAddress === undefined) socket.destroy();
    else this.#onAccepted(new NodeStream(socket));
  }
}

/** A socket of node's as one of Deno's. */
class NodeStream implements TcpStream {
  readonly remoteAddr: Deno.NetAddr;
  readonly localAddr: Deno.NetAddr;
  readonly #socket: Socket;
  #rest: Uint8Array | undefined;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddr = netAddress(socket.remoteAddress, socket.remotePort);
    this.localAddr = netAddress(socket.localAddress, socket.localPort);
    const wake = () => this.#wake?.();
    socket.on("readable", wake);
    socket.on("end", () => {
      this.#ended = true;
      wake();
    });
    socket.on("error", (error) => this.#error = error);
    socket.on("close", () => {
      this.#error ??= new Deno.errors.BadResource("closed");
      wake();
    });
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const bytes: Uint8Array | null = this.#rest ?? this.#socket.read();
      if (bytes !== null) {
        const count = Math.min(bytes.length, buffer.length);
        buffer.set(bytes.subarray(0, count));
        this.#rest = count < bytes.length ? bytes.subarray(count) : undefined;
        return count;
      }
      if (this.#ended) return null;
      if (this.#error !== undefined) throw readable(this.#error);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  close(): void {
    this.#socket.destroy();
  }

  setNoDelay(noDelay = true): void {
    this.#socket.setNoDelay(noDelay);
  }

  setKeepAlive(keepAlive = true): void {
    this.#socket.setKeepAlive(keepAlive);
  }
}

/** Of a connection that has ended, how it did: others tell by the class. */
function readable(error: Error): Error {
  const isLate = (error as { code?: string }).code === "ETIMEDOUT";
  return isLate ? new Deno.errors.TimedOut(error.message) : error;
}

function netAddress(hostname = "", port = 0): Deno.NetAddr {
  return { transport: "tcp", hostname, port };
}
