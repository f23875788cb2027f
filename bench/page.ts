/**
 * What an open status page costs the registrar that serves it: how late the turns of its event loop
 * come, with nobody looking, with the page in a browser, and with ten of them. Elements register
 * again all the while, so that something is told. Prints one JSON line a figure.
 *
 * `deno run -A bench/page.ts [ELEMENTS] [SECONDS]`, after `deno task build`. Without Chromium its
 * figure is left out.
 */

import { Chromium, HAS_CHROMIUM } from "../tests/browser/chromium.ts";
import { BUILT } from "./processes.ts";
import { startElements } from "./raw_elements.ts";

const ELEMENTS = Number(Deno.args[0] ?? 10_000);
const SECONDS = Number(Deno.args[1] ?? 20);
/** Each element registers again so often. */
const T4_MS = 60_000;
const PAGES = 10;

interface Lag {
  readonly turns: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const folder = await Deno.makeTempDir({ prefix: "rserpool-bench-" });
const readyFile = `${folder}/ready`;
const lagFile = `${folder}/lag`;
const registrar = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "--no-config", `--preload=${import.meta.dirname}/lag_probe.ts`, "--ext=js"]
    .concat(BUILT, "registrar", "--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0")
    .concat("--http", "127.0.0.1:0", "--ready-file", readyFile),
  env: { LAG_FILE: lagFile },
  stdin: "null",
  stdout: "null",
  stderr: "null",
}).spawn();

let hasEnded = false;
void registrar.status.then(() => hasEnded = true);

async function read<T>(file: string): Promise<T> {
  for (;;) {
    if (hasEnded) throw new Error("the registrar has ended");
    const text = await Deno.readTextFile(file).catch(() => "");
    if (text.trimEnd().endsWith("}")) return JSON.parse(text);
    await pause(50);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function lagSince(): Promise<Lag> {
  await Deno.remove(lagFile).catch(() => {});
  registrar.kill("SIGUSR2");
  return await read<Lag>(lagFile);
}

async function figure(name: string): Promise<void> {
  await lagSince();
  await pause(SECONDS * 1000);
  const { turns, p50, p99, max } = await lagSince();
  const ms = (value: number) => Math.round(value * 100) / 100;
  const lags = { p50_ms: ms(p50), p99_ms: ms(p99), max_ms: ms(max) };
  console.log(JSON.stringify({ figure: name, elements: ELEMENTS, turns, ...lags }));
}

/** Asks as the script of an open page does while something happens all the time. */
async function openPage(address: string, signal: AbortSignal): Promise<void> {
  const { body } = await fetch(`${address}api/v1/events`, { signal });
  void body!.pipeTo(new WritableStream()).catch(() => {});
  while (!signal.aborted) {
    const start = performance.now();
    await (await fetch(`${address}fragment?sort=-life`, { signal })).arrayBuffer();
    const took = performance.now() - start;
    await pause(Math.max(1_000, 10 * took) - took);
  }
}

const { asap, http } = await read<{ asap: [string]; http: [string] }>(readyFile);
const ports = [Number(asap[0].split(":")[1])];
const address = `http://${http[0]}/`;
const elements = await startElements({
  ports,
  elements: ELEMENTS,
  associations: 100,
  pools: 100,
  t4Ms: T4_MS,
});
await pause(5_000);
await figure("nobody looks");
if (HAS_CHROMIUM) {
  await using browser = await Chromium.start();
  const page = await browser.page();
  await page.open(address);
  await figure("a page in Chromium");
}
const ending = new AbortController();
for (let i = 0; i < PAGES; i++) void openPage(address, ending.signal).catch(() => {});
await figure(`${PAGES} pages`);
ending.abort();
await elements.stop();
registrar.kill("SIGTERM");
await registrar.status;
await Deno.remove(folder, { recursive: true });
Deno.exit(0);
