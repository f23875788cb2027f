/**
 * What `register` does when, as a machine without processes, sockets or clocks: it is told what
 * happened and says what to do next. A COMMAND is started at once, registered while its checks
 * pass, and de-registered before it is stopped.
 *
 * Handle one input, drain {@link Supervisor.poll}, read {@link Supervisor.deadline}; only then the
 * next input.
 *
 * @module
 */

import type {
  LogLevel,
  SupervisorInput,
  SupervisorOutput,
  SupervisorSettings,
} from "./contract.ts";
import { formatSeconds, Warnings } from "./warnings.ts";

/** A dead registrar must not hold up a stop: milliseconds that a de-registration may take. */
export const DEREGISTRATION_BOUND_MS = 3000;
/** The same for an element that no registrar has granted: nobody is known to be sent to it. */
export const UNGRANTED_BOUND_MS = 500;
/** Milliseconds before the first retry after a rejection; each further one waits twice as long. */
export const BACK_OFF_FIRST_MS = 1000;
/** The longest wait between retries, in milliseconds. */
export const BACK_OFF_LAST_MS = 60_000;
/** Not even SIGKILL ends a process that hangs in the kernel: milliseconds until we leave it. */
export const KILL_BOUND_MS = 5000;

const EXIT_NO_REGISTRAR = 4;
const EXIT_SECURITY = 6;
const LEFT_BEHIND = "the command ended but left processes behind, which are ended too; " +
  "a service must run in the foreground to be supervised";

type Registration =
  | { state: "idle" }
  | { state: "registering"; giveUpAt: number }
  | { state: "registered" }
  | { state: "deregistering"; until: number; offered: boolean }
  | { state: "backing-off"; until: number };

interface Stopping {
  readonly since: number;
  /** The exit code, or `undefined` for the child's own. */
  code: number | undefined;
  skipDrain: boolean;
  drainSaid: boolean;
  killAt: number;
  killed: boolean;
}

/** The supervisor of one pool element and, perhaps, of the child that serves it. */
export class Supervisor {
  private readonly settings: SupervisorSettings;
  private readonly outputs: SupervisorOutput[] = [];
  private readonly registrars = new Warnings("no registrar answers");
  private readonly checks = new Warnings("not registered yet, as the check fails");
  private child: "none" | "running" | "ended" = "none";
  private childCode = 0;
  private groupGone = false;
  private healthy = false;
  private registration: Registration = { state: "idle" };
  private everGranted = false;
  private rejections = 0;
  /** Whether no registrar could be authenticated when all were tried last. */
  private isInsecure = false;
  /** Until when pool users may have been sent to the element. */
  private offeredUntil = -Infinity;
  private stopping: Stopping | undefined;
  private exited = false;

  constructor(settings: SupervisorSettings) {
    this.settings = settings;
  }

  /** Takes one input; `now` is in milliseconds of a monotonic clock. */
  handle(input: SupervisorInput, now: number): void {
    if (this.exited) return;
    this.take(input, now);
    this.remind(now);
    if (this.stopping === undefined) this.serve(now);
    if (this.stopping !== undefined) this.stop(this.stopping, now);
  }

  /** The next thing to do, or `undefined` if there is nothing for now. */
  poll(): SupervisorOutput | undefined {
    return this.outputs.shift();
  }

  /** When to hand in `{ type: "deadline" }` next, or `undefined`. */
  deadline(): number | undefined {
    if (this.exited) return undefined;
    const at = Math.min(
      this.registrationDeadline(),
      this.registrars.dueAt,
      this.checks.dueAt,
      this.stopDeadline(),
    );
    return at === Infinity ? undefined : at;
  }

  private take(input: SupervisorInput, now: number): void {
    switch (input.type) {
      case "start":
        return this.emit({ type: this.settings.hasChild ? "start-child" : "start-checks" });
      case "child-started":
        this.child = "running";
        return this.emit({ type: "start-checks" });
      case "child-not-started":
        this.log("error", "command-not-started", input.reason);
        return this.exit(input.code);
      case "child-exited":
        return this.childExited(input.code, input.groupGone, now);
      case "group-gone":
        this.groupGone = true;
        return;
      case "healthy":
        this.healthy = true;
        this.checks.end();
        return;
      case "unhealthy":
        this.healthy = false;
        return this.log("warning", "unhealthy", `the check fails: ${input.reason}`);
      case "check-failed":
        if (!this.everGranted && !this.healthy) this.checks.begin(now, input.reason);
        return;
      case "stop":
        return this.askedToStop(input.reason, now);
      case "fail":
        if (input.reason !== undefined) this.log("error", "fatal", input.reason);
        return this.beginStop(input.code, true, now);
      case "forward":
        if (this.child === "running") this.emit({ type: "signal-group", signal: input.signal });
        return;
      case "deadline":
        return this.registrationDue(now);
      default:
        return this.takeAnswer(input, now);
    }
  }

  /** What registrars said. */
  private takeAnswer(
    input: Extract<
      SupervisorInput,
      {
        type: "granted" | "rejected" | "registrars-failed" | "registrar-silent" | "deregistered";
      }
    >,
    now: number,
  ): void {
    switch (input.type) {
      case "granted":
        return this.granted(input);
      case "rejected":
        return this.rejected(input, now);
      case "registrars-failed":
        this.isInsecure = input.isInsecure === true;
        if (this.isWanted()) this.say("hunt-failure", this.registrars.failed(input.reason, now));
        return;
      case "registrar-silent":
        if (this.isWanted()) this.registrars.begin(now, input.reason);
        return;
      case "deregistered":
        return this.deregistered(now);
    }
  }

  private childExited(code: number, groupGone: boolean, now: number): void {
    this.child = "ended";
    this.childCode = code;
    this.groupGone = groupGone;
    if (!groupGone) this.emit({ type: "await-group" });
    if (this.stopping === undefined) {
      this.log("notice", "command-ended", `the command ended with code ${code}`, { code });
    }
    // There is nothing left to drain, whether the child was asked to end or not.
    this.beginStop(undefined, true, now);
  }

  private askedToStop(reason: string, now: number): void {
    const again = this.stopping !== undefined;
    const [event, message] = again
      ? ["drain-skipped", `${reason} again: not draining`]
      : ["stopping", `${reason}: stopping`];
    this.log("notice", event, message, { signal: reason });
    this.beginStop(this.settings.hasChild ? undefined : 0, again, now);
  }

  private beginStop(code: number | undefined, skipDrain: boolean, now: number): void {
    if (this.stopping !== undefined) {
      this.stopping.skipDrain ||= skipDrain;
      return;
    }
    const drainSaid = false;
    this.stopping = { since: now, code, skipDrain, drainSaid, killAt: Infinity, killed: false };
    this.registrars.end();
    this.checks.end();
    this.emit({ type: "stop-checks" });
  }

  private granted(input: { registrar: string; isNew: boolean }): void {
    const registration = this.registration;
    // A grant that crosses our de-registration still put the element on offer for a moment.
    if (registration.state === "deregistering") registration.offered = true;
    if (registration.state !== "registering" && registration.state !== "registered") return;
    this.endHunt();
    const { registrar } = input;
    if (input.isNew) this.log("notice", "registered", `registered at ${registrar}`, { registrar });
    if (!this.everGranted) this.emit({ type: "write-ready-file" });
    this.registration = { state: "registered" };
    this.everGranted = true;
    this.rejections = 0;
  }

  private rejected(input: { code: number; reason: string }, now: number): void {
    const { state } = this.registration;
    if (state !== "registering" && state !== "registered") return;
    if (!this.everGranted) {
      this.registration = { state: "idle" };
      this.log("error", "rejected", input.reason);
      return this.beginStop(input.code, true, now);
    }
    this.endHunt();
    const until = now + this.backOff();
    this.registration = { state: "backing-off", until };
    const again = `trying again in ${formatSeconds(until - now)}`;
    this.log("warning", "rejected", `${input.reason}; ${again}`);
  }

  private endHunt(): void {
    if (this.registrars.end()) this.log("notice", "hunt-ended", "a registrar answers now");
  }

  private backOff(): number {
    const longest = Math.min(BACK_OFF_FIRST_MS * 2 ** this.rejections, BACK_OFF_LAST_MS);
    this.rejections++;
    // Many elements rejected at once must not come back at once.
    return Math.round(longest * (0.5 + this.settings.random() / 2));
  }

  private deregistered(now: number): void {
    const registration = this.registration;
    if (registration.state !== "deregistering") return;
    this.registration = { state: "idle" };
    if (!registration.offered) return;
    this.offeredUntil = now;
    this.log("notice", "deregistered", "de-registered");
  }

  private isWanted(): boolean {
    const { state } = this.registration;
    return this.stopping === undefined && (state === "registering" || state === "registered");
  }

  /** Deadlines of the registration that have come. */
  private registrationDue(now: number): void {
    const registration = this.registration;
    if (registration.state === "registering" && registration.giveUpAt <= now) {
      const waited = formatSeconds(this.settings.maxWaitMs!);
      const why = this.registrars.reason;
      const message = `no registrar granted the registration within ${waited}${why}`;
      this.log("error", "registration-unanswered", message);
      this.beginStop(this.isInsecure ? EXIT_SECURITY : EXIT_NO_REGISTRAR, true, now);
    } else if (registration.state === "deregistering" && registration.until <= now) {
      this.emit({ type: "abandon-registration" });
      this.registration = { state: "idle" };
      if (!registration.offered) return;
      this.offeredUntil = this.stopping?.since ?? now;
      const message = "no registrar answered the de-registration in time; going on without";
      this.log("warning", "deregistration-unanswered", message);
    } else if (registration.state === "backing-off" && registration.until <= now) {
      this.registration = { state: "idle" };
    }
  }

  private remind(now: number): void {
    if (this.isWanted()) this.say("hunt-failure", this.registrars.remind(now));
    this.say("unhealthy", this.checks.remind(now));
  }

  /** Registers what is healthy and de-registers what is not. */
  private serve(now: number): void {
    const { state } = this.registration;
    if (this.healthy && state === "idle") {
      const waits = !this.everGranted && this.settings.maxWaitMs !== undefined;
      const giveUpAt = waits ? now + this.settings.maxWaitMs! : Infinity;
      this.registration = { state: "registering", giveUpAt };
      this.registrars.begin(now);
      this.emit({ type: "register" });
    } else if (!this.healthy) this.deregister(now);
  }

  private deregister(now: number): void {
    const { state } = this.registration;
    // After a rejection, too: the registrar may still hold an earlier registration.
    if (state === "idle" || state === "deregistering") return;
    this.registrars.end();
    const bound = this.everGranted ? DEREGISTRATION_BOUND_MS : UNGRANTED_BOUND_MS;
    const offered = state !== "registering";
    this.registration = { state: "deregistering", until: now + bound, offered };
    this.emit({ type: "deregister" });
  }

  /** One step towards the end: de-register, drain, SIGTERM, SIGKILL, exit. */
  private stop(stopping: Stopping, now: number): void {
    this.deregister(now);
    if (this.registration.state === "deregistering") return;
    const drainMs = this.drainUntil(stopping) - now;
    if (drainMs > 0) return this.sayDraining(stopping, drainMs);
    if (this.child === "none" || (this.child === "ended" && this.groupGone)) {
      return this.exit(stopping.code ?? this.childCode);
    }
    if (stopping.killAt === Infinity) {
      stopping.killAt = now + this.settings.stopTimeoutMs;
      if (this.child === "ended") this.log("warning", "processes-left", LEFT_BEHIND);
      this.emit({ type: "signal-group", signal: "SIGTERM" });
    }
    if (now < stopping.killAt) return;
    if (!stopping.killed) {
      stopping.killed = true;
      const message = `the command has not ended after ${this.stopTimeout()}: it is killed`;
      this.log("warning", "command-killed", message);
      this.emit({ type: "signal-group", signal: "SIGKILL" });
    }
    if (this.child === "ended" || now >= stopping.killAt + KILL_BOUND_MS) {
      this.exit(stopping.code ?? (this.child === "ended" ? this.childCode : 128 + 9));
    }
  }

  private sayDraining(stopping: Stopping, ms: number): void {
    if (stopping.drainSaid) return;
    stopping.drainSaid = true;
    this.log("notice", "draining", `draining for ${formatSeconds(ms)}; another signal skips that`);
  }

  private stopTimeout(): string {
    return formatSeconds(this.settings.stopTimeoutMs);
  }

  private drainUntil(stopping: Stopping): number {
    return stopping.skipDrain ? -Infinity : this.offeredUntil + this.settings.drainMs;
  }

  private registrationDeadline(): number {
    const registration = this.registration;
    switch (registration.state) {
      case "registering":
        return registration.giveUpAt;
      case "deregistering":
      case "backing-off":
        return registration.until;
      default:
        return Infinity;
    }
  }

  private stopDeadline(): number {
    const stopping = this.stopping;
    if (stopping === undefined || this.registration.state === "deregistering") return Infinity;
    if (stopping.killed) return stopping.killAt + KILL_BOUND_MS;
    return stopping.killAt === Infinity ? this.drainUntil(stopping) : stopping.killAt;
  }

  private say(event: string, message: string | undefined): void {
    if (message !== undefined) this.log("warning", event, message);
  }

  private log(
    level: LogLevel,
    event: string,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    this.emit({ type: "log", level, event, message, ...(fields && { fields }) });
  }

  private exit(code: number): void {
    this.exited = true;
    this.emit({ type: "exit", code });
  }

  private emit(output: SupervisorOutput): void {
    this.outputs.push(output);
  }
}
