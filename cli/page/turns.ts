/** Long work in short pieces: keep-alives and questions do not wait for somebody's page. */

import { PAGE_LIMITS } from "./limits.ts";

/** Does it; after each slice everything else in the process has its turn. */
export async function inTurns<T>(
  work: Generator<void, T>,
  now: () => number = () => performance.now(),
  others: () => Promise<void> = turnOfOthers,
): Promise<T> {
  for (let since = now();;) {
    const { done, value } = work.next();
    if (done) return value;
    if (now() - since < PAGE_LIMITS.sliceMs) continue;
    await others();
    since = now();
  }
}

/** Lets sockets and timers go first. */
export function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/**
 * One after another: two works in turns would take two slices between two turns of all else, and
 * ten readers ten.
 */
export class OneByOne {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => {});
    return mine;
  }
}
