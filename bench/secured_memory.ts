/**
 * Memory of a secured connection: 1,000 idle ones over certificates, and over pre-shared keys,
 * whose client is a process of its own. As many came and went before: what the code of handshakes
 * needs once is no connection's. Prints one JSON line a figure.
 *
 * `deno run -A bench/secured_memory.ts [CONNECTIONS]`, after `deno task build`.
 */

import { Exchange, type Stream } from "./exchange.ts";
import { residentBytes, type Script, startScript } from "./processes.ts";
import { dialAs, type Shown } from "./secured_dial.ts";
import { Credentials, RESOLUTION } from "./secured_registrar.ts";

const SETTLE_MS = 2_000;
/** Handshakes at once: an address may not have more than 64. */
const AT_ONCE = 32;

if (Deno.args[0] === "client") await beClient(Number(Deno.args[1]), JSON.parse(Deno.args[2]!));
else await measureAll(Number(Deno.args[0] ?? 1_000));

/** Says `open` when all connections are, and ends with its standard input. */
async function beClient(port: number, load: { shown: Shown; connections: number }): Promise<void> {
  const open: Stream[] = [];
  while (open.length < load.connections) {
    const batch = Array.from(
      { length: Math.min(AT_ONCE, load.connections - open.length) },
      () => dialAs(load.shown, port),
    );
    const made = await Promise.all(batch);
    // Who answers has finished the handshake, too.
    for (const each of made) await new Exchange(each).ask(RESOLUTION);
    open.push(...made);
  }
  console.log("open");
  await Deno.stdin.read(new Uint8Array(1));
  Deno.exit(0);
}

async function connected(port: number, shown: Shown, connections: number): Promise<Script> {
  const load = JSON.stringify({ shown, connections });
  const client = startScript("secured_memory.ts", ["client", String(port), load]);
  await client.line();
  await settle();
  return client;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

async function measureAll(connections: number): Promise<void> {
  const credentials = await Credentials.make();
  const { anonymous, key } = credentials;
  await measure(credentials, "certificate", anonymous, connections);
  await measure(credentials, "pre-shared key", key, connections);
  await credentials.remove();
}

async function measure(
  credentials: Credentials,
  way: string,
  shown: Shown,
  connections: number,
): Promise<void> {
  const registrar = await credentials.start("no limits");
  const port = shown.kind === "psk" ? registrar.pskPort! : registrar.tlsPort!;
  const first = await connected(port, shown, connections);
  await first.stop();
  await settle();
  const before = await residentBytes(registrar.pid);
  const client = await connected(port, shown, connections);
  const loaded = await residentBytes(registrar.pid);
  await client.stop();
  await registrar.stop();
  const mib = (bytes: number) => Number((bytes / 1024 / 1024).toFixed(1));
  console.log(JSON.stringify({
    way,
    connections,
    before_mib: mib(before),
    rss_mib: mib(loaded),
    kib_per_connection: Number(((loaded - before) / 1024 / connections).toFixed(1)),
  }));
}
