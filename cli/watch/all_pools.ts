/**
 * `--all`: which pools there are. ASAP has no subscription for that, so a registrar is asked for
 * its handle table every few seconds, as `dump` asks (RFC 5353 §3.2.3).
 */

import { answered } from "../answer.ts";
import type { Observer, PoolHandle } from "../api.ts";
import type { Secured } from "../client_security.ts";
import { reasonOf } from "../failure.ts";
import type { Log } from "../log.ts";
import { pause } from "../pause.ts";

/** What is looked with. */
export interface AllPoolsParts {
  readonly observer: Pick<Observer, "handleTable">;
  readonly secured: Secured;
  readonly log: Log;
  /** Milliseconds that one look may take. */
  readonly timeoutMs: number;
  /** Milliseconds from one look to the next, on average. */
  readonly intervalMs: number;
  /** A fraction from 0 to 1. */
  readonly random: () => number;
}

/** Looks for pools. */
export class AllPools {
  private readonly parts: AllPoolsParts;
  private isMissed = false;

  constructor(parts: AllPoolsParts) {
    this.parts = parts;
  }

  /**
   * The pools that there are now.
   *
   * @throws {ExitError} if no registrar answers, or none is willing to.
   */
  async look(signal: AbortSignal): Promise<Set<PoolHandle>> {
    const { observer, secured, timeoutMs } = this.parts;
    const table = observer.handleTable({ timeoutMs, signal });
    const { pools } = await answered(table, "ENRP", secured);
    return new Set(pools.map(({ poolHandle }) => poolHandle));
  }

  /** Looks again and again until the signal aborts; while nobody answers, the last list holds. */
  async follow(found: (pools: Set<PoolHandle>) => void, signal: AbortSignal): Promise<void> {
    const { log, intervalMs, random } = this.parts;
    for (;;) {
      // Varied, so that many watchers that were started together do not ask together.
      await pause(intervalMs * (0.5 + random()), signal);
      if (signal.aborted) return;
      try {
        found(await this.look(signal));
        if (this.isMissed) {
          log.event("notice", "pools-known", {}, "a registrar says again which pools there are");
        }
        this.isMissed = false;
      } catch (error) {
        if (signal.aborted) return;
        const message = `new pools are not seen for now: ${reasonOf(error)}`;
        log.event(this.isMissed ? "info" : "warning", "pools-outdated", {}, message);
        this.isMissed = true;
      }
    }
  }
}
