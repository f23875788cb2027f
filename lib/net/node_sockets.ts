/** TCP over `node:net`, whose sockets `node:tls` can secure. */

import { lookup } from "node:dns/promises";
import { connect, createServer, isIP, type Server, type Socket } from "node:net";
import {
  type Address,
  DialFailed,
  type DialFailure,
  type DialOptions,
  type Listener,
  ListenFailed,
  type ListenFailure,
} from "./transport.ts";
import { unmapped } from "./node_connection.ts";

/** How sockets are opened: either half may end first, and small messages leave at once. */
const SOCKET = { allowHalfOpen: true, noDelay: true, keepAlive: true } as const;

/**
 * Accepts sockets.
 *
 * @throws {ListenFailed} when the address cannot be listened on.
 */
export async function listenForSockets(
  address: Address,
  onSocket: (socket: Socket) => void,
  onError: (listener: Address, error: unknown) => void,
): Promise<Listener> {
  const server = createServer(SOCKET, onSocket);
  try {
    await listening(server, address);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new ListenFailed(address, listenFailureOf(error), { cause: error });
  }
  const bound = boundTo(server, address);
  server.on("error", (error) => onError(bound, error));
  let closed: Promise<void> | undefined;
  return {
    address: bound,
    close: () => closed ??= stop(server),
  };
}

/**
 * Connects to an address; of a host name, every address is tried.
 *
 * @throws {DialFailed} when none answers. Nothing is left open.
 */
export async function dialSocket(address: Address, options: DialOptions): Promise<Socket> {
  const { timeoutMs, signal } = options;
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), timeoutMs);
  const given = signal ? AbortSignal.any([timer.signal, signal]) : timer.signal;
  try {
    return await connectToAny(address, given);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    const reason = signal?.aborted
      ? "closed"
      : timer.signal.aborted
      ? "timed-out"
      : dialFailureOf(error);
    throw new DialFailed(address, reason, { cause: error });
  } finally {
    clearTimeout(timeout);
  }
}

function listening(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function boundTo(server: Server, asked: Address): Address {
  const bound = server.address();
  if (bound === null || typeof bound === "string") return asked;
  return { host: unmapped(bound.address), port: bound.port };
}

/** Accepted sockets stay, and a server reports its end only after theirs: nobody waits for that. */
function stop(server: Server): Promise<void> {
  server.close();
  // The system's socket is closed in a turn of its own.
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function connectToAny(address: Address, signal: AbortSignal): Promise<Socket> {
  const hosts = await hostsOf(address.host, signal);
  let failure: unknown;
  for (const host of hosts) {
    try {
      return await connectTo(host, address.port, signal);
    } catch (error) {
      if (error instanceof RangeError || signal.aborted) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

async function hostsOf(host: string, signal: AbortSignal): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await untilAborted(lookup(host, { all: true }), signal);
  return found.map(({ address }) => address);
}

function connectTo(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Error("given up"));
    const socket = connect({ host, port, ...SOCKET });
    const onAbort = () => {
      socket.destroy();
      reject(new Error("given up"));
    };
    const onError = (error: Error) => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      reject(error);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError);
    socket.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      resolve(socket);
    });
  });
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Error("given up"));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function isUnknownHost(code: unknown): boolean {
  return code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EAI_NONAME";
}

function dialFailureOf(error: unknown): DialFailure {
  const code = codeOf(error);
  if (code === "ECONNREFUSED" || code === "ECONNRESET") return "refused";
  if (code === "ETIMEDOUT") return "timed-out";
  return isUnknownHost(code) ? "unknown-host" : "unreachable";
}

function listenFailureOf(error: unknown): ListenFailure {
  const code = codeOf(error);
  if (code === "EADDRINUSE") return "address-in-use";
  if (code === "EADDRNOTAVAIL") return "address-not-available";
  if (code === "EACCES" || code === "EPERM") return "permission";
  return isUnknownHost(code) ? "unknown-host" : "failed";
}
