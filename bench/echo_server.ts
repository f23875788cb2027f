/**
 * The baseline: a bare Deno TCP server that answers each message with one of a given size. It does
 * nothing else: no codec, no table, no timers.
 *
 * `deno run -A bench/echo_server.ts ANSWER_BYTES` prints its port.
 */

const answer = new Uint8Array(Number(Deno.args[0]));
// The client reads the length from the third and fourth byte, as of any message.
new DataView(answer.buffer).setUint16(2, answer.length);

async function serve(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const count = await connection.read(buffer);
      if (count === null) break;
      // One request is outstanding on a connection, and each fits one read.
      await connection.write(answer);
    }
  } catch { // the client is gone
  }
  connection.close();
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
for await (const connection of listener) void serve(connection);
