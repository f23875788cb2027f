/** What pool users and pool elements have done since their start, in numbers that only grow. */

import type { PoolElementEvent, PoolUserEvent, ResolutionFailure } from "../core/mod.ts";
import type { Traffic } from "./driver_traffic.ts";

/** What clients of registrars have in common. RFC 5352 §3.6. */
export interface HuntCounts {
  /** Server hunts that began, and sets of registrars that were tried in vain. */
  readonly hunts: number;
  /** How often a whole set of registrars was tried in vain. */
  readonly huntFailures: number;
  /** How often the association with the home was lost. */
  readonly homesLost: number;
}

/** What a pool user has done. */
export interface PoolUserTraffic extends Traffic, HuntCounts {
  /** Handle resolutions that programs have asked for, by who answered or why nobody did. */
  readonly resolutions: {
    /** Answered by the cache. */
    readonly cached: number;
    /** Answered by a registrar. */
    readonly answered: number;
    /** Answered by nobody, or in the negative. */
    readonly failed: ReadonlyMap<ResolutionFailure["why"], number>;
  };
  /** Changes of watched pools that came. */
  readonly updates: number;
  /** Reports of unreachable elements. */
  readonly reports: {
    /** How many left. */
    readonly sent: number;
    /** How many did not. */
    readonly dropped: number;
  };
}

/** What a pool element has done. */
export interface PoolElementTraffic extends Traffic, HuntCounts {
  /** Registrations by their answer. RFC 5352 §3.1. */
  readonly registrations: {
    /** The first at a registrar. */
    readonly granted: number;
    /** Those after it. */
    readonly renewed: number;
    /** Those that were not granted. */
    readonly rejected: number;
    /** Those without an answer. */
    readonly timedOut: number;
  };
  /** Keep-alives that were acknowledged. */
  readonly keepAlives: number;
  /** Times that another registrar became the home. RFC 5352 §3.4. */
  readonly homeChanges: number;
}

type Counts = ReadonlyMap<string, number>;

/** Counts what a pool user does. */
export class PoolUserCounter {
  private readonly counts = new Map<string, number>();
  private readonly failures = new Map<ResolutionFailure["why"], number>();
  private cached = 0;
  private answered = 0;

  /** What the cache has answered without an event, or has not: passed on. */
  asked<Answer>(answer: Answer): Answer {
    if (answer !== undefined) this.cached++;
    return answer;
  }

  /** Something was told. */
  note(event: PoolUserEvent): void {
    if (event.type !== "resolved") increase(this.counts, event.type);
    else if (event.cached) this.cached++;
    else this.answered++;
    if (event.type === "failed") increase(this.failures, event.why);
  }

  /** What was counted until now. */
  view(traffic: Traffic): PoolUserTraffic {
    const { counts, cached, answered } = this;
    return {
      ...traffic,
      ...huntsOf(counts),
      resolutions: { cached, answered, failed: new Map(this.failures) },
      updates: counts.get("updated") ?? 0,
      reports: {
        sent: counts.get("unreachable-reported") ?? 0,
        dropped: counts.get("report-dropped") ?? 0,
      },
    };
  }
}

/** Counts what a pool element does. */
export class PoolElementCounter {
  private readonly counts = new Map<string, number>();

  /** Something was told. */
  note(event: PoolElementEvent): void {
    increase(this.counts, event.type);
  }

  /** What was counted until now. */
  view(traffic: Traffic): PoolElementTraffic {
    const told = (type: PoolElementEvent["type"]) => this.counts.get(type) ?? 0;
    return {
      ...traffic,
      ...huntsOf(this.counts),
      registrations: {
        granted: told("registered"),
        renewed: told("re-registered"),
        rejected: told("rejected"),
        timedOut: told("registration-timed-out"),
      },
      keepAlives: told("keep-alive"),
      homeChanges: told("home-changed"),
    };
  }
}

function huntsOf(counts: Counts): HuntCounts {
  return {
    hunts: counts.get("hunting") ?? 0,
    huntFailures: counts.get("hunt-failure") ?? 0,
    homesLost: counts.get("home-lost") ?? 0,
  };
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
