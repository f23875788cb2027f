/** The signals of a long-running command, and what each asks for. */

import type { ForwardedSignal } from "./machine.ts";
import { closeDebugger } from "./debugger.ts";

/** What signals ask for. */
export interface SignalHandlers {
  /** Stop in order. */
  stop(reason: string): void;
  /** Hand the signal on; without it, SIGHUP stops and the other signals do nothing. */
  readonly forward?: (signal: ForwardedSignal) => void;
}

/** Calls a handler at every signal of a name, until the result is called. */
export type OnSignal = (name: Deno.Signal, handler: () => void) => () => void;

const STOPPING = ["SIGTERM", "SIGINT", "SIGQUIT"] as const;
const FORWARDED = ["SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

/** How this process was started, as far as SIGHUP is concerned. */
export interface Beginning {
  /** How many of stdin, stdout and stderr are terminals. */
  readonly terminals: number;
  /** Whether SIGHUP is ignored, as by `nohup`. */
  readonly ignoresHangUp: boolean;
}

/**
 * Reads how this process was started. Half a second later Deno has taken SIGHUP for itself, so that it
 * is no longer seen whether it was ignored.
 */
export function readBeginning(): Beginning {
  return { terminals: openTerminals(), ignoresHangUp: isHangUpIgnored() };
}

/**
 * Listens to signals, until the returned function is called.
 *
 * - SIGTERM, SIGINT and SIGQUIT stop.
 * - SIGHUP stops if the terminal was closed, is ignored under `nohup`, and is forwarded otherwise.
 * - SIGUSR1, SIGUSR2 and SIGWINCH are forwarded.
 */
export function listenToSignals(
  onSignal: OnSignal,
  handlers: SignalHandlers,
  { terminals, ignoresHangUp }: Beginning = readBeginning(),
): () => void {
  const hangUp = () => {
    if (ignoresHangUp) return;
    if (openTerminals() < terminals) handlers.stop("the terminal was closed");
    else if (handlers.forward === undefined) handlers.stop("SIGHUP");
    else handlers.forward("SIGHUP");
  };
  const forward = (signal: ForwardedSignal) => {
    if (signal === "SIGUSR1") closeDebugger();
    handlers.forward?.(signal);
  };
  const removals = [
    onSignal("SIGHUP", hangUp),
    ...STOPPING.map((signal) => onSignal(signal, () => handlers.stop(signal))),
    ...FORWARDED.map((signal) => onSignal(signal, () => forward(signal))),
  ];
  return () => removals.forEach((remove) => remove());
}

/** How many of stdin, stdout and stderr are terminals; one that hung up no longer is. */
function openTerminals(): number {
  return [Deno.stdin, Deno.stdout, Deno.stderr].filter((stream) => stream.isTerminal()).length;
}

/** Whether this process was started with SIGHUP ignored, as `nohup` does. */
function isHangUpIgnored(): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"));
    return ignored !== null && (parseInt(ignored[1]!.slice(-1), 16) & 1) === 1;
  } catch {
    // Without /proc nothing tells; nohup(1) is then honoured no further than its output file.
    return false;
  }
}
