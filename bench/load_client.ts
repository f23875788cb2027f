/**
 * The load: connections that each send a request, wait for the whole answer, and send the next. The
 * same code drives the registrar and the echo, in a process of its own.
 *
 * `deno run -A bench/load_client.ts '{"port":…,"connections":…,"operations":…,"request":"hex",
 * "identifierAt":[…]}'` prints `{"seconds":…,"operations":…,"p50Us":…,"p99Us":…}`.
 */

import { parseHex } from "../lib/wire/mod.ts";
import { Exchange } from "./exchange.ts";

/** What to do. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  /** Requests on all connections together. */
  readonly operations: number;
  readonly request: string;
  /** Offset of 32 bits that differ in each request, if they do (an identifier). */
  readonly identifierAt?: number;
  /** Length of the right answer: a rejection has another one. */
  readonly answerBytes: number;
}

async function drive(load: Load, index: number, latencies: Float64Array[]): Promise<void> {
  const exchange = await Exchange.open(load.port);
  const request = parseHex(load.request) as Uint8Array<ArrayBuffer>;
  const view = new DataView(request.buffer);
  const operations = Math.floor(load.operations / load.connections);
  const taken = new Float64Array(operations);
  latencies.push(taken);
  for (let i = 0; i < operations; i++) {
    if (load.identifierAt !== undefined) {
      view.setUint32(load.identifierAt, index * 1_000_000 + i + 1);
    }
    const start = performance.now();
    const answer = await exchange.ask(request);
    taken[i] = performance.now() - start;
    if (load.answerBytes !== answer.length) throw new Error(`Answer of ${answer.length} bytes`);
  }
  exchange.close();
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
