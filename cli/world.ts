/** What a command sees of the world outside, so that tests can put another in its place. */

import { type Api, type ClientApi, loadApi, loadClientApi } from "./api.ts";
import { joined } from "./bytes.ts";
import { EXIT, ExitError } from "./exit.ts";
import { reasonOf } from "./failure.ts";
import { isHangUpIgnored } from "./hang_up.ts";
import type { FileAccess } from "./private_file.ts";
import { readAgain } from "./unread.ts";

/** Standard output or standard error. */
export interface Terminal {
  readonly isTerminal: boolean;
  /** Width in columns, where it is a terminal. */
  readonly columns: number | undefined;
  /** Writes all of the bytes, or fails. */
  write(bytes: Uint8Array): void;
  /** The same, while everything else goes on: resolved when all of them are taken. */
  pass(bytes: Uint8Array): Promise<void>;
}

/** Bytes that are read piece by piece. */
export interface ByteStream {
  /** What comes next, at least one byte, as many as there are and fit; `null`: the end. */
  next(buffer: Uint8Array): Promise<number | null>;
}

/** Where bytes come from. */
export interface Input extends ByteStream {
  readonly isTerminal: boolean;
}

/** The process, its streams and its files. */
export interface World {
  readonly stdin: Input;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Writes a diagnostic without ever waiting for a reader; `flush` waits a moment for the rest. */
  readonly background: BackgroundLines;
  env(name: string): string | undefined;
  /** A file, but at most `limit` bytes of it. */
  readFile(path: string, limit: number): Promise<Uint8Array>;
  /** A file that may be long; open until its end was read or the process ends. */
  openFile(path: string): Promise<ByteStream>;
  /** Who can do what with a file. */
  fileAccess(path: string): Promise<FileAccess>;
  /** Calls the handler at every signal of that name, until the result is called. */
  onSignal(name: Deno.Signal, handler: () => void): () => void;
  /** Whether this process was started with SIGHUP ignored, as `nohup` does. */
  isHangUpIgnored(): boolean;
  loadApi(): Promise<Api>;
  loadClientApi(): Promise<ClientApi>;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Resolved after some milliseconds. */
  pause(milliseconds: number): Promise<void>;
  exit(code: number): never;
}

/** Lines that are written when their reader takes them. */
export interface BackgroundLines {
  write(line: string): void;
  flush(milliseconds: number): Promise<void>;
}

/** The real world. */
export function realWorld(): World {
  return {
    stdin: inputOf(Deno.stdin),
    stdout: terminalOf(Deno.stdout, endAtBrokenPipe),
    stderr: terminalOf(Deno.stderr, ignoreFailure),
    background: new BackgroundWriter(Deno.stderr),
    env: (name) => Deno.env.get(name),
    readFile: readFileUpTo,
    openFile,
    fileAccess: async (path) => {
      const { mode, uid } = await Deno.stat(path);
      return { mode: mode ?? undefined, owner: uid ?? undefined };
    },
    isHangUpIgnored,
    onSignal(name, handler) {
      isHangUpIgnored(); // later it could not be seen
      Deno.addSignalListener(name, handler);
      return () => Deno.removeSignalListener(name, handler);
    },
    loadApi,
    loadClientApi,
    now: () => performance.now(),
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    exit: (code) => Deno.exit(code),
  };
}

interface Source {
  isTerminal(): boolean;
  read(buffer: Uint8Array): Promise<number | null>;
}

interface Stream {
  isTerminal(): boolean;
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
}

/** Standard output or standard error, over a stream of the system. */
export function terminalOf(stream: Stream, onFailure: (error: unknown) => void): Terminal {
  return {
    get isTerminal() {
      return stream.isTerminal();
    },
    get columns() {
      return stream.isTerminal() ? Deno.consoleSize().columns : undefined;
    },
    write(bytes) {
      try {
        writeAll(stream, bytes);
      } catch (error) {
        onFailure(error);
      }
    },
    async pass(bytes) {
      try {
        for (let rest = bytes; rest.length > 0;) {
          rest = rest.subarray(await patiently(() => stream.write(rest)));
        }
      } catch (error) {
        onFailure(error);
      }
    },
  };
}

/** Does it until it can be done: a pipe that somebody made non-blocking may be full, or empty. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await new Promise((resolve) => setTimeout(resolve, NOT_YET_MS));
    }
  }
}

function writeAll(stream: Stream, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(stream.writeSync(rest));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      pause();
    }
  }
}

/** How long a pipe that somebody made non-blocking is left alone when it is full, or empty. */
const NOT_YET_MS = 5;

/** A moment, for a pipe that somebody made non-blocking and that is full. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NOT_YET_MS);
}

function endAtBrokenPipe(error: unknown): void {
  if (error instanceof Deno.errors.BrokenPipe) Deno.exit(EXIT.brokenPipe);
  const reason = reasonOf(error);
  throw new ExitError(EXIT.world, `cannot write to standard output: ${reason}`, { cause: error });
}

/** Nobody can be told that nobody can be told. */
function ignoreFailure(): void {}

/** Standard input, over a stream of the system. */
export function inputOf(stream: Source): Input {
  return {
    get isTerminal() {
      return stream.isTerminal();
    },
    next: async (buffer) => readAgain(buffer) || await patiently(() => stream.read(buffer)),
  };
}

async function readFileUpTo(path: string, limit: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < limit) {
    const chunk = new Uint8Array(Math.min(65_536, limit - length));
    const count = await file.read(chunk);
    if (count === null) break;
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  return joined(chunks);
}

async function openFile(path: string): Promise<ByteStream> {
  const file = await Deno.open(path);
  return {
    async next(buffer) {
      const count = await file.read(buffer);
      if (count === null) file.close();
      return count;
    },
  };
}

/** Lines waiting for a reader of standard error; more than these are dropped and counted. */
const MAX_WAITING_LINES = 1_000;

/**
 * Writes lines without blocking the process: a log that goes to a pipe nobody reads would stop it
 * at 64 KB, event loop and all.
 */
export class BackgroundWriter implements BackgroundLines {
  private waiting: string[] = [];
  private dropped = 0;
  private broken = false;
  private writing: Promise<void> | undefined;
  private readonly sink: { write(bytes: Uint8Array): Promise<number> };

  constructor(sink: { write(bytes: Uint8Array): Promise<number> }) {
    this.sink = sink;
  }

  write(line: string): void {
    if (this.broken) return;
    if (this.waiting.length >= MAX_WAITING_LINES) this.dropped++;
    else this.waiting.push(line);
    this.writing ??= this.drain();
  }

  async flush(milliseconds: number): Promise<void> {
    if (this.writing === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
    await Promise.race([this.writing, late]);
    clearTimeout(timer);
  }

  private async drain(): Promise<void> {
    const encoder = new TextEncoder();
    while (this.waiting.length > 0) {
      const lines = this.waiting;
      this.waiting = [];
      if (this.dropped > 0) lines.push(`rserpool: ${this.dropped} lines of diagnostics dropped\n`);
      this.dropped = 0;
      try {
        await this.writeAll(encoder.encode(lines.join("")));
      } catch {
        // The reader is gone; a registrar does not stop for that.
        this.broken = true;
        this.waiting = [];
      }
    }
    this.writing = undefined;
  }

  private async writeAll(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      rest = rest.subarray(await this.sink.write(rest));
    }
  }
}
