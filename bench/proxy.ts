/**
 * `rserpool proxy`, a bare splice in Deno and haproxy, each on a core of its own, before the same
 * server: requests a second and their p99 on 64 connections that stay, new connections a second,
 * MiB a second of one stream. Prints one JSON line a figure; medians of interleaved rounds. Load
 * and server share the other core, so the CPU time of a proxy tells more than the time that passed.
 *
 * `deno run -A bench/proxy.ts [ROUNDS]`, after `deno task build`; needs wrk, haproxy and taskset.
 */

import { PoolElement } from "../mod.ts";
import {
  BUILT,
  median,
  residentBytes,
  type Script,
  startRegistrar,
  startScript,
} from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 5);
const PROXY_CORE = "1";
const LOAD_CORE = "0";
const CONNECTIONS = 64;
const SECONDS = 2;
const STREAM_MIB = 1024;
const IDLE_CONNECTIONS = 1_000;
const PAGE_BYTES = 600;
const CLOCK_TICKS = 100;

/** A proxy that is measured. */
interface Candidate {
  readonly name: string;
  readonly pid: number;
  /** Ports that lead to the web server, and to the source of streams. */
  readonly web: number;
  readonly stream: number;
}

const folder = await Deno.makeTempDir({ prefix: "rserpool-bench-" });
const children: Deno.ChildProcess[] = [];

function spawn(program: string, args: readonly string[]): Deno.ChildProcess {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  children.push(child);
  return child;
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

async function pin(pid: number, core: string): Promise<void> {
  await run("taskset", ["-acp", core, String(pid)]);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilOpen(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const DEFAULTS = `global
  nbthread 1
  maxconn 8000
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
`;

async function haproxy(name: string, rest: string, ports: readonly number[]): Promise<number> {
  const file = `${folder}/${name}.cfg`;
  await Deno.writeTextFile(file, DEFAULTS + rest);
  const core = name === "web" ? LOAD_CORE : PROXY_CORE;
  const { pid } = spawn("taskset", ["-c", core, "haproxy", "-db", "-f", file]);
  for (const port of ports) await untilOpen(port);
  return pid;
}

async function startWeb(): Promise<number> {
  const port = freePort();
  const page = `string "${"x".repeat(PAGE_BYTES)}"`;
  const answer = `http-request return status 200 content-type text/plain ${page}`;
  await haproxy(
    "web",
    `frontend web\n  mode http\n  bind 127.0.0.1:${port}\n  ${answer}\n`,
    [port],
  );
  return port;
}

async function startHaproxy(web: number, stream: number): Promise<Candidate> {
  const ports = [freePort(), freePort()] as const;
  const forward = (name: string, from: number, to: number) =>
    `listen ${name}\n  mode tcp\n  bind 127.0.0.1:${from}\n  server s 127.0.0.1:${to}\n`;
  const rest = forward("web", ports[0], web) + forward("stream", ports[1], stream);
  const pid = await haproxy("proxy", rest, ports);
  return { name: "haproxy", pid, web: ports[0], stream: ports[1] };
}

async function startSplice(to: number, bufferBytes: number): Promise<Script & { port: number }> {
  const script = startScript("bare_splice.ts", [String(to), String(bufferBytes)]);
  const port = Number(await script.line());
  await pin(script.pid, PROXY_CORE);
  return { ...script, port };
}

async function startProxy(asap: number): Promise<Candidate> {
  const ready = `${folder}/proxy.json`;
  const any = "127.0.0.1:0";
  const listen = ["--listen", `${any}=web`, "--listen", `${any}=stream`];
  const at = ["-r", `127.0.0.1:${asap}`, "--ready-file", ready];
  const { pid } = spawn(BUILT, ["proxy", ...at, ...listen]);
  for (;;) {
    const text = await Deno.readTextFile(ready).catch(() => "");
    if (text === "") {
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    const { listeners } = JSON.parse(text) as { listeners: { listen: string }[] };
    const [web, stream] = listeners.map(({ listen }) => Number(listen.split(":")[1]));
    await pin(pid, PROXY_CORE);
    return { name: "rserpool proxy", pid, web: web!, stream: stream! };
  }
}

/** Seconds of CPU that a process has used. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

/** What one round brought, a second and a second of CPU. */
interface Sample {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly p99Us?: number;
}

async function load(candidate: Candidate, headers: readonly string[]): Promise<Sample> {
  const before = await cpuSeconds(candidate.pid);
  const url = `http://127.0.0.1:${candidate.web}/`;
  const options = ["-t1", `-c${CONNECTIONS}`, `-d${SECONDS}`, "--latency", ...headers];
  const text = await run("taskset", ["-c", LOAD_CORE, "wrk", ...options, url]);
  const perSecond = Number(/Requests\/sec:\s+([0-9.]+)/.exec(text)![1]);
  const [, p99, unit] = /99%\s+([0-9.]+)(us|ms|s)/.exec(text)!;
  const used = await cpuSeconds(candidate.pid) - before;
  const p99Us = Number(p99) * ({ us: 1, ms: 1e3, s: 1e6 }[unit!] ?? NaN);
  return { perSecond, perCpuSecond: perSecond * SECONDS / used, p99Us };
}

async function stream(candidate: Candidate, ends: Script): Promise<Sample> {
  const before = await cpuSeconds(candidate.pid);
  await ends.tell(`${candidate.stream} ${STREAM_MIB}`);
  const seconds = Number(await ends.line());
  const used = await cpuSeconds(candidate.pid) - before;
  return { perSecond: STREAM_MIB / seconds, perCpuSecond: STREAM_MIB / used };
}

async function measure(
  figure: string,
  candidates: readonly Candidate[],
  sample: (candidate: Candidate) => Promise<Sample>,
): Promise<void> {
  const samples = new Map<string, Sample[]>(candidates.map(({ name }) => [name, []]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const candidate of candidates) {
      const taken = await sample(candidate);
      if (round >= 0) samples.get(candidate.name)!.push(taken); // the first one warms up
    }
  }
  const own = samples.get("rserpool proxy")!;
  for (const [name, all] of samples) {
    const ratio = (key: "perSecond" | "perCpuSecond") =>
      Number(median(all.map((each, i) => own[i]![key] / each[key])).toFixed(2));
    console.log(JSON.stringify({
      figure,
      proxy: name,
      per_s: Math.round(median(all.map((each) => each.perSecond))),
      per_cpu_s: Math.round(median(all.map((each) => each.perCpuSecond))),
      p99_us: all[0]!.p99Us === undefined ? "" : Math.round(median(all.map((each) => each.p99Us!))),
      ratio: ratio("perSecond"),
      cpu_ratio: ratio("perCpuSecond"),
    }));
  }
}

/** Memory of connections that rest, after a byte each way. */
async function measureIdle(candidate: Candidate, ends: Script): Promise<void> {
  const before = await residentBytes(candidate.pid);
  await ends.tell(`${candidate.stream} -${IDLE_CONNECTIONS}`);
  await ends.line();
  const each = (await residentBytes(candidate.pid) - before) / IDLE_CONNECTIONS;
  console.log(JSON.stringify({
    figure: "KiB an idle connection",
    proxy: candidate.name,
    per_s: Number((each / 1024).toFixed(1)),
  }));
}

const registrar = await startRegistrar(["--keep-alive-cycle", "1h"]);
const web = await startWeb();
const ends = startScript("stream_ends.ts", []);
await pin(ends.pid, LOAD_CORE);
const source = Number(await ends.line());
const registrars = [{ host: "127.0.0.1", port: registrar.port }];
const elements = [{ poolHandle: "web", port: web }, { poolHandle: "stream", port: source }]
  .map((each) => new PoolElement({ registrars, ...each }));
for (const element of elements) await element.register();

// The buffer of 16 KiB is best for requests, that of 256 KiB for streams: each figure has its best.
const splices = [await startSplice(web, 16 * 1024), await startSplice(source, 256 * 1024)] as const;
const [forWeb, forStream] = splices;
const bare = { name: "bare splice", web: forWeb.port, stream: forStream.port };
const others = [await startProxy(registrar.port), await startHaproxy(web, source)];
const forRequests = [others[0]!, { ...bare, pid: forWeb.pid }, others[1]!];
const forStreams = [others[0]!, { ...bare, pid: forStream.pid }, others[1]!];

await measure("requests/s, 64 connections", forRequests, (each) => load(each, []));
await measure("new connections/s", forRequests, (each) => load(each, ["-H", "Connection: close"]));
await measure("MiB/s of one stream", forStreams, (each) => stream(each, ends));
for (const each of forStreams) await measureIdle(each, ends);

await ends.stop();
for (const splice of splices) await splice.kill();
for (const element of elements) await element[Symbol.asyncDispose]();
for (const child of children) {
  child.kill("SIGKILL");
  await child.status;
}
await registrar.stop();
await Deno.remove(folder, { recursive: true });
