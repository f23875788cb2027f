/**
 * One listener of HTTP/1.1, by `node:http`: `Deno.serve` limits neither connections nor the time
 * that a request takes to come, so that whoever reaches it could take all descriptors.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Address, formatAddress } from "../address.ts";
import { EXIT, ExitError } from "../exit.ts";
import { withHeaders, words } from "./answers.ts";
import { requestOf, send } from "./exchange.ts";
import { isFromThisHost, isMeantForLoopback } from "./host_check.ts";
import type { HttpLimits } from "./limits.ts";
import { EVERYBODY, methodRefusal, type Routes } from "./routes.ts";

/** How one listener serves. */
export interface ListenerSettings {
  readonly address: Address;
  readonly routes: Routes;
  readonly limits: HttpLimits;
}

/** A listener that serves. */
export class Listener {
  /** Where, with the port as it turned out. */
  readonly address: Address;
  private readonly server: Server;
  private readonly graceMs: number;

  private constructor(server: Server, address: Address, graceMs: number) {
    this.server = server;
    this.address = address;
    this.graceMs = graceMs;
  }

  /** @throws {ExitError} if nobody can listen there. */
  static async open(settings: ListenerSettings): Promise<Listener> {
    const { address, limits } = settings;
    const server = createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
    }, (request, response) => void serve(settings, request, response));
    server.maxConnections = limits.connections;
    return new Listener(server, await listen(server, address), limits.graceMs);
  }

  /** Ends what is idle at once, and the rest after a moment. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    const timer = setTimeout(() => this.server.closeAllConnections(), this.graceMs);
    await closed;
    clearTimeout(timer);
  }
}

function listen(server: Server, address: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenFailure(address, error)));
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
  EACCES: "permission denied",
};

function listenFailure(address: Address, error: Error & { code?: string }): ExitError {
  const why = REASONS[error.code ?? ""] ?? error.message;
  return new ExitError(EXIT.world, `--http: cannot listen on ${formatAddress(address)}: ${why}`);
}

/** Answers a request, however it fails. */
async function serve(
  settings: ListenerSettings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A connection that is lost is no failure of this process.
  response.on("error", () => {});
  const { answerMs } = settings.limits;
  const answer = answerOf(settings, request);
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

function answerOf({ address, routes }: ListenerSettings, message: IncomingMessage): Response {
  const refusal = methodRefusal(message.method ?? "");
  if (refusal !== undefined) return refusal;
  if (
    isFromThisHost(message.socket.remoteAddress) &&
    !isMeantForLoopback(message.headers.host, address.host)
  ) {
    return withHeaders(words(421, NOT_MEANT));
  }
  const request = requestOf(message);
  if (request === undefined) return withHeaders(words(400, "this is no path of this server"));
  return routes.answer({ request, asker: EVERYBODY });
}

const NOT_MEANT = "this is for an IP address, for localhost, or for the name that --http gives";
