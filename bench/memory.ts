/**
 * Memory of an idle registrar, and with 10,000 idle connections whose client is a process of its
 * own. Prints one JSON line a figure.
 *
 * `deno run -A bench/memory.ts [CONNECTIONS]`, after `deno task build`.
 */

import { residentBytes, startRegistrar } from "./processes.ts";

const CONNECTIONS = Number(Deno.args[0] ?? 10_000);
const SETTLE_MS = 3_000;

if (Deno.args[1] === "client") {
  const port = Number(Deno.args[2]);
  const open: Deno.TcpConn[] = [];
  while (open.length < CONNECTIONS) {
    const batch = Array.from(
      { length: Math.min(100, CONNECTIONS - open.length) },
      () => Deno.connect({ hostname: "127.0.0.1", port }),
    );
    open.push(...await Promise.all(batch));
  }
  console.log("open");
  // Until the measurement ends: the parent closes standard input.
  await Deno.stdin.read(new Uint8Array(1));
  Deno.exit(0);
}

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
const registrar = await startRegistrar();
await settle();
const idle = await residentBytes(registrar.pid);
const client = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "--no-config", import.meta.filename!, String(CONNECTIONS), "client"]
    .concat(String(registrar.port)),
  stdin: "piped",
  stdout: "piped",
}).spawn();
const reader = client.stdout.getReader();
await reader.read();
await settle();
const loaded = await residentBytes(registrar.pid);
await client.stdin.close();
await client.status;
await reader.cancel();
await settle();
const after = await residentBytes(registrar.pid);
await registrar.stop();
const mib = (bytes: number) => Number((bytes / 1024 / 1024).toFixed(1));
console.log(JSON.stringify({ figure: "idle registrar", rss_mib: mib(idle) }));
console.log(JSON.stringify({
  figure: "idle connections",
  connections: CONNECTIONS,
  rss_mib: mib(loaded),
  kib_per_connection: Number(((loaded - idle) / 1024 / CONNECTIONS).toFixed(2)),
  rss_after_mib: mib(after),
}));
