/**
 * Asks a name server over UDP as fast as it answers, one query at a time on each socket, and prints
 * one JSON line. `deno run -A bench/dns_load.ts PORT NAME TYPE SOCKETS SECONDS`.
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";

const [port, name, type, sockets, seconds] = Deno.args as [string, string, string, string, string];
const TYPES: Readonly<Record<string, number>> = { A: 1, SRV: 33 };
/** A datagram that is lost is asked again after this. */
const RETRY_MS = 1_000;

function queryOf(id: number): Uint8Array {
  const labels = name.split(".").flatMap((label) => [
    label.length,
    ...new TextEncoder().encode(label),
  ]);
  const question = [...labels, 0, 0, TYPES[type]!, 0, 1];
  const opt = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];
  return new Uint8Array([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, ...question, ...opt]);
}

const latencies: number[] = [];
let wrong = 0;
let lost = 0;
const end = performance.now() + Number(seconds) * 1000;

async function ask(id: number): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const query = queryOf(id);
  while (performance.now() < end) {
    const start = performance.now();
    const answer = Promise.withResolvers<Uint8Array | undefined>();
    socket.once("message", answer.resolve);
    const timer = setTimeout(() => answer.resolve(undefined), RETRY_MS);
    socket.send(query, Number(port), "127.0.0.1");
    const bytes = await answer.promise;
    clearTimeout(timer);
    if (bytes === undefined) lost++;
    else if ((bytes[3]! & 15) !== 0 || bytes[7] === 0 || bytes[1] !== query[1]) wrong++;
    else latencies.push(performance.now() - start);
  }
  socket.close();
}

await Promise.all(Array.from({ length: Number(sockets) }, (_, i) => ask(i + 1)));
latencies.sort((a, b) => a - b);
const at = (share: number) => Math.round(latencies[Math.floor(latencies.length * share)]! * 1000);
const per_s = Math.round(latencies.length / Number(seconds));
console.log(JSON.stringify({ per_s, p50_us: at(0.5), p99_us: at(0.99), wrong, lost }));
