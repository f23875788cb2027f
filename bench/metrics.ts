/**
 * What `/metrics` of a registrar costs: how long a scrape takes, how long all else waits for it,
 * and how large the answer is. Prints one JSON line for each number of pool elements.
 *
 * `deno run -A bench/metrics.ts [SCRAPES]`, after `deno task build`.
 */

import { METRICS_CACHE_MS } from "../cli/metrics/command_metrics.ts";
import { registrarMetrics } from "../cli/metrics/registrar_metrics.ts";
import * as api from "../mod.ts";
import { median, startRegistrar } from "./processes.ts";
import { startElements } from "./raw_elements.ts";

const SCRAPES = Number(Deno.args[0] ?? 10);
/** As many on one association as it may hold. */
const PER_ASSOCIATION = 10_000;
const PER_POOL = 1_000;
const SIZES = [0, 10_000, 100_000];

const round = (value: number) => Number(value.toPrecision(3));

async function register(port: number, elements: number) {
  const associations = Math.ceil(elements / PER_ASSOCIATION);
  const pools = Math.ceil(elements / PER_POOL);
  return await startElements({ ports: [port], elements, associations, pools });
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Over HTTP, at a registrar in a process of its own; each scrape measures anew. */
async function scraped(elements: number) {
  const at = `127.0.0.1:${freePort()}`;
  const options = ["--http", at, "--element-grace", "1h", "--keep-alive-cycle", "1h"];
  const registrar = await startRegistrar(options);
  const script = elements > 0 ? await register(registrar.port, elements) : undefined;
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < SCRAPES; i++) {
    await new Promise((resolve) => setTimeout(resolve, METRICS_CACHE_MS + 50));
    const start = performance.now();
    const response = await fetch(`http://${at}/metrics`);
    bytes = (await response.arrayBuffer()).byteLength;
    times.push(performance.now() - start);
  }
  await script?.stop();
  await registrar.stop();
  return { bytes, ms: median(times), max_ms: Math.max(...times) };
}

/** In this process: what is synchronous, and so what all else waits for. */
async function paused(elements: number) {
  const anyPort = [{ host: "127.0.0.1", port: 0 }];
  const timing = { elementGraceMs: 3_600_000, keepAliveCycleMs: 3_600_000 };
  const registrar = await api.Registrar.start({ asap: anyPort, enrp: anyPort, timing });
  const script = elements > 0 ? await register(registrar.asap[0]!.port, elements) : undefined;
  let clock = 0;
  using metrics = registrarMetrics({
    api,
    view: () => registrar.view(),
    traffic: () => registrar.traffic(),
    eventCounts: () => new Map(),
    now: () => clock += METRICS_CACHE_MS,
  });
  const times: number[] = [];
  for (let i = 0; i < 2 * SCRAPES; i++) {
    const start = performance.now();
    metrics.text();
    times.push(performance.now() - start);
  }
  await script?.stop();
  await registrar.stop();
  // The first ones are not compiled yet.
  return { ms: median(times.slice(SCRAPES)), max_ms: Math.max(...times) };
}

for (const elements of SIZES) {
  const scrape = await scraped(elements);
  const pause = await paused(elements);
  console.log(JSON.stringify({
    elements,
    scrape_ms: round(scrape.ms),
    scrape_max_ms: round(scrape.max_ms),
    pause_ms: round(pause.ms),
    pause_max_ms: round(pause.max_ms),
    bytes: scrape.bytes,
  }));
}
