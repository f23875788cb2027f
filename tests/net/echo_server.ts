/** A process that sends back what it receives; it prints its port, then each failed accept. */
import { type Connection, tcpTransport } from "../../lib/net/mod.ts";

const text = new TextEncoder();
const tcp = tcpTransport({
  onAcceptError: (_listener, error) => Deno.stdout.writeSync(text.encode(`${error}\n`)),
});
const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, echo);
Deno.stdout.writeSync(text.encode(`${listener.address.port}\n`));

async function echo(connection: Connection): Promise<void> {
  for (let bytes = await connection.read(); bytes; bytes = await connection.read()) {
    await connection.write(bytes);
  }
  await connection.close();
}
