/** What a registrar has done since its start, in numbers. */

import type { ErrorCause } from "../../wire/mod.ts";
import { Histogram, type HistogramView, ROUND_TRIP_BOUNDS_MS } from "../histogram.ts";
import type { RateKind } from "../security/rates.ts";
import type { RegistrarEvent, RemovalReason } from "./contract.ts";

/** Numbers by the code of an error cause. RFC 5354 §3.12. */
export type ByCause = ReadonlyMap<number, number>;

/** What a registrar has done since its start. */
export interface RegistrarCounts {
  /** Registrations by their answer. RFC 5352 §3.1. */
  readonly registrations: {
    /** Pool elements that were new. RFC 5352 §3.1. */
    readonly granted: number;
    /** Re-registrations that were granted. */
    readonly renewed: number;
    /** Those that were not granted, by why. */
    readonly rejected: ByCause;
  };
  /** De-registrations of elements that were there. RFC 5352 §3.2. */
  readonly deregistrations: { readonly granted: number; readonly rejected: ByCause };
  /** Questions of pool users. RFC 5352 §3.3. */
  readonly resolutions: {
    /** Answered once. */
    readonly answered: number;
    /** Answered, and the pool is watched from then on or still. RFC 5352 §2.2.5. */
    readonly subscribed: number;
    /** Answered in the negative, by why. */
    readonly rejected: ByCause;
  };
  /** Pool elements that it was the home of and that are so no longer, by why. */
  readonly removals: ReadonlyMap<RemovalReason, number>;
  /** Pool elements that have lost their association. */
  readonly elementsLost: number;
  /** Those that were found again at their ASAP endpoint. */
  readonly elementsRecovered: number;
  /** RFC 5352 §3.5: keep-alives that ask whether an element lives. */
  readonly keepAlives: {
    readonly sent: number;
    readonly acknowledged: number;
    readonly timedOut: number;
    /** Milliseconds from a keep-alive to its acknowledgement. */
    readonly roundTripMs: HistogramView;
  };
  /** Reports that counted. RFC 5352 §3.5. */
  readonly unreachableReports: number;
  /** Downloads of what a peer owns that a checksum began. RFC 5353 §3.6.2. */
  readonly checksumMismatches: number;
  /** Downloads of what a peer owns, by how they ended. RFC 5353 §3.6.3. */
  readonly resynchronizations: { readonly done: number; readonly failed: number };
  /** RFC 5353 §3.5. */
  readonly takeovers: {
    /** Arbitrations that it began. */
    readonly began: number;
    /** Those that it gave up. */
    readonly stopped: number;
    /** Registrars that it has taken over, and that others have. */
    readonly own: number;
    readonly others: number;
    /** Pool elements that it has so become the home of. */
    readonly adopted: number;
  };
  /** Peers that were considered dead. RFC 5353 §3.4.3. */
  readonly peersDead: number;
  /** Requests beyond a rate. */
  readonly rateLimited: Readonly<Record<RateKind, number>>;
  /** Messages that their sender may not send: RFC 5355 §2.15. */
  readonly unauthorized: number;
}

/** Counts it. What its events tell is taken from them. */
export class RegistrarCounter {
  resolutionsAnswered = 0;
  resolutionsSubscribed = 0;
  keepAlivesSent = 0;
  keepAlivesTimedOut = 0;
  unauthorized = 0;
  readonly rateLimited: Record<RateKind, number> = { registrations: 0, resolutions: 0, reports: 0 };
  private readonly resolutionsRejected = new Map<number, number>();
  private readonly registrationsRejected = new Map<number, number>();
  private readonly deregistrationsRejected = new Map<number, number>();
  private readonly removals = new Map<RemovalReason, number>();
  private readonly roundTrips = new Histogram(ROUND_TRIP_BOUNDS_MS);
  private readonly events = new Map<RegistrarEvent["type"], number>();
  private acknowledged = 0;
  private checksumMismatches = 0;
  private takenOver = 0;

  /** A keep-alive was acknowledged so long after it was sent. */
  acknowledge(afterMs: number): void {
    this.acknowledged++;
    this.roundTrips.observe(afterMs);
  }

  /** A question of a pool user was answered in the negative. */
  rejectResolution(cause: number): void {
    increase(this.resolutionsRejected, cause);
  }

  /** Something was told. */
  note(event: RegistrarEvent, self: number): void {
    increase(this.events, event.type);
    switch (event.type) {
      case "registration-rejected":
        return addCauses(this.registrationsRejected, event.causes);
      case "deregistration-rejected":
        return addCauses(this.deregistrationsRejected, event.causes);
      case "pool-element-removed":
        return increase(this.removals, event.reason);
      case "resynchronization-began":
        if (event.why === "checksum") this.checksumMismatches++;
        return;
      case "taken-over":
        if (event.by === self) this.takenOver++;
    }
  }

  /** What was counted until now; it does not change any more. */
  view(): RegistrarCounts {
    const told = (type: RegistrarEvent["type"]) => this.events.get(type) ?? 0;
    return {
      registrations: {
        granted: told("pool-element-registered"),
        renewed: told("pool-element-reregistered"),
        rejected: new Map(this.registrationsRejected),
      },
      deregistrations: {
        granted: this.removals.get("deregistered") ?? 0,
        rejected: new Map(this.deregistrationsRejected),
      },
      resolutions: {
        answered: this.resolutionsAnswered,
        subscribed: this.resolutionsSubscribed,
        rejected: new Map(this.resolutionsRejected),
      },
      removals: new Map(this.removals),
      elementsLost: told("pool-element-lost"),
      elementsRecovered: told("pool-element-recovered"),
      keepAlives: {
        sent: this.keepAlivesSent,
        acknowledged: this.acknowledged,
        timedOut: this.keepAlivesTimedOut,
        roundTripMs: this.roundTrips.view(),
      },
      unreachableReports: told("unreachable-reported"),
      checksumMismatches: this.checksumMismatches,
      resynchronizations: {
        done: told("resynchronized"),
        failed: told("resynchronization-failed"),
      },
      takeovers: {
        began: told("takeover-began"),
        stopped: told("takeover-stopped"),
        own: this.takenOver,
        others: told("taken-over") - this.takenOver,
        adopted: told("pool-element-adopted"),
      },
      peersDead: told("peer-dead"),
      rateLimited: { ...this.rateLimited },
      unauthorized: this.unauthorized,
    };
  }
}

function addCauses(counts: Map<number, number>, causes: readonly ErrorCause[]): void {
  for (const { code } of causes) increase(counts, code);
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
