/**
 * The baselines over TLS: a bare server over `node:tls`, or over our pre-shared keys (which no
 * other library offers Deno), that answers whatever it reads with a message of a given size.
 *
 * `deno run -A bench/secured_echo.ts '{"answerBytes":…,"kind":…,…}'` prints its port.
 */

import { pskTransport } from "../lib/net/mod.ts";
import { parseHex } from "../lib/wire/mod.ts";

/** What an echo answers, and what it proves or accepts. */
export type SecuredEcho =
  & { readonly answerBytes: number }
  & (
    | {
      readonly kind: "certificate";
      readonly ca: string;
      readonly cert: string;
      readonly key: string;
    }
    | { readonly kind: "psk"; readonly identity: string; readonly key: string }
  );

/** As the registrar has it: whoever has no certificate is let in as well. */
async function serveCertificates(
  { ca, cert, key }: SecuredEcho & { kind: "certificate" },
  answer: Uint8Array,
): Promise<number> {
  const { createServer } = await import("node:tls");
  const options = { ca, cert, key, requestCert: true, rejectUnauthorized: false };
  const server = createServer({ ...options, ALPNProtocols: ["asap"] }, (socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => {}); // the client is gone
    // One request is outstanding on a connection, and each fits one read.
    socket.on("data", () => socket.write(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

async function serveKeys(
  { identity, key }: SecuredEcho & { kind: "psk" },
  answer: Uint8Array,
): Promise<number> {
  const handshakes = { handshakesPerSecond: 1_000_000 };
  const transport = await pskTransport({ accepted: new Map([[identity, parseHex(key)]]) }, {
    handshakes,
  });
  const listener = await transport.listen({ host: "127.0.0.1", port: 0 }, async (connection) => {
    while (await connection.read() !== null) await connection.write(answer);
    await connection.close();
  }, { tls: { role: "server", protocol: "asap" } });
  return listener.address.port;
}

if (import.meta.main) {
  const echo = JSON.parse(Deno.args[0]!) as SecuredEcho;
  const answer = new Uint8Array(echo.answerBytes);
  // The client reads the length from the third and fourth byte, as of any message.
  new DataView(answer.buffer).setUint16(2, answer.length);
  const port = echo.kind === "psk"
    ? await serveKeys(echo, answer)
    : await serveCertificates(echo, answer);
  console.log(port);
}
