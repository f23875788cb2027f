/** A command line of the user's, run by `sh -c` to its end: bounded in time and in output. */

import { exitCode, isGroupGone, signalGroup } from "./supervisor/child.ts";

/** What became of a command. */
export interface ShellOutcome {
  /**
   * Its exit code, 128 + the signal that killed it, or `undefined` if it was stopped for its time.
   */
  readonly code: number | undefined;
  /** The beginning of its standard output. */
  readonly stdout: string;
  /** The beginning of its standard error. */
  readonly stderr: string;
}

/** Bytes kept of each stream; what is more is read and forgotten, so that no writer has to wait. */
const KEPT_OUTPUT_BYTES = 4096;

/**
 * Runs a command by `sh -c` without input.
 *
 * It leads a process group, all of which is killed after `timeoutMs`, when the signal aborts, and
 * when its first process has ended: nothing outlives the check that started it.
 */
export async function runShellCommand(
  command: string,
  timeoutMs: number,
  abort: AbortSignal,
): Promise<ShellOutcome> {
  const process = new Deno.Command("sh", {
    args: ["-c", command],
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let stopped = false;
  const stop = () => {
    stopped = true;
    signalGroup(process.pid, "SIGKILL");
  };
  const timer = setTimeout(stop, timeoutMs);
  abort.addEventListener("abort", stop, { once: true });
  if (abort.aborted) stop();
  const ended = new AbortController();
  const outputs = [process.stdout, process.stderr].map((stream) => begin(stream, ended.signal));
  const code = await exitCode(process);
  clearTimeout(timer);
  abort.removeEventListener("abort", stop);
  // Others of its group may hold the pipes open: what they might still say is not waited for.
  if (!isGroupGone(process.pid)) {
    signalGroup(process.pid, "SIGKILL");
    ended.abort();
  }
  const [stdout, stderr] = await Promise.all(outputs) as [string, string];
  return { code: stopped ? undefined : code, stdout, stderr };
}

/** Reads a stream to its end and keeps its beginning. */
async function begin(stream: ReadableStream<Uint8Array>, ended: AbortSignal): Promise<string> {
  // One small buffer over and over: a check every few seconds must not look like a leak.
  const reader = stream.getReader({ mode: "byob" });
  ended.addEventListener("abort", () => reader.cancel(), { once: true });
  const decoder = new TextDecoder();
  let buffer = new Uint8Array(KEPT_OUTPUT_BYTES);
  let left = KEPT_OUTPUT_BYTES;
  let text = "";
  for (;;) {
    const { value, done } = await reader.read(buffer);
    if (done) return text + decoder.decode();
    const kept = value.subarray(0, left);
    left -= kept.length;
    text += decoder.decode(kept, { stream: true });
    buffer = new Uint8Array(value.buffer);
  }
}
