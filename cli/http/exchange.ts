/** Between `node:http`, which has the limits that a server needs, and requests of the Web. */

import type { IncomingMessage, ServerResponse } from "node:http";

/** The request as the Web has it; `undefined`: its target is none. */
export function requestOf(message: IncomingMessage): Request | undefined {
  const target = message.url ?? "";
  // RFC 9112 §3.2.1: the origin form; nobody is a proxy here.
  const url = target.startsWith("/") ? URL.parse(`http://rserpool${target}`) : null;
  if (url === null) return undefined;
  const headers = new Headers();
  for (const name of ["accept", "accept-encoding", "accept-language", "last-event-id"]) {
    const value = message.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  return new Request(url, { method: message.method ?? "GET", headers });
}

/** Sends a response; resolved when it has left, or when nobody reads it any more. */
export async function send(
  response: Response,
  to: ServerResponse,
  options: { readonly isHead: boolean },
): Promise<void> {
  const { body } = response;
  const gone = new Promise<void>((resolve) => to.once("close", () => resolve()));
  to.writeHead(response.status, Object.fromEntries(response.headers));
  if (body === null || options.isHead) {
    await body?.cancel();
    to.end();
    return;
  }
  const reader = body.getReader();
  // Whoever goes away while nothing happens is noticed now, not at the next piece.
  void gone.then(() => reader.cancel().catch(() => {}));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || to.destroyed) break;
    if (to.write(value)) continue;
    const drained = new Promise<void>((resolve) => to.once("drain", () => resolve()));
    await Promise.race([drained, gone]);
  }
  if (!to.destroyed) to.end();
}
