/**
 * Until when what must happen has happened, as a law of the timers: what checkers hold runs to.
 * Each figure is in milliseconds, and beside each stands what may have to pass in the worst case.
 */

import type { Cluster } from "./cluster.ts";
import type { PoolElementTiming, PoolUserTiming, RegistrarTiming } from "../core/mod.ts";

/** The timers of all members of a cluster. */
export interface ClusterTiming {
  readonly registrar: RegistrarTiming;
  readonly element: PoolElementTiming;
  readonly user: PoolUserTiming;
}

/** What bounds depend on besides timers. */
export interface Circumstances {
  /** The longest time that a piece of a stream travels. */
  readonly latencyMs: number;
  /** Pool elements that one registrar may have to take over. */
  readonly elements: number;
  /** How many of them it asks within a second. */
  readonly adoptionsPerSecond: number;
}

/** Clocks run up to 2 % fast or slow; two of them differ by twice that. */
const DRIFT = 1.05;
/** What a process and its system add to a few round trips. */
const ROUND_TRIPS_MS = 1000;
/** Round trips until a connection is made, and a request on it is answered. */
const ROUND_TRIPS = 8;

/**
 * The longest life of an element of a plan that T4-reregistration renews only 20 s before its end
 * (protocol decision 16), so that a jump of its registrar's clock overtakes it.
 */
const TIGHT_LIFE_MS = 300_000;

/** The bounds of a cluster. */
export class Bounds {
  /** A broken connection has been heard of, a dial been refused, an update been read. */
  readonly roundTripsMs: number;
  /** An undisturbed home notices that an element is silent, and removes it. */
  readonly silenceMs: number;
  /** Peers notice that a registrar is dead, agree on who takes it over, and that one asks. */
  readonly takeoverMs: number;
  /** A dead element is gone whatever happened to its homes before, once nothing more happens. */
  readonly departureMs: number;
  /** A living element has noticed that its home is gone, hunted, and is registered. */
  readonly returnMs: number;
  /** Registrars that could not reach each other are connected again and have audited each other. */
  readonly reunionMs: number;
  /** Quiet time: nothing goes wrong for so long, and all registrars know what is so. */
  readonly quietMs: number;

  constructor(timing: ClusterTiming, circumstances: Circumstances) {
    const { registrar, element } = timing;
    const { elements, adoptionsPerSecond, latencyMs } = circumstances;
    const { maxTimeLastHeardMs, maxTimeNoResponseMs, peerHeartbeatCycleMs } = registrar;
    const { keepAliveCycleMs, keepAliveTimeoutMs, endpointDialMs, elementGraceMs } = registrar;
    this.roundTripsMs = ROUND_TRIPS_MS + ROUND_TRIPS * latencyMs;
    // A keep-alive's pause at its longest, its time-out, and a dial of the endpoint.
    const silenceMs = 1.5 * keepAliveCycleMs + keepAliveTimeoutMs + endpointDialMs;
    this.silenceMs = DRIFT * silenceMs + this.roundTripsMs;
    // Noticed: by a watch that ends, or as an orphan at a heartbeat and MAX-TIME-LAST-HEARD later.
    const noticedMs = peerHeartbeatCycleMs + maxTimeLastHeardMs + maxTimeNoResponseMs;
    // Agreed: the first winner may die, too, and is waited for before the second one begins.
    const agreedMs = 4 * maxTimeNoResponseMs;
    const askedMs = 1000 * elements / adoptionsPerSecond + endpointDialMs + keepAliveTimeoutMs +
      elementGraceMs;
    this.takeoverMs = DRIFT * (noticedMs + agreedMs + askedMs) + this.roundTripsMs;
    // Two silent cycles, T2 as often as it is tried, and the longest pause of a hunt.
    const { t2RegistrationMs, maxRegAttempt, retranMaxMs } = element;
    const hunt = maxRegAttempt * t2RegistrationMs + 1.5 * retranMaxMs;
    this.returnMs = DRIFT * (2 * element.keepAliveCycleMs + hunt) + this.roundTripsMs;
    // The longest pause between two dials, a dial, and downloads that fail once.
    const { peerRedialMaxMs } = registrar;
    this.reunionMs = DRIFT * (1.5 * peerRedialMaxMs + 4 * maxTimeNoResponseMs) + this.roundTripsMs;
    // Its home learns late of its own end, and whoever takes it over asks in vain.
    this.departureMs = this.reunionMs + this.takeoverMs + this.silenceMs;
    // An element returns; then a heartbeat shows registrars what they have missed.
    const settledMs = this.departureMs + this.returnMs + DRIFT * peerHeartbeatCycleMs;
    // A registrar's clock that has jumped ends a life before its T4: the element registers anew.
    const expiredMs = DRIFT * TIGHT_LIFE_MS + 2 * this.silenceMs;
    this.quietMs = Math.max(settledMs, expiredMs);
  }
}

/** The bounds of a cluster as it is. */
export function boundsOf(cluster: Cluster): Bounds {
  return new Bounds(cluster.timing, {
    latencyMs: cluster.latencyMs,
    elements: cluster.elements.length,
    adoptionsPerSecond: cluster.limits.maxAdoptionsPerSecond,
  });
}
