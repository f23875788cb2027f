/**
 * The least that a proxy in Deno does: accepts, connects, and copies both ways with a buffer of a
 * fixed size. What `rserpool proxy` is measured against.
 *
 * `deno run -A bench/bare_splice.ts PORT BUFFER_BYTES` prints its own port.
 */

const port = Number(Deno.args[0]);
const bufferBytes = Number(Deno.args[1]);

async function copy(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(bufferBytes);
  for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
    for (let rest = buffer.subarray(0, count); rest.length > 0;) {
      rest = rest.subarray(await to.write(rest));
    }
  }
  await to.closeWrite();
}

async function splice(client: Deno.TcpConn): Promise<void> {
  try {
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    for (const each of [client, server]) each.setNoDelay(true);
    await Promise.all([copy(client, server), copy(server, client)]);
    server.close();
    client.close();
  } catch { // A load that ends in the middle of a request.
  }
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
for await (const client of listener) void splice(client);
