/**
 * The load: connections that each send a request, wait for the whole answer, and send the next. The
 * same code drives the registrar and the echo, in a process of its own. Connections are there when
 * the time begins to count, but where each request has a connection of its own.
 *
 * `deno run -A bench/load_client.ts '{"port":…,"connections":…,"operations":…,"request":"hex",
 * "identifierAt":[…]}'` prints `{"seconds":…,"operations":…,"p50Us":…,"p99Us":…}`.
 */

import { parseHex } from "../lib/wire/mod.ts";
import { Exchange } from "./exchange.ts";
import { dialAs, type Shown } from "./secured_dial.ts";

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
  /** What is shown to whom it connects to; absent: plain TCP. */
  readonly shown?: Shown;
  /** Each request is sent on a new connection, which then ends. */
  readonly dialsEach?: boolean;
}

async function open({ port, shown, dialsEach }: Load): Promise<Exchange> {
  if (shown === undefined) return await Exchange.open(port);
  return new Exchange(await dialAs(shown, port, dialsEach ? "one request" : "many requests"));
}

async function drive(
  load: Load,
  index: number,
  latencies: Float64Array[],
  connection: Exchange | undefined,
): Promise<void> {
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
    const exchange = connection ?? await open(load);
    const answer = await exchange.ask(request);
    if (connection === undefined) exchange.close();
    taken[i] = performance.now() - start;
    if (load.answerBytes !== answer.length) throw new Error(`Answer of ${answer.length} bytes`);
  }
  connection?.close();
}

if (import.meta.main) {
  const load = JSON.parse(Deno.args[0]!) as Load;
  const latencies: Float64Array[] = [];
  const connections: (Exchange | undefined)[] = [];
  while (connections.length < load.connections) {
    connections.push(load.dialsEach ? undefined : await open(load));
  }
  const start = performance.now();
  await Promise.all(
    connections.map((connection, index) => drive(load, index, latencies, connection)),
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
