/** A world for the command line in memory: what it writes is kept, what it reads is given. */

import type { Api, ClientApi, Observer, PoolUser } from "../../cli/api.ts";
import { main } from "../../cli/main.ts";
import type { FileAccess } from "../../cli/private_file.ts";
import type { ByteStream, Input, Terminal, World } from "../../cli/world.ts";
import * as errors from "../../lib/driver/errors.ts";
import * as wire from "../../lib/wire/mod.ts";

export { errors, wire };

/** What a run of the command line is given. */
export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Permission bits of files, where they are not 0600. */
  readonly modes?: Readonly<Record<string, number>>;
  readonly stdin?: Uint8Array | string;
  readonly stdinIsTerminal?: boolean;
  /** What comes of standard input in pieces; absent: all of `stdin`, then its end. */
  readonly stdinPieces?: () => Promise<Uint8Array | null>;
  readonly stdoutIsTerminal?: boolean;
  readonly api?: Partial<Api>;
  readonly user?: FakeUser;
  readonly observer?: FakeObserver;
  /** Called whenever the command pauses, before the clock goes on. */
  readonly onPause?: (world: FakeWorld) => void;
}

/** What a run came to. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly world: FakeWorld;
}

/** Answers in place of a pool user. */
export type FakeUser = Partial<
  Pick<PoolUser, "resolve" | "select" | "watch" | "reportUnreachable" | "purge">
>;
/** Answers in place of an observer. */
export type FakeObserver = Partial<Pick<Observer, "peers" | "handleTable" | "status">>;

/** Ends a run in place of the process. */
class Exited extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** A world in memory. */
export class FakeWorld implements World {
  /** Settings with which pool users and observers were made. */
  readonly made: Record<string, unknown>[] = [];
  readonly handlers = new Map<string, Set<() => void>>();
  stdoutText = "";
  stderrText = "";
  clock = 0;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly stdin: Input;
  private readonly given: Given;
  private listeners: (() => boolean)[] = [];

  constructor(given: Given) {
    this.given = given;
    this.stdout = this.terminal("stdoutText", given.stdoutIsTerminal ?? false);
    this.stderr = this.terminal("stderrText", false);
    const whole = [bytesOf(given.stdin ?? "")].filter(({ length }) => length > 0);
    const pieces = given.stdinPieces ?? (() => Promise.resolve(whole.shift() ?? null));
    this.stdin = {
      isTerminal: given.stdinIsTerminal ?? true,
      next: async (buffer) => {
        const piece = await pieces();
        if (piece !== null) buffer.set(piece);
        return piece?.length ?? null;
      },
    };
  }

  readonly background = {
    write: (line: string) => {
      this.stderrText += line;
      this.listeners = this.listeners.filter((listener) => !listener());
    },
    flush: () => Promise.resolve(),
  };

  env(name: string): string | undefined {
    return this.given.env?.[name];
  }

  readFile(path: string, limit: number): Promise<Uint8Array> {
    const content = this.given.files?.[path];
    if (content === undefined) return Promise.reject(noSuchFile(`open '${path}'`));
    return Promise.resolve(bytesOf(content).slice(0, limit));
  }

  async openFile(path: string): Promise<ByteStream> {
    let rest = await this.readFile(path, Infinity);
    return {
      next: (buffer) => {
        const piece = rest.subarray(0, buffer.length);
        rest = rest.subarray(piece.length);
        buffer.set(piece);
        return Promise.resolve(piece.length === 0 ? null : piece.length);
      },
    };
  }

  fileAccess(path: string): Promise<FileAccess> {
    if (this.given.files?.[path] === undefined) return Promise.reject(noSuchFile(`stat '${path}'`));
    return Promise.resolve({ mode: this.given.modes?.[path] ?? 0o600, owner: 1000 });
  }

  onSignal(name: Deno.Signal, handler: () => void): () => void {
    const known = this.handlers.get(name) ?? new Set();
    this.handlers.set(name, known.add(handler));
    return () => known.delete(handler);
  }

  isHangUpIgnored(): boolean {
    return false;
  }

  /** Does what the operating system does when the process gets a signal. */
  signal(name: Deno.Signal): void {
    for (const handler of this.handlers.get(name) ?? []) handler();
  }

  /** Resolved when a long-running command's diagnostics hold the words. */
  says(words: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.listeners.push(() => {
      if (!words.test(this.stderrText)) return false;
      resolve();
      return true;
    });
    return promise;
  }

  loadApi(): Promise<Api> {
    return Promise.resolve({ ...this.clientApi(), ...this.given.api } as unknown as Api);
  }

  loadClientApi(): Promise<ClientApi> {
    return Promise.resolve(this.clientApi());
  }

  now(): number {
    return this.clock;
  }

  pause(milliseconds: number): Promise<void> {
    this.given.onPause?.(this);
    this.clock += milliseconds;
    return Promise.resolve();
  }

  exit(code: number): never {
    throw new Exited(code);
  }

  private clientApi(): ClientApi {
    const { made, given } = this;
    const fake = (answers: object | undefined) =>
      class {
        constructor(settings: Record<string, unknown>) {
          made.push(settings);
          Object.assign(this, answers);
        }
        close = () => Promise.resolve();
      };
    return {
      ...wire,
      PoolUser: fake(given.user),
      Observer: fake(given.observer),
    } as unknown as ClientApi;
  }

  private terminal(key: "stdoutText" | "stderrText", isTerminal: boolean): Terminal {
    const write = (bytes: Uint8Array) => {
      this[key] += new TextDecoder().decode(bytes);
    };
    const pass = (bytes: Uint8Array) => Promise.resolve(write(bytes));
    return { isTerminal, columns: undefined, write, pass };
  }
}

function noSuchFile(what: string): Error {
  return new Deno.errors.NotFound(`No such file or directory (os error 2): ${what}`);
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

/** Runs a command line in a world of its own; a string is split at its blanks. */
export async function run(line: string | readonly string[], given: Given = {}): Promise<Ran> {
  const world = new FakeWorld(given);
  const code = await runIn(world, line);
  return { code, stdout: world.stdoutText, stderr: world.stderrText, world };
}

/** Runs a command line in a world. */
export async function runIn(world: FakeWorld, line: string | readonly string[]): Promise<number> {
  const argv = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
  return await main(argv, world);
}
