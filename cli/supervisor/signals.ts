/** The signals of a long-running command, and what each asks for. */

import type { ForwardedSignal } from "./contract.ts";
import { closeDebugger } from "../debugger.ts";
import { openTerminals } from "../hang_up.ts";

/** What signals ask for. */
export interface SignalHandlers {
  /** Stop in order. */
  stop(reason: string): void;
  /** Hand the signal on; without it, SIGHUP stops unless it reloads, and the others do nothing. */
  readonly forward?: (signal: ForwardedSignal) => void;
  /** Read certificates and keys anew: at every SIGHUP, which then does not stop. */
  readonly reload?: (() => void) | undefined;
}

/** Calls a handler at every signal of a name, until the result is called. */
export type OnSignal = (name: Deno.Signal, handler: () => void) => () => void;

const STOPPING = ["SIGTERM", "SIGINT", "SIGQUIT"] as const;
const FORWARDED = ["SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

/**
 * Listens to signals, until the returned function is called.
 *
 * - SIGTERM, SIGINT and SIGQUIT stop.
 * - SIGHUP reloads. It stops if the terminal was closed, does nothing else under `nohup`, and is
 *   forwarded otherwise.
 * - SIGUSR1, SIGUSR2 and SIGWINCH are forwarded.
 */
export function listenToSignals(
  onSignal: OnSignal,
  handlers: SignalHandlers,
  isHangUpIgnored: boolean,
): () => void {
  const terminals = openTerminals();
  const hangUp = () => {
    handlers.reload?.();
    if (isHangUpIgnored) return;
    if (openTerminals() < terminals) handlers.stop("the terminal was closed");
    else if (handlers.forward !== undefined) handlers.forward("SIGHUP");
    else if (handlers.reload === undefined) handlers.stop("SIGHUP");
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
