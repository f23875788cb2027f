/** Servers that answer wrongly: each on a port of its own, gone with `close`. */

/** A server on the loopback. */
export interface WrongServer extends Disposable {
  readonly address: { readonly host: string; readonly port: number };
  /** Resolved when somebody has connected. */
  readonly connected: Promise<void>;
}

/** Accepts, says `words` if there are any, and is silent from then on. */
export function wrongServer(words?: Uint8Array | string): WrongServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.TcpConn[] = [];
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  const bytes = typeof words === "string" ? new TextEncoder().encode(words) : words;
  (async () => {
    for await (const connection of listener) {
      open.push(connection);
      resolve();
      if (bytes !== undefined) await connection.write(bytes as Uint8Array<ArrayBuffer>);
    }
  })();
  return {
    address: { host: "127.0.0.1", port: listener.addr.port },
    connected,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of open) connection.close();
    },
  };
}
