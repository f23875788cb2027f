/** Signals that are dnsmasq's: what it reads anew, and what it tells of itself. */

import { closeDebugger } from "../../debugger.ts";
import type { World } from "../../world.ts";
import { signalProcess } from "../dnsmasq/processes.ts";

const FORWARDED = ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** Hands signals on, until the result is called; SIGHUP also reads our certificates and keys. */
export function forwardSignals(
  world: Pick<World, "onSignal">,
  pid: () => number | undefined,
  reload: (() => Promise<void>) | undefined,
): () => void {
  const removals = FORWARDED.map((signal) =>
    world.onSignal(signal, () => {
      if (signal === "SIGHUP") void reload?.();
      if (signal === "SIGUSR1") void closeDebugger();
      const known = pid();
      if (known !== undefined) signalProcess(known, signal);
    })
  );
  return () => removals.forEach((remove) => remove());
}
