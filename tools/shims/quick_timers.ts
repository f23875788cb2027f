/**
 * Timers for the quick program: in Deno 2.9 the first use of `setTimeout` loads node's timers, 5
 * ms; `AbortSignal.timeout` costs a tenth of that. A timer that was cleared still ends at its time,
 * unseen, which is nothing to a process that lives for one answer. It keeps the process alive while
 * somebody listens, as other timers do.
 */

interface QuickTimer {
  readonly signal: AbortSignal;
  readonly callback: () => void;
}

/** Calls back once after some milliseconds. */
export function setTimeout(callback: () => void, milliseconds: number): QuickTimer {
  const signal = AbortSignal.timeout(milliseconds);
  signal.addEventListener("abort", callback, { once: true });
  return { signal, callback };
}

/** Makes a timer that has not ended never call back. */
export function clearTimeout(timer: QuickTimer | undefined): void {
  timer?.signal.removeEventListener("abort", timer.callback);
}
