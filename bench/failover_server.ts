/**
 * A server that a benchmark kills, or that is the next one: an echo without RSerPool, and the same
 * echo as a pool element with a control channel, whose first answer is behind a cookie.
 *
 * Arguments: the registrar's port, the pool handle. It prints one JSON line: the PE identifier and
 * the port of the bare echo.
 */

import { PoolElement } from "../mod.ts";

const [registrar, poolHandle] = Deno.args;
const KEY = new TextEncoder().encode("all elements of a benchmark's pool");

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

async function echo(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const buffer = new Uint8Array(1024);
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) return connection.close();
    await connection.write(buffer.subarray(0, length));
  }
}

async function accept(): Promise<void> {
  for await (const connection of listener) void echo(connection);
}

void accept();
const element = new PoolElement({
  registrars: [{ host: "127.0.0.1", port: Number(registrar) }],
  poolHandle: poolHandle!,
  port: 0,
  use: 1,
});
await element.serve(async (session) => {
  for (;;) {
    const bytes = await session.receive();
    if (bytes === undefined) return;
    await session.sendState(Uint8Array.of(1));
    await session.send(bytes);
  }
}, { host: "127.0.0.1", cookies: { keys: [KEY] } });
await element.register();
const { port } = listener.addr as Deno.NetAddr;
const line = JSON.stringify({ identifier: element.identifier, port });
Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
