/** Whether SIGHUP matters to this process. */

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
