/** Saves what an agent knows: once for many who wait, again until it works. */

import { reasonOf } from "../../failure.ts";
import { pause } from "../../pause.ts";

/** Milliseconds between two attempts on a disk that takes nothing. */
export const RETRY_MS = 2_000;

/** What a saver needs. */
export interface SaverParts {
  /** Writes what is known now; it is on the disk when this resolves. */
  write(): Promise<void>;
  failed(reason: string): void;
  /** It works again. */
  healed(): void;
  /** Aborts attempts that fail. */
  readonly signal: AbortSignal;
  readonly pause?: typeof pause;
}

/** One saver. */
export class Saver {
  private running: Promise<boolean> = Promise.resolve(true);
  private next: Promise<boolean> | undefined;

  constructor(private readonly parts: SaverParts) {}

  /**
   * Resolves once everything that is known now is on the disk; `false`: the disk takes nothing, and
   * it was given up.
   */
  save(): Promise<boolean> {
    // One that runs may have begun before what is known now was.
    this.next ??= this.running.then(() => {
      this.running = this.next!;
      this.next = undefined;
      return this.write();
    });
    return this.next;
  }

  private async write(): Promise<boolean> {
    const { write, failed, healed, signal, pause: wait = pause } = this.parts;
    for (let hasFailed = false;;) {
      try {
        await write();
        if (hasFailed) healed();
        return true;
      } catch (error) {
        if (!hasFailed) failed(reasonOf(error));
        hasFailed = true;
        if (signal.aborted) return false;
        await wait(RETRY_MS, signal);
      }
    }
  }
}
