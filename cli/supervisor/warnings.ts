/** When to say that something is missing: soon after it is missed, and then once a minute. */

/** Milliseconds after which something is missed. */
const FIRST_WARNING_MS = 5000;
/** Milliseconds between two such warnings. */
const WARNING_INTERVAL_MS = 60_000;

/** Keeps the warnings about one missing thing down to one a minute. */
export class Warnings {
  private readonly what: string;
  private due = Infinity;
  private missedSince: number | undefined;
  private warned = false;
  private why = "";

  /** `what` is missing, in words. */
  constructor(what: string) {
    this.what = what;
  }

  /** When {@link remind} has something to say next, in milliseconds, or `Infinity`. */
  get dueAt(): number {
    return this.due;
  }

  /** What was seen last in place of it, in brackets behind a space, or nothing. */
  get reason(): string {
    return this.why === "" ? "" : ` (${this.why})`;
  }

  /** It is missed from now on; `reason` is what is seen in its place. */
  begin(now: number, reason = this.why): void {
    this.why = reason;
    this.missedSince ??= now;
    if (!this.warned) this.due = Math.min(this.due, now + FIRST_WARNING_MS);
  }

  /** It is certainly missing; says so unless that was said within the last minute. */
  failed(reason: string, now: number): string | undefined {
    this.begin(now, reason);
    return this.warned ? undefined : this.warn("", now);
  }

  /** Repeats the warning when it is due. */
  remind(now: number): string | undefined {
    if (now < this.due) return undefined;
    if (!this.warned) return this.warn("", now);
    return this.warn(`, for ${formatSeconds(now - this.missedSince!)} now`, now);
  }

  /** It is there, or not wanted any more: returns whether its absence was spoken of. */
  end(): boolean {
    const wasWarned = this.warned;
    this.due = Infinity;
    this.missedSince = undefined;
    this.warned = false;
    this.why = "";
    return wasWarned;
  }

  private warn(since: string, now: number): string {
    this.warned = true;
    this.due = now + WARNING_INTERVAL_MS;
    return `${this.what}${since}${this.reason}; still trying`;
  }
}

/** Milliseconds as a person reads them: `0.5s`, `5s`, `2m`. */
export function formatSeconds(ms: number): string {
  if (ms >= WARNING_INTERVAL_MS && ms % WARNING_INTERVAL_MS === 0) {
    return `${ms / WARNING_INTERVAL_MS}m`;
  }
  return `${Math.round(ms / 100) / 10}s`;
}
