/**
 * What is put in order before a process that fails says why: a screen that only it sees would take
 * its last words along.
 */

/** The built file has two programs in one process, and either may be the one that speaks last. */
const REMEMBERED = Symbol.for("rserpool.lastWords");

function restorers(): Set<() => void> {
  const memory = globalThis as { [REMEMBERED]?: Set<() => void> };
  return memory[REMEMBERED] ??= new Set();
}

/** Calls this before the last words, until the result is called. It must not throw. */
export function beforeLastWords(restore: () => void): () => void {
  restorers().add(restore);
  return () => void restorers().delete(restore);
}

/** Puts everything in order. */
export function prepareLastWords(): void {
  for (const restore of restorers()) restore();
}
