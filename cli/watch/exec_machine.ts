/**
 * When the command of `--exec` runs, and how it is ended. Pure: it is told the time, and told in
 * virtual time by its tests. Instants and times are in milliseconds.
 */

import { formatDuration } from "../duration.ts";
import { WATCH_LIMITS } from "./options.ts";

/** How it runs. */
export interface ExecSettings {
  readonly debounceMs: number;
  readonly timeoutMs: number;
  /** Whether a first failure is the end, too. */
  readonly once: boolean;
}

/** What is to be done. */
export type ExecOutput =
  | { readonly type: "start" }
  | { readonly type: "signal"; readonly signal: "SIGTERM" | "SIGKILL" }
  | {
    readonly type: "log";
    readonly level: "notice" | "warning";
    /** Its name in docs/events.md. */
    readonly event: string;
    readonly message: string;
  }
  | { readonly type: "succeeded" }
  | { readonly type: "ended"; readonly failure: string | undefined };

interface Waiting {
  readonly at: number;
  readonly isRetry: boolean;
}

interface Run {
  /** When it gets SIGTERM, and when SIGKILL. */
  termAt: number;
  killAt: number;
  /** When a stop no longer waits for it. */
  abandonAt: number;
  isLate: boolean;
}

const UNFINISHED = "the command was still running at the stop and has been ended";

/** One command, of which one process runs at a time. */
export class ExecMachine {
  private readonly settings: ExecSettings;
  private readonly outputs: ExecOutput[] = [];
  private waiting: Waiting | undefined;
  private run: Run | undefined;
  private failures = 0;
  private hasBegun = false;
  private isStopping = false;
  private hasEnded = false;

  constructor(settings: ExecSettings) {
    this.settings = settings;
  }

  /** There is something newer to be told than at the last start; the first is told at once. */
  changed(now: number): void {
    if (this.isStopping) return;
    const at = this.hasBegun ? now + this.settings.debounceMs : now;
    this.hasBegun = true;
    if (this.waiting === undefined || this.waiting.isRetry) this.waiting = { at, isRetry: false };
    this.due(now);
  }

  /** The process has ended; `undefined`: it could not be started. */
  exited(code: number | undefined, now: number): void {
    const { run } = this;
    if (run === undefined) return;
    this.run = undefined;
    if (code === 0 && !run.isLate) this.succeed();
    else if (this.isStopping && run.isLate) this.log("warning", "exec-unfinished", UNFINISHED);
    else this.fail(reasonOf(code, run.isLate, this.settings), now);
    if (this.isStopping) return this.end(undefined);
    this.due(now);
  }

  /** Starts nothing more and lets a running command end; a second time, kills it. */
  stop(now: number): void {
    this.waiting = undefined;
    const { run } = this;
    if (run === undefined) this.end(undefined);
    else if (!this.isStopping) run.termAt = Math.min(run.termAt, now + WATCH_LIMITS.stopMs);
    else [run.termAt, run.killAt] = [Infinity, Math.min(run.killAt, now)];
    this.isStopping = true;
    this.due(now);
  }

  /** Deadlines that have come. */
  due(now: number): void {
    if (this.hasEnded) return;
    if (this.run !== undefined) this.limit(this.run, now);
    else if (this.waiting !== undefined && this.waiting.at <= now) this.start(now);
  }

  /** What is to be done next. */
  poll(): ExecOutput | undefined {
    return this.outputs.shift();
  }

  /** When `due` is to be called, if nothing happens before. */
  deadline(): number | undefined {
    if (this.hasEnded) return undefined;
    const { run, waiting } = this;
    if (run === undefined) return waiting?.at;
    const next = Math.min(run.termAt, run.killAt, this.isStopping ? run.abandonAt : Infinity);
    return next === Infinity ? undefined : next;
  }

  private start(now: number): void {
    this.waiting = undefined;
    const termAt = now + this.settings.timeoutMs;
    this.run = { termAt, killAt: Infinity, abandonAt: Infinity, isLate: false };
    this.outputs.push({ type: "start" });
  }

  private limit(run: Run, now: number): void {
    if (run.termAt <= now) {
      run.termAt = Infinity;
      run.killAt = now + WATCH_LIMITS.killMs;
      run.isLate = true;
      this.outputs.push({ type: "signal", signal: "SIGTERM" });
    } else if (run.killAt <= now) {
      run.killAt = Infinity;
      run.abandonAt = now + WATCH_LIMITS.killedMs;
      run.isLate = true;
      this.outputs.push({ type: "signal", signal: "SIGKILL" });
    } else if (this.isStopping && run.abandonAt <= now) {
      this.end(undefined);
    }
  }

  private succeed(): void {
    if (this.failures > 0) {
      this.log("notice", "exec-succeeded", "the command has succeeded again");
    }
    this.failures = 0;
    this.outputs.push({ type: "succeeded" });
    if (this.settings.once) this.end(undefined);
  }

  private fail(reason: string, now: number): void {
    const failed = `the command failed: ${reason}`;
    if (this.isStopping) return this.log("warning", "exec-failed", failed);
    if (this.settings.once) return this.end(reason);
    const { firstRetryMs, maxRetryMs } = WATCH_LIMITS;
    const pauseMs = Math.min(firstRetryMs * 2 ** this.failures, maxRetryMs);
    this.failures = Math.min(this.failures + 1, 16);
    let next = "it runs again with what has changed meanwhile";
    if (this.waiting === undefined) {
      this.waiting = { at: now + pauseMs, isRetry: true };
      next = `it runs again in ${formatDuration(pauseMs)}`;
    }
    this.log("warning", "exec-failed", `${failed}; ${next}`);
  }

  private end(failure: string | undefined): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.waiting = undefined;
    this.outputs.push({ type: "ended", failure });
  }

  private log(level: "notice" | "warning", event: string, message: string): void {
    this.outputs.push({ type: "log", level, event, message });
  }
}

function reasonOf(code: number | undefined, isLate: boolean, { timeoutMs }: ExecSettings): string {
  if (isLate) return `not ended in time (--exec-timeout ${formatDuration(timeoutMs)})`;
  return code === undefined ? "it could not be started" : `exit code ${code}`;
}
