/** Whether SIGHUP matters to this process, and whether a terminal was closed or somebody asks. */

import type { World } from "./world.ts";

/** The built file has two programs, which run in one process one after the other: they share it. */
const REMEMBERED = Symbol.for("rserpool.isHangUpIgnored");

/**
 * Whether this process was started with SIGHUP ignored, as `nohup` does. It can be seen only before
 * Deno takes SIGHUP for itself: with its first signal listener, or half a second after the start.
 * So it is to be asked before, and the first answer counts.
 */
export function isHangUpIgnored(): boolean {
  const memory = globalThis as { [REMEMBERED]?: boolean };
  return memory[REMEMBERED] ??= readIgnored();
}

function readIgnored(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"));
    return ignored !== null && (parseInt(ignored[1]!.slice(-1), 16) & 1) === 1;
  } catch {
    return false; // without /proc nothing tells
  }
}

/** How many of stdin, stdout and stderr are terminals; one that hung up no longer is. */
export function openTerminals(): number {
  return [Deno.stdin, Deno.stdout, Deno.stderr].filter((stream) => stream.isTerminal()).length;
}

/** The exit code of a process that a closed terminal ends. */
const HUNG_UP = 128 + 1;

/**
 * Reloads at each SIGHUP, until the result is called; where a terminal was closed, the process ends
 * as it would have done.
 */
export function reloadAtHangUp(
  world: Pick<World, "onSignal" | "exit" | "isHangUpIgnored">,
  reload: () => Promise<void>,
): () => void {
  const terminals = openTerminals();
  const isIgnored = world.isHangUpIgnored();
  return world.onSignal("SIGHUP", () => {
    if (!isIgnored && openTerminals() < terminals) world.exit(HUNG_UP);
    void reload();
  });
}
