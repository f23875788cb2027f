/** Connections over TLS, with the cheapest client that there is for each kind of credentials. */

import { type PskTransport, pskTransport } from "../lib/net/mod.ts";
import { parseHex } from "../lib/wire/mod.ts";
import type { Stream } from "./exchange.ts";

/** What a client shows to a registrar. */
export type Shown =
  /** Certificates: the files' texts. Without `cert` it shows none. */
  | {
    readonly kind: "certificate";
    readonly ca: string;
    readonly cert?: string;
    readonly key?: string;
  }
  /** A pre-shared key, in hexadecimal digits. */
  | { readonly kind: "psk"; readonly identity: string; readonly key: string };

const LIMIT = { timeoutMs: 10_000, tls: { role: "client", protocol: "asap" } } as const;

/** A client has one key. */
let byKey: Promise<PskTransport> | undefined;

/**
 * Connects to a port of this host.
 *
 * @param use for one request: Deno's client holds that back behind its handshake until the other
 * side's delayed acknowledgement, 40 ms (Nagle), and `node:tls` can be told not to.
 */
export async function dialAs(
  shown: Shown,
  port: number,
  use: "many requests" | "one request" = "many requests",
): Promise<Stream> {
  if (shown.kind === "psk") return await dialByKey(shown, port);
  if (use === "one request") return await dialByNode(shown, port);
  return await dialByCertificate(shown, port);
}

async function dialByNode(
  { ca, cert, key }: Shown & { kind: "certificate" },
  port: number,
): Promise<Stream> {
  const { connect } = await import("node:tls");
  const shown = { ca, ...(cert && { cert, key }) };
  const socket = connect({ host: "127.0.0.1", port, ALPNProtocols: ["asap"], ...shown });
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  return {
    async read(buffer) {
      for (;;) {
        const chunk: Uint8Array | null = socket.read();
        if (chunk !== null) {
          buffer.set(chunk);
          return chunk.length;
        }
        if (socket.readableEnded || socket.destroyed) return null;
        await new Promise<void>((resolve) => {
          socket.once("readable", resolve);
          socket.once("close", resolve);
        });
      }
    },
    write: (bytes) => new Promise((resolve) => socket.write(bytes, resolve)),
    close: () => void socket.destroy(),
  };
}

async function dialByCertificate(
  { ca, cert, key }: Shown & { kind: "certificate" },
  port: number,
): Promise<Stream> {
  return await Deno.connectTls({
    hostname: "127.0.0.1",
    port,
    caCerts: [ca],
    alpnProtocols: ["asap"],
    ...(cert === undefined ? {} : { cert, key: key! }),
  });
}

/** Deno has no client for pre-shared keys: it is ours, for the registrar and for the echo. */
async function dialByKey(
  { identity, key }: Shown & { kind: "psk" },
  port: number,
): Promise<Stream> {
  byKey ??= pskTransport({ own: { identity, key: parseHex(key) } });
  const connection = await (await byKey).dial({ host: "127.0.0.1", port }, LIMIT);
  let rest = new Uint8Array(0);
  return {
    async read(buffer) {
      if (rest.length === 0) {
        const chunk = await connection.read();
        if (chunk === null) return null;
        rest = chunk as Uint8Array<ArrayBuffer>;
      }
      const part = rest.subarray(0, buffer.length);
      buffer.set(part);
      rest = rest.subarray(part.length);
      return part.length;
    },
    write: (bytes) => connection.write(bytes),
    close: () => void connection.close(),
  };
}
