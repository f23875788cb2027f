/** Sends back whatever comes, on a port that it prints. */

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = listener.addr;
Deno.stdout.writeSync(new TextEncoder().encode(`${port}\n`));

for await (const conn of listener) void echo(conn);

async function echo(conn: Deno.TcpConn): Promise<void> {
  try {
    const [up, down] = [conn.readable, conn.writable];
    await up.pipeTo(down);
  } catch { // The other side is gone.
  }
}
