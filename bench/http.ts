/**
 * What readers over HTTP cost a registrar: how long answers take, and how late its turns come
 * meanwhile. Prints one JSON line a figure.
 *
 * `deno run -A bench/http.ts [ELEMENTS] [SECONDS]`, after `deno task build`.
 */

import { startRegistrar } from "./processes.ts";
import { startElements } from "./raw_elements.ts";

const ELEMENTS = Number(Deno.args[0] ?? 10_000);
const SECONDS = Number(Deno.args[1] ?? 10);
/** Status pages that are open. */
const FOLLOWERS = 5;

const LAG = /^rserpool_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm;

/** How many turns came late by at most so many seconds. */
async function lagOf(base: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${base}/metrics`)).text();
  return new Map([...text.matchAll(LAG)].map(([, bound, count]) => [bound!, Number(count)]));
}

/** The shortest lag that so many of a hundred turns did not exceed. */
function quantile(before: Map<string, number>, after: Map<string, number>, part: number): string {
  const counts = [...after].map(([bound, n]) => [bound, n - (before.get(bound) ?? 0)] as const);
  const all = counts.at(-1)![1];
  return counts.find(([, count]) => count >= all * part)![0];
}

async function timed(url: string, headers: Record<string, string> = {}) {
  const start = performance.now();
  const bytes = (await (await fetch(url, { headers })).arrayBuffer()).byteLength;
  return { ms: Math.round(performance.now() - start), mib: +(bytes / 2 ** 20).toFixed(2) };
}

/** Does something again and again for a while; what the registrar's turns had of it. */
async function during(figure: string, base: string, work: () => Promise<unknown>): Promise<void> {
  // Metrics that are asked for twice within a second are those of before.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const before = await lagOf(base);
  const end = performance.now() + SECONDS * 1000;
  let times = 0;
  for (; performance.now() < end; times++) await work();
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const after = await lagOf(base);
  const lag = (part: number) => `${Number(quantile(before, after, part)) * 1000}`;
  const lags = { lag_p50_ms: lag(0.5), lag_p99_ms: lag(0.99), lag_max_ms: lag(1) };
  console.log(JSON.stringify({ figure, elements: ELEMENTS, times, ...lags }));
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const port = freePort();
const base = `http://127.0.0.1:${port}`;
const registrar = await startRegistrar(["--http", `127.0.0.1:${port}`]);
const elements = await startElements({
  ports: [registrar.port],
  elements: ELEMENTS,
  associations: 100,
  pools: 100,
});
const pause = () => new Promise((resolve) => setTimeout(resolve, 1_000));
await during("nobody reads", base, pause);
for (
  const path of ["/", "/api/v1/pools", "/api/v1/pools?limit=100", "/metrics", "/api/v1/registrar"]
) {
  console.log(JSON.stringify({ figure: path, elements: ELEMENTS, ...await timed(base + path) }));
}
const ending = new AbortController();
for (let i = 0; i < FOLLOWERS; i++) {
  const { body } = await fetch(`${base}/api/v1/events`, { signal: ending.signal });
  void body!.pipeTo(new WritableStream()).catch(() => {});
}
const readersOf = (path: string) => async () => {
  await Promise.all([
    ...Array.from({ length: FOLLOWERS }, () => timed(`${base}${path}`)),
    pause(),
  ]);
};
await during(`${FOLLOWERS} open status pages, once a second`, base, readersOf("/fragment"));
await during(`${FOLLOWERS} readers of all pools, once a second`, base, readersOf("/api/v1/pools"));
await during("one reader of all pools without a pause", base, () => timed(`${base}/api/v1/pools`));
await during("metrics without a pause", base, () => timed(`${base}/metrics`));
ending.abort();
await elements.stop();
await registrar.stop();
Deno.exit(0);
