/** The signals of a long-running command, and what each asks for. */

import type { ForwardedSignal } from "./contract.ts";
import { closeDebugger } from "../debugger.ts";

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
  isHangUpIgnored: boolean,
): () => void {
  const terminals = openTerminals();
  const hangUp = () => {
    if (isHangUpIgnored) return;
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
