/** What a supervisor is told, and what it says to do. */

/** Signals that a supervisor hands on to the child's group as they come. */
export type ForwardedSignal = "SIGHUP" | "SIGUSR1" | "SIGUSR2" | "SIGWINCH";

/** What happened. */
export type SupervisorInput =
  | { readonly type: "start" }
  | { readonly type: "child-started" }
  | { readonly type: "child-not-started"; readonly code: number; readonly reason: string }
  /** `groupGone`: no other process of its group is left. */
  | { readonly type: "child-exited"; readonly code: number; readonly groupGone: boolean }
  | { readonly type: "group-gone" }
  | { readonly type: "healthy" }
  | { readonly type: "unhealthy"; readonly reason: string }
  /** One check failed, whether that changed anything or not. */
  | { readonly type: "check-failed"; readonly reason: string }
  /** `isNew`: by another registrar than before, or after none had it. */
  | { readonly type: "granted"; readonly registrar: string; readonly isNew: boolean }
  | { readonly type: "rejected"; readonly code: number; readonly reason: string }
  /** All registrars were tried in vain; `isInsecure`: none of them proved what it is. */
  | { readonly type: "registrars-failed"; readonly reason: string; readonly isInsecure?: boolean }
  /** One of them was connected, and has not granted it yet or is lost. */
  | { readonly type: "registrar-silent"; readonly reason: string }
  | { readonly type: "deregistered" }
  /** Asked to stop in order, by a signal or a closed terminal. */
  | { readonly type: "stop"; readonly reason: string }
  /** Cannot go on: stop in order, but without a drain, and exit with this code. */
  | { readonly type: "fail"; readonly code: number; readonly reason?: string }
  | { readonly type: "forward"; readonly signal: ForwardedSignal }
  | { readonly type: "deadline" };

/** What to do. */
export type SupervisorOutput =
  | { readonly type: "start-child" }
  | { readonly type: "start-checks" }
  | { readonly type: "stop-checks" }
  | { readonly type: "register" }
  | { readonly type: "deregister" }
  /** The de-registration took too long: close the association without an answer. */
  | { readonly type: "abandon-registration" }
  | { readonly type: "write-ready-file" }
  | { readonly type: "signal-group"; readonly signal: ForwardedSignal | "SIGTERM" | "SIGKILL" }
  /** Tell `group-gone` once no process of the child's group is left. */
  | { readonly type: "await-group" }
  | ({ readonly type: "log" } & SupervisorEvent)
  | { readonly type: "exit"; readonly code: number };

/** How loud a message is. */
export type LogLevel = "notice" | "warning" | "error";

/** Something of docs/events.md. */
export interface SupervisorEvent {
  readonly level: LogLevel;
  /** Its name. */
  readonly event: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** What a {@link Supervisor} is told once. */
export interface SupervisorSettings {
  /** Whether there is a COMMAND; without one, this process itself is what lives. */
  readonly hasChild: boolean;
  /** Milliseconds between the granted de-registration and SIGTERM. */
  readonly drainMs: number;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly stopTimeoutMs: number;
  /** Milliseconds to wait for the first grant; without it, for ever. */
  readonly maxWaitMs?: number;
  /** A number from 0 to 1, drawn for the jitter of each back-off. */
  readonly random: () => number;
}
