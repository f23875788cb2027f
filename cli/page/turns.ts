/** Long work in short pieces: keep-alives and questions do not wait for somebody's page. */

import { PAGE_LIMITS } from "./limits.ts";

/**
 * Turns of the event loop for all who make pages: between two of them everything else goes first,
 * and ten readers take no more of a turn than one.
 */
export class Turns {
  private readonly others: () => Promise<void>;
  private last: Promise<void> = Promise.resolve();

  /** @param others resolved when sockets and timers had their turn. */
  constructor(others: () => Promise<void> = turnOfOthers) {
    this.others = others;
  }

  /** Resolved when it is the caller's turn, until it waits for something. */
  next(): Promise<void> {
    this.last = this.last.then(this.others);
    return this.last;
  }
}

/** Does it a slice a turn. */
export async function inTurns<T>(
  work: Generator<void, T>,
  turns: Turns,
  now: () => number = () => performance.now(),
): Promise<T> {
  for (let since = now();;) {
    const { done, value } = work.next();
    if (done) return value;
    if (now() - since < PAGE_LIMITS.sliceMs) continue;
    await turns.next();
    since = now();
  }
}

function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
