/** How soon a dnsmasq that has died is started again, and when that is given up. */

/** Milliseconds before the first attempt; each further one waits twice as long. */
export const FIRST_PAUSE_MS = 1_000;
/** The longest pause. */
export const LONGEST_PAUSE_MS = 60_000;
/** One that has run for so long had not failed to start. */
export const PROVEN_MS = 60_000;
/** So many deaths in a row: something is wrong that a start does not heal. */
export const MAX_DEATHS = 10;

/** Counts deaths in a row. */
export class Backoff {
  private deaths = 0;
  private startedAt: number | undefined;

  /** It runs. */
  started(now: number): void {
    this.startedAt = now;
  }

  /** It has died, or did not start: milliseconds until the next start; `undefined`: give up. */
  died(now: number): number | undefined {
    const { startedAt } = this;
    if (startedAt !== undefined && now - startedAt >= PROVEN_MS) this.deaths = 0;
    this.startedAt = undefined;
    this.deaths++;
    if (this.deaths >= MAX_DEATHS) return undefined;
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.deaths - 1), LONGEST_PAUSE_MS);
  }
}
