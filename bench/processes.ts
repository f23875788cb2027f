/** Processes that the benchmarks start: each measured part has one of its own. */

import type { Load } from "./load_client.ts";
import type { SecuredEcho } from "./secured_echo.ts";

/** The file that `deno task build` makes. */
export const BUILT = new URL("../dist/rserpool", import.meta.url).pathname;

/** A process that was started, and how to end it. */
export interface Started {
  readonly pid: number;
  readonly port: number;
  /** The port of its second listener, if it has one. */
  readonly enrpPort?: number;
  /** Where a secured registrar serves ASAP over TLS with certificates. */
  readonly tlsPort?: number;
  /** Where it serves ASAP over TLS with pre-shared keys. */
  readonly pskPort?: number;
  stop(): Promise<void>;
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>;
}

function here(name: string): string {
  return new URL(name, import.meta.url).pathname;
}

/** Starts the echo that answers with so many bytes. */
export function startEcho(answerBytes: number): Promise<Started> {
  return startServer("echo_server.ts", String(answerBytes));
}

/** Starts the echo over TLS. */
export function startSecuredEcho(echo: SecuredEcho): Promise<Started> {
  return startServer("secured_echo.ts", JSON.stringify(echo));
}

async function startServer(name: string, arg: string): Promise<Started> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", here(name), arg],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(new TextDecoder().decode(value));
  return {
    pid: child.pid,
    port,
    stop: () => stop(child, reader),
    kill: () => stop(child, reader, "SIGKILL"),
  };
}

async function stop(
  child: Deno.ChildProcess,
  reader?: ReadableStreamDefaultReader<Uint8Array>,
  signal: Deno.Signal = "SIGTERM",
): Promise<void> {
  child.kill(signal);
  await child.status;
  await reader?.cancel();
}

/** Starts a registrar from the built file and waits until it serves. */
export async function startRegistrar(args: readonly string[] = []): Promise<Started> {
  const directory = await Deno.makeTempDir({ prefix: "rserpool-bench-" });
  const ready = `${directory}/ready.json`;
  const watcher = Deno.watchFs(directory);
  const child = new Deno.Command(BUILT, {
    args: [
      "registrar",
      "--asap",
      "127.0.0.1:0",
      "--enrp",
      "127.0.0.1:0",
      "--ready-file",
      ready,
      "-q",
    ]
      .concat(args),
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const facts = await readyFacts(ready, watcher);
  const portOf = (address: string) => Number(address.slice(address.lastIndexOf(":") + 1));
  return {
    pid: child.pid,
    port: portOf(facts.asap[0]!),
    enrpPort: portOf(facts.enrp[0]!),
    ...(facts.asapTls?.[0] && { tlsPort: portOf(facts.asapTls[0]) }),
    ...(facts.asapPsk?.[0] && { pskPort: portOf(facts.asapPsk[0]) }),
    async stop() {
      await stop(child);
      await Deno.remove(directory, { recursive: true });
    },
    async kill() {
      await stop(child, undefined, "SIGKILL");
      await Deno.remove(directory, { recursive: true });
    },
  };
}

type ReadyFacts = Readonly<Record<"asap" | "enrp", string[]>> & {
  readonly asapTls?: string[];
  readonly asapPsk?: string[];
};

async function readyFacts(file: string, watcher: Deno.FsWatcher): Promise<ReadyFacts> {
  for await (const _ of watcher) {
    try {
      return JSON.parse(await Deno.readTextFile(file));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error("The registrar ended before it served");
}

/** A script of this directory that runs until it is ended. */
export interface Script {
  readonly pid: number;
  /** Writes a line to its standard input. */
  tell(line: string): Promise<void>;
  /** The next line of its standard output. */
  line(): Promise<string>;
  /** Ends its standard input, and so the script. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts a script of this directory. */
export function startScript(name: string, args: readonly string[]): Script {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", here(name), ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
  return {
    pid: child.pid,
    tell: (line) => writer.write(new TextEncoder().encode(`${line}\n`)),
    async line() {
      const { done, value } = await lines.read();
      if (done) throw new Error(`${name} ended`);
      return value;
    },
    async stop() {
      await writer.close();
      await child.status;
    },
    async kill() {
      child.kill("SIGKILL");
      await child.status;
      await lines.cancel();
    },
  };
}

/** Text in lines. */
class TextLineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}

/** What a load came to. */
export interface LoadResult {
  readonly seconds: number;
  readonly operations: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Runs a load in a process of its own. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", here("load_client.ts"), JSON.stringify(load)],
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The load failed");
  return JSON.parse(new TextDecoder().decode(stdout)) as LoadResult;
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** Resident memory of a process, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * 1024;
}
