/** Associations of which nothing is read for a while: whoever asks too often waits. */

import type { Association, Instant } from "../core/mod.ts";
import { now } from "./clock.ts";

interface Waiting {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly wake: () => void;
}

/** The pauses of a driver's associations. */
export class Pauses {
  private readonly ends = new Map<Association, Instant>();
  private readonly waiting = new Map<Association, Waiting>();

  /** Begins a pause, or makes one longer. */
  begin(association: Association, forMs: number): void {
    const end = now() + forMs;
    if (end > (this.ends.get(association) ?? -Infinity)) this.ends.set(association, end);
  }

  /** Whether there is a pause to wait for. */
  has(association: Association): boolean {
    return this.ends.has(association);
  }

  /** Resolved when the pause of an association is over. */
  async over(association: Association): Promise<void> {
    for (;;) {
      const end = this.ends.get(association);
      const left = end === undefined ? 0 : end - now();
      if (left <= 0) break;
      await new Promise<void>((wake) => {
        this.waiting.set(association, { timer: setTimeout(wake, Math.ceil(left)), wake });
      });
      this.waiting.delete(association);
    }
    this.ends.delete(association);
  }

  /** An association has ended, and its pause with it. */
  end(association: Association): void {
    this.ends.delete(association);
    const waiting = this.waiting.get(association);
    clearTimeout(waiting?.timer);
    waiting?.wake();
  }
}
