/** What both secured transports share, over a transport that is the test. */
import assert from "node:assert/strict";
import { HandshakeGate } from "../../lib/net/handshakes.ts";
import { listenSecured } from "../../lib/net/securing.ts";
import type { Connection, Transport } from "../../lib/net/transport.ts";

const AT = { host: "192.0.2.9", port: 1 };

/** Connections from these hosts come to a listener whose handshakes are never over. */
async function outcomes(
  hosts: readonly string[],
  networkOf?: (host: string) => string,
): Promise<string[]> {
  const outcome: string[] = [];
  let come = (_connection: Connection) => {};
  const tcp = {
    listen: (address, onConnection) => {
      come = onConnection;
      return Promise.resolve({ address, close: () => Promise.resolve() });
    },
  } as Pick<Transport, "listen"> as Transport;
  const gate = new HandshakeGate({ handshakesAtOncePerAddress: 1 }, () => 0);
  const onRefused = ({ host }: { host: string }, why: string) => outcome.push(`${host}: ${why}`);
  await listenSecured(AT, () => outcome.push("connected"), {
    tcp,
    gate,
    options: { networkOf, onRefused },
    secure: ({ remote: { host } }) => {
      outcome.push(`${host}: begun`);
      return new Promise(() => {});
    },
  });
  for (const host of hosts) {
    const abort = () => void outcome.push(`${host}: cut`);
    const connection: Pick<Connection, "remote" | "abort"> = { remote: { host, port: 1 }, abort };
    come(connection as Connection);
  }
  return outcome;
}

Deno.test("networkOf says which addresses have the handshakes of one", async () => {
  const hosts = ["2001:db8::1", "2001:db8::2"];
  assert.deepEqual(await outcomes(hosts), ["2001:db8::1: begun", "2001:db8::2: begun"]);
  assert.deepEqual(await outcomes(hosts, () => "2001:db8::/64"), [
    "2001:db8::1: begun",
    "2001:db8::2: cut",
    "2001:db8::2: more than 1 TLS handshakes of one address at once",
  ]);
});
