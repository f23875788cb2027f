/**
 * The load: connections that each send a request, wait for the whole answer, and send the next. The
 * same code drives the registrar and the echo, in a process of its own.
 *
 * `deno run -A bench/load_client.ts '{"port":…,"connections":…,"operations":…,"request":"hex",
 * "identifierAt":[…]}'` prints `{"seconds":…,"operations":…,"p50Us":…,"p99Us":…}`.
 */

import { parseHex } from "../lib/wire/mod.ts";

/** What to do. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  /** Requests on all connections together. */
  readonly operations: number;
  readonly request: string;
  /** Offset of 32 bits that differ in each request, if they do (an identifier). */
  readonly identifierAt?: number;
  /** Offset of the flags of the answer that must be 0 (the R flag of a response), if any. */
  readonly flagsAt?: number;
}

async function exchange(
  connection: Deno.TcpConn,
  request: Uint8Array<ArrayBuffer>,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<void> {
  await connection.write(request);
  let filled = 0;
  let needed = 4;
  while (filled < needed) {
    const count = await connection.read(buffer.subarray(filled));
    if (count === null) throw new Error("The connection ended");
    filled += count;
    if (filled >= 4) needed = Math.ceil(((buffer[2]! << 8) | buffer[3]!) / 4) * 4;
  }
}

async function drive(load: Load, index: number, latencies: Float64Array[]): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: load.port });
  connection.setNoDelay(true);
  const request = parseHex(load.request) as Uint8Array<ArrayBuffer>;
  const view = new DataView(request.buffer);
  const buffer = new Uint8Array(65_536);
  const operations = Math.floor(load.operations / load.connections);
  const taken = new Float64Array(operations);
  latencies.push(taken);
  for (let i = 0; i < operations; i++) {
    if (load.identifierAt !== undefined) {
      view.setUint32(load.identifierAt, index * 1_000_000 + i + 1);
    }
    const start = performance.now();
    await exchange(connection, request, buffer);
    taken[i] = performance.now() - start;
    if (load.flagsAt !== undefined && buffer[load.flagsAt] !== 0) throw new Error("Rejected");
  }
  connection.close();
}

if (import.meta.main) {
  const load = JSON.parse(Deno.args[0]!) as Load;
  const latencies: Float64Array[] = [];
  const start = performance.now();
  await Promise.all(
    Array.from({ length: load.connections }, (_, index) => drive(load, index, latencies)),
  );
  const seconds = (performance.now() - start) / 1000;
  const all = Float64Array.from(latencies.flatMap((each) => [...each])).sort();
  const percentile = (p: number) => Math.round(all[Math.floor(all.length * p)]! * 1000);
  console.log(JSON.stringify({
    seconds,
    operations: all.length,
    p50Us: percentile(0.5),
    p99Us: percentile(0.99),
  }));
}
