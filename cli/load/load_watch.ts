/** Reads the load of an element again and again. A bad value keeps the last good one. */

import { pause } from "../pause.ts";
import { reasonOf } from "../failure.ts";
import { runShellCommand } from "../shell_command.ts";
import type { LoadSource } from "./load_option.ts";
import { parseLoad } from "./load_value.ts";

/** Who is told. */
export interface LoadHandlers {
  /** The load is another than before: a raw 32-bit value. */
  changed(load: number): void;
  /** It could not be read; told once for as long as the reason stays the same. */
  bad(reason: string): void;
}

const TIMEOUT_MS = 5000;
const FILE_BYTES = 4096;

/** Watches a source of loads until the signal aborts. */
export class LoadWatch {
  /** Resolves after the first attempt, whether it gave a load or not. */
  readonly first: Promise<void>;
  /** Resolves once nothing more is done, after the abort. */
  readonly ended: Promise<void>;

  private readonly source: LoadSource;
  private readonly handlers: LoadHandlers;
  private last: number | undefined;
  private lastReason: string | undefined;

  constructor(
    source: LoadSource,
    intervalMs: number,
    handlers: LoadHandlers,
    abort: AbortSignal,
  ) {
    this.source = source;
    this.handlers = handlers;
    const timeoutMs = Math.min(intervalMs, TIMEOUT_MS);
    this.first = this.look(timeoutMs, abort);
    this.ended = this.watch(intervalMs, timeoutMs, abort);
  }

  private async watch(intervalMs: number, timeoutMs: number, abort: AbortSignal): Promise<void> {
    await this.first;
    for (;;) {
      await pause(intervalMs, abort);
      if (abort.aborted) return;
      await this.look(timeoutMs, abort);
    }
  }

  private async look(timeoutMs: number, abort: AbortSignal): Promise<void> {
    try {
      const load = parseLoad((await read(this.source, timeoutMs, abort)).trim());
      this.lastReason = undefined;
      if (load === this.last || abort.aborted) return;
      this.last = load;
      this.handlers.changed(load);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === this.lastReason || abort.aborted) return;
      this.lastReason = reason;
      this.handlers.bad(reason);
    }
  }
}

async function read(source: LoadSource, timeoutMs: number, abort: AbortSignal): Promise<string> {
  if (source.type === "file") return await readSmallFile(source.path);
  const { code, stdout } = await runShellCommand(source.command, timeoutMs, abort);
  if (code === 0) return stdout;
  if (code === undefined) throw new Error(`the command did not end within ${timeoutMs / 1000}s`);
  throw new Error(`the command ended with code ${code}`);
}

async function readSmallFile(path: string): Promise<string> {
  const { isFile } = await Deno.stat(path);
  // Opening a pipe would wait for its writer.
  if (!isFile) throw new Error(`"${path}" is not a plain file`);
  using file = await Deno.open(path);
  const buffer = new Uint8Array(FILE_BYTES);
  const count = await file.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}
