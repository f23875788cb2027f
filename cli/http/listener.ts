/**
 * One listener of HTTP/1.1, by `node:http`: `Deno.serve` limits neither connections nor the time
 * that a request takes to come, so that whoever reaches it could take all descriptors.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import { type Address, formatAddress } from "../address.ts";
import { EXIT, ExitError } from "../exit.ts";
import { withHeaders, words } from "./answers.ts";
import { requestOf, send } from "./exchange.ts";
import { isFromThisHost, isMeantForLoopback } from "./host_check.ts";
import type { HttpLimits } from "./limits.ts";
import type { Guard } from "./guard.ts";
import { EVERYBODY, methodRefusal, type Routes } from "./routes.ts";
import type { Asker } from "./shown.ts";
import { Unanswered } from "./unanswered.ts";

/** How one listener serves. */
export interface ListenerSettings {
  readonly address: Address;
  readonly routes: Routes;
  readonly limits: HttpLimits;
  /** Absent: without TLS, for everybody. */
  readonly guard?: Guard | undefined;
  /** Whether an address may begin another handshake now. */
  readonly admits?: ((host: string) => boolean) | undefined;
}

/** A listener that serves. */
export class Listener {
  /** Where, with the port as it turned out. */
  readonly address: Address;
  private readonly server: Server;
  private readonly settings: ListenerSettings;
  private readonly sockets: ReadonlyMap<Socket, Asker | string>;

  private constructor(
    server: Server,
    address: Address,
    settings: ListenerSettings,
    sockets: ReadonlyMap<Socket, Asker | string>,
  ) {
    this.server = server;
    this.address = address;
    this.settings = settings;
    this.sockets = sockets;
  }

  /** @throws {ExitError} if nobody can listen there. */
  static async open(settings: ListenerSettings): Promise<Listener> {
    const { address, limits, guard } = settings;
    const sockets = new Map<Socket, Asker | string>();
    const unanswered = new Unanswered(limits);
    const serveOne = (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      if (!unanswered.add(socket, response)) return;
      void serve(settings, sockets.get(socket) ?? NOBODY, request, response);
    };
    const server = guard === undefined
      ? createServer(optionsOf(limits), serveOne)
      : createTlsServer({ ...optionsOf(limits), ...tlsOptionsOf(guard, limits) }, serveOne);
    // Before TLS, which costs more than a connection does.
    server.prependListener("connection", (socket: Socket) => {
      if (settings.admits?.(socket.remoteAddress ?? "") === false) socket.destroy();
    });
    server.on(guard === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      sockets.set(socket, guard?.judge(socket as TLSSocket) ?? EVERYBODY);
      socket.once("close", () => sockets.delete(socket));
    });
    server.maxConnections = limits.connections;
    return new Listener(server, await listen(server, address), settings, sockets);
  }

  /** Whether it is over TLS. */
  get isSecured(): boolean {
    return this.settings.guard !== undefined;
  }

  /** Whoever may read less than before is gone, with whatever it follows. */
  judgeAnew(): void {
    const { guard } = this.settings;
    if (guard === undefined) return;
    for (const [socket, before] of this.sockets) {
      if (isSame(before, guard.judge(socket as TLSSocket))) continue;
      socket.destroy();
    }
  }

  /** Ends what is idle at once, and the rest after a moment. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const { graceMs } = this.settings.limits;
    const timer = setTimeout(() => this.server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(timer);
  }
}

/** Never met: each connection is judged before its first request. */
const NOBODY = "nobody knows this connection";

function optionsOf({ headerBytes, requestMs, idleMs }: HttpLimits) {
  return {
    maxHeaderSize: headerBytes,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: Math.min(requestMs, CHECK_EVERY_MS),
  };
}

/** How often `node:http` looks for requests that take too long to come. */
const CHECK_EVERY_MS = 2_000;

/**
 * Nobody is refused in the handshake: what is wrong with a certificate can be said, and health is
 * for everybody.
 */
function tlsOptionsOf(guard: Guard, { requestMs }: HttpLimits) {
  return {
    requestCert: guard.asksWho,
    rejectUnauthorized: false,
    handshakeTimeout: requestMs,
    ALPNProtocols: ["http/1.1"],
    // Asked for each connection: a reload needs no other server.
    SNICallback: (_name: string, done: (error: Error | null, context: SecureContext) => void) =>
      done(null, guard.secureContext),
  };
}

/** Who may read only some pools is asked anew which: they are looked at one by one. */
function isSame(before: Asker | string, now: Asker | string): boolean {
  if (typeof before === "string" || typeof now === "string") return before === now;
  return before.operates && now.operates;
}

function listen(server: Server, address: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenFailure(address, error)));
    server.on("error", () => {}); // of one that could not be accepted, later
    server.listen({ host: address.host, port: address.port }, () => {
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
      resolve({ host: address.host, port });
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EADDRNOTAVAIL: "it is not an address of this host",
  // What Deno 2.9 makes of the same.
  EINVAL: "it is not an address of this host",
  EACCES: "permission denied",
  ENOTFOUND: "the host is unknown",
  EAI_AGAIN: "the host is unknown, as nobody can be asked for its address",
};

function listenFailure(address: Address, error: Error & { code?: string }): ExitError {
  const why = REASONS[error.code ?? ""] ?? error.message;
  return new ExitError(EXIT.world, `--http: cannot listen on ${formatAddress(address)}: ${why}`);
}

/** Answers a request, however it fails. */
async function serve(
  settings: ListenerSettings,
  asker: Asker | string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A connection that is lost is no failure of this process.
  response.on("error", () => {});
  const { answerMs } = settings.limits;
  const answer = answerOf(settings, asker, request);
  const isEndless = answer.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const timer = isEndless ? undefined : setTimeout(() => response.destroy(), answerMs);
  try {
    await send(answer, response, { isHead: request.method === "HEAD" });
  } catch {
    response.destroy();
  } finally {
    clearTimeout(timer);
  }
}

function answerOf(
  { address, routes, guard }: ListenerSettings,
  asker: Asker | string,
  message: IncomingMessage,
): Response {
  const refusal = methodRefusal(message.method ?? "");
  if (refusal !== undefined) return refusal;
  // Over TLS the browser has compared the name with the certificate.
  const isDoubtful = guard === undefined && isFromThisHost(message.socket.remoteAddress);
  if (isDoubtful && !isMeantForLoopback(message.headers.host, address.host)) {
    return withHeaders(words(421, NOT_MEANT));
  }
  const request = requestOf(message);
  if (request === undefined) return withHeaders(words(400, "this is no path of this server"));
  return routes.answer({ request, asker });
}

const NOT_MEANT = "this is for an IP address, for localhost, or for the name that --http gives";
