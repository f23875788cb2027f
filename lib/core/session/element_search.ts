/** The search for the next element: who is tried, how long it may take, how long it rests. */

import type { PoolElement } from "../../wire/mod.ts";
import type { DisconnectReason, Instant } from "../machine.ts";
import { ElementChoice } from "./element_choice.ts";
import type { ElementFailure, KnownPool, UserSessionOptions } from "./user_contract.ts";

/** Failures that are kept for the error; the oldest give way. */
const MAX_FAILURES = 64;

/**
 * What says that an element cannot be reached, RFC 5352 §3.5. One that lives and is not trusted, or
 * speaks something else, is none: reports of such users would remove it for all others.
 */
const REPORTED: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "closed",
  "reset",
  "refused",
  "timed-out",
  "unreachable",
  "unknown-host",
  "partial-timeout",
]);

/** What is to be done next. */
export type SearchStep =
  | { readonly step: "dial"; readonly element: PoolElement }
  /** The registrar is to be asked again. */
  | { readonly step: "ask" }
  | { readonly step: "rest"; readonly forMs: number }
  /** There is to be no other element. */
  | { readonly step: "fail" };

/**
 * A round lasts from the beginning of the session, or from a loss, until an element has proved to
 * be well. In a round no element is tried twice before all were, and a rest.
 */
export class ElementSearch {
  /** What has failed in this round. */
  failures: ElementFailure[] = [];
  /** When the search is given up. */
  giveUpAt: Instant;
  private readonly choice: ElementChoice;
  private isFresh = false;
  private pauseMs: number;

  constructor(private readonly options: UserSessionOptions, now: Instant) {
    const { random, first, order, timing } = options;
    this.choice = new ElementChoice(random, first, order);
    this.giveUpAt = now + timing.connectTimeoutMs;
    this.pauseMs = timing.retryPauseMs;
  }

  /** The failover order of the last business card. */
  set order(order: readonly number[]) {
    this.choice.order = order;
  }

  /** Whether elements were connected to, and none of them has proved that it is trusted. */
  get isUntrusted(): boolean {
    return this.failures.length > 0 && this.failures.every(({ reason }) => reason === "security");
  }

  /** What is in the pool now. */
  learn(pool: KnownPool): void {
    this.choice.learn(pool);
  }

  /**
   * An element is not tried again in this round until all were.
   *
   * @returns whether it is to be reported.
   */
  note(failure: ElementFailure): boolean {
    this.failures.push(failure);
    if (this.failures.length > MAX_FAILURES) this.failures.shift();
    this.choice.fail(failure.element);
    return REPORTED.has(failure.reason);
  }

  /** An element was found; no other than the next loss says how long a search may take. */
  settle(): void {
    this.choice.settle();
  }

  /** Its element has proved to be well before it was lost: what was before means nothing. */
  beginRound(): void {
    this.failures = [];
    this.isFresh = false;
    this.pauseMs = this.options.timing.retryPauseMs;
    this.choice.forgive();
  }

  /** A rest is over. */
  retry(): void {
    this.choice.forgive();
  }

  next(): SearchStep {
    const { choice, failures, isFresh, options: { failover, requiresFirst } } = this;
    const isMissing = requiresFirst === true && choice.lacksFirst;
    if (!failover && failures.length > 0) return { step: "fail" };
    // Who asks for one element has it looked for before any other is taken.
    const element = isMissing && !(isFresh && failover) ? undefined : this.nextByTcp();
    if (element !== undefined) return { step: "dial", element };
    if (!failover && failures.length > 0) return { step: "fail" };
    if (!isFresh) {
      this.isFresh = true;
      return { step: "ask" };
    }
    if (!failover) return { step: "fail" };
    return { step: "rest", forMs: this.nextPause() };
  }

  private nextByTcp(): PoolElement | undefined {
    for (;;) {
      const element = this.choice.next();
      if (element === undefined || element.transport.protocol === "tcp") return element;
      const detail = `it is reached by ${element.transport.protocol}, not by tcp`;
      this.note({ element, reason: "failed", detail });
    }
  }

  private nextPause(): number {
    const { random, timing } = this.options;
    const forMs = this.pauseMs * (0.5 + random.fraction());
    this.pauseMs = Math.min(this.pauseMs * 2, timing.retryPauseMaxMs);
    return forMs;
  }
}
