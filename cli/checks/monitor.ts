/** Checks a service again and again, and tells when it becomes healthy or ceases to be. */

import { pause } from "../pause.ts";
import { reasonOf } from "../failure.ts";
import type { Check } from "./check_option.ts";
import { type Outcome, probe, type Target } from "./probe.ts";
import { RiseFall } from "./rise_fall.ts";

/** How a service is watched. */
export interface MonitorSettings {
  readonly check: Check;
  /** Milliseconds from one check to the next. */
  readonly intervalMs: number;
  /** Milliseconds that one check may take. */
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
}

/** Who is told. */
export interface MonitorHandlers {
  /** Where to look now: the address may become known, or change, only with the registration. */
  target(): Target | Promise<Target>;
  healthy(): void;
  unhealthy(reason: string): void;
  /** Every outcome. */
  looked?(outcome: Outcome): void;
}

/** A service that is starting is looked at often, so that it is not registered late. */
const FIRST_PAUSE_MS = 50;

/**
 * Watches until the signal aborts.
 *
 * Until the first passed check the pause doubles from 50 ms up to the interval; then the interval
 * is kept from the beginning of one check to that of the next, and two never overlap.
 */
export async function monitor(
  settings: MonitorSettings,
  handlers: MonitorHandlers,
  abort: AbortSignal,
): Promise<void> {
  const count = new RiseFall(settings);
  if (settings.check.type === "none") return handlers.healthy();
  let startPause: number | undefined = Math.min(FIRST_PAUSE_MS, settings.intervalMs);
  while (!abort.aborted) {
    const began = performance.now();
    const outcome = await look(settings, handlers, abort);
    if (abort.aborted) return;
    handlers.looked?.(outcome);
    if (count.count(outcome.passed)) {
      if (outcome.passed) handlers.healthy();
      else handlers.unhealthy(outcome.reason);
    }
    if (outcome.passed) startPause = undefined;
    const took = performance.now() - began;
    await pause(startPause ?? Math.max(0, settings.intervalMs - took), abort);
    if (startPause !== undefined) startPause = Math.min(2 * startPause, settings.intervalMs);
  }
}

async function look(
  settings: MonitorSettings,
  handlers: MonitorHandlers,
  abort: AbortSignal,
): Promise<Outcome> {
  try {
    return await probe(settings.check, await handlers.target(), settings.timeoutMs, abort);
  } catch (error) {
    return { passed: false, reason: reasonOf(error) };
  }
}
