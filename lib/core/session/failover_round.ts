/** One search for an element: what was tried, how long it may take, how long it rests. */

import type { Random } from "../../handlespace/mod.ts";
import type { Instant } from "../machine.ts";
import type { UserSessionTiming } from "../timing.ts";
import type { ElementFailure } from "./user_contract.ts";

/** Failures that are kept for the error; the oldest give way. */
const MAX_FAILURES = 64;

/** From a loss, or the beginning of the session, until an element has proved to be well. */
export class FailoverRound {
  /** Whether the registrar was asked again, so that what is known of the pool is no guess. */
  isFresh = false;
  readonly failures: ElementFailure[] = [];
  /** When the search is given up. */
  giveUpAt: Instant;
  private pauseMs: number;

  constructor(
    private readonly timing: UserSessionTiming,
    private readonly random: Random,
    giveUpAt: Instant,
  ) {
    this.giveUpAt = giveUpAt;
    this.pauseMs = timing.retryPauseMs;
  }

  note(failure: ElementFailure): void {
    this.failures.push(failure);
    if (this.failures.length > MAX_FAILURES) this.failures.shift();
  }

  /** How long to rest now that all have failed. */
  nextPause(): number {
    const pauseMs = this.pauseMs * (0.5 + this.random.fraction());
    this.pauseMs = Math.min(this.pauseMs * 2, this.timing.retryPauseMaxMs);
    return pauseMs;
  }
}
