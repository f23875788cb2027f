/** Registrars that were found and lost, one after the other, none of which had served for long. */

/** Of so many that were lost, the next one counts as lost again: what is announced has no end. */
const MAX_LOST = 16;

/** Tells a registrar that is lost again and again from registrars that are restarted in turn. */
export class RecentLosses {
  private readonly lost = new Set<string>();
  private repeats = 0;

  /** One has served for long: what was before it says nothing any more. */
  clear(): void {
    this.lost.clear();
    this.repeats = 0;
  }

  /** One was lost: how many had been lost again before it was, or nothing if it was not. */
  note(key: string): number | undefined {
    if (this.lost.has(key) || this.lost.size >= MAX_LOST) return this.repeats++;
    this.lost.add(key);
    return undefined;
  }
}
