/** So many at once, and no more. */

/** A number of slots, of which each connection takes one. */
export class Slots {
  private readonly limit: number;
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Slots that are taken. */
  get used(): number {
    return this.taken;
  }

  /** Whether whoever asks now must wait. */
  get isFull(): boolean {
    return this.taken >= this.limit;
  }

  /** Resolved when a slot is the caller's; those who asked before have theirs before. */
  async take(): Promise<void> {
    if (!this.isFull) {
      this.taken++;
      return;
    }
    // Whoever gives one back hands it on: it stays taken.
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Gives a slot back. */
  giveBack(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.taken--;
    else next();
  }
}
