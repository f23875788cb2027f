/** When to say that no registrar answers: soon after it is missed, and then once a minute. */

/** Milliseconds without any answer after which a registrar is missed. */
export const FIRST_WARNING_MS = 5000;
/** Milliseconds between two such warnings. */
export const WARNING_INTERVAL_MS = 60_000;

/** Keeps the warnings about missing registrars down to one a minute. */
export class Warnings {
  private due = Infinity;
  private missedSince: number | undefined;
  private warned = false;
  private why = "";

  /** When {@link remind} has something to say next, in milliseconds, or `Infinity`. */
  get dueAt(): number {
    return this.due;
  }

  /** What registrars did last instead of answering, in brackets behind a space, or nothing. */
  get reason(): string {
    return this.why === "" ? "" : ` (${this.why})`;
  }

  /** An answer is due from now on; `reason` is what it looks like until it comes. */
  begin(now: number, reason = this.why): void {
    this.why = reason;
    this.missedSince ??= now;
    if (!this.warned) this.due = Math.min(this.due, now + FIRST_WARNING_MS);
  }

  /** All registrars were tried in vain; says so unless that was said within the last minute. */
  failed(reason: string, now: number): string | undefined {
    this.begin(now, reason);
    return this.warned ? undefined : this.warn("no registrar answers", now);
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
    this.why = "";
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
