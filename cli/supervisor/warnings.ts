/** When to say that no registrar answers: soon after it is missed, and then once a minute. */

/** Milliseconds without any answer after which a registrar is missed. */
export const FIRST_WARNING_MS = 5000;
/** Milliseconds between two such warnings. */
export const WARNING_INTERVAL_MS = 60_000;

/** Keeps the warnings about a missing registrar down to one a minute. */
export class Warnings {
  private due = Infinity;
  private missedSince: number | undefined;
  private warned = false;
  private reason = "";

  /** When {@link remind} has something to say next, in milliseconds, or `Infinity`. */
  get dueAt(): number {
    return this.due;
  }

  /** A registration was sent off: an answer is due. */
  begin(now: number): void {
    this.missedSince ??= now;
    this.due = Math.min(this.due, now + FIRST_WARNING_MS);
  }

  /** Registrars did not answer, or were lost; says so unless that was said within the last minute. */
  lost(reason: string, now: number): string | undefined {
    this.reason = reason === "" ? "" : ` (${reason})`;
    this.missedSince ??= now;
    if (this.warned) return undefined;
    return this.warn("no registrar answers", now);
  }

  /** Repeats the warning when it is due. */
  remind(now: number): string | undefined {
    if (now < this.due) return undefined;
    if (!this.warned) return this.warn("no registrar answers", now);
    const since = formatSeconds(now - (this.missedSince ?? now));
    return this.warn(`no registrar has answered for ${since}`, now);
  }

  /** A registrar answered: returns what to say if its absence was spoken of. */
  found(): string | undefined {
    const said = this.warned ? "a registrar answers now" : undefined;
    this.end();
    return said;
  }

  /** No registrar is wanted for now. */
  end(): void {
    this.due = Infinity;
    this.missedSince = undefined;
    this.warned = false;
    this.reason = "";
  }

  private warn(what: string, now: number): string {
    this.warned = true;
    this.due = now + WARNING_INTERVAL_MS;
    return `${what}${this.reason}; still trying`;
  }
}

/** Milliseconds as a person reads them: `0.5s`, `5s`, `2m`. */
export function formatSeconds(ms: number): string {
  if (ms >= WARNING_INTERVAL_MS && ms % WARNING_INTERVAL_MS === 0) {
    return `${ms / WARNING_INTERVAL_MS}m`;
  }
  return `${Math.round(ms / 100) / 10}s`;
}
