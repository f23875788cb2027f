/**
 * Until when what must happen has happened, in milliseconds, as a law of the timers of
 * `--timing fast`. RFC 5353 §4.2; protocol decisions 5, 10 and 16.
 */
import { FAST_POOL_ELEMENT_TIMING, FAST_REGISTRAR_TIMING } from "../../mod.ts";

const {
  maxTimeLastHeardMs,
  maxTimeNoResponseMs,
  peerHeartbeatCycleMs,
  peerRedialMaxMs,
  endpointDialMs,
  keepAliveCycleMs,
  keepAliveTimeoutMs,
  handoverMs,
} = FAST_REGISTRAR_TIMING;
const { t2RegistrationMs, maxRegAttempt } = FAST_POOL_ELEMENT_TIMING;

/** What two busy processors add to round trips, for each step that is waited for. */
export const SLACK_MS = 2_000;

/** The command line asks the next registrar after a second of silence, `register` too. */
const STAGGER_MS = 1_000;

/** An arbitration in which somebody does not answer; otherwise it takes a round trip. */
const ARBITRATION_MS = maxTimeNoResponseMs;
/** A takeover's own part: the element's ASAP endpoint is dialled, and answers. */
const ADOPTION_MS = SLACK_MS;

/**
 * A process was killed: its system closes its associations, so its peers dial it in vain for
 * MAX-TIME-NO-RESPONSE, and take it over.
 */
export const TAKEOVER_OF_KILLED_MS = maxTimeNoResponseMs + ADOPTION_MS;

/**
 * Who takes over dies, too, and may have said nothing yet: protocol decision 5 has peers wait for
 * it twice MAX-TIME-NO-RESPONSE, suspect the first one anew, and arbitrate without the second.
 */
export const TAKEOVER_OF_TWO_MS = TAKEOVER_OF_KILLED_MS + 3 * maxTimeNoResponseMs +
  ARBITRATION_MS;

/** The same for elements that notice it themselves and ask the next registrar in their list. */
export const HUNT_OF_KILLED_MS = STAGGER_MS + SLACK_MS;

/** A registrar was silenced: MAX-TIME-LAST-HEARD passes before it is suspected. */
export const TAKEOVER_OF_SILENT_MS = maxTimeLastHeardMs + maxTimeNoResponseMs + ADOPTION_MS;

/**
 * An element notices a silent home: two keep-alive cycles pass, then T2-registration as often as it
 * is tried, and as many registrars are asked in vain as there may be.
 */
const HUNT_OF_SILENT_MS = 2 * keepAliveCycleMs + maxRegAttempt * t2RegistrationMs +
  5 * STAGGER_MS + SLACK_MS;

/**
 * The network is cut: several registrars fall silent at once, those that remain wait for all of
 * them in an arbitration, and dial elements of theirs in vain; or elements come by themselves.
 */
export const PARTITION_MS = Math.max(
  TAKEOVER_OF_SILENT_MS + ARBITRATION_MS + endpointDialMs + keepAliveTimeoutMs,
  HUNT_OF_SILENT_MS,
);

/**
 * Registrars that reach each other again: the longest pause between two dials, which is varied by
 * half, the dial, a heartbeat with a checksum, and a download that may have to be repeated.
 */
export const REUNION_MS = 1.5 * peerRedialMaxMs + maxTimeNoResponseMs + peerHeartbeatCycleMs +
  2 * maxTimeNoResponseMs + SLACK_MS;

/** A home that was dead and still lists elements finds out: a keep-alive and its time-out. */
export const RECOVERY_MS = REUNION_MS + 1.5 * keepAliveCycleMs + keepAliveTimeoutMs +
  endpointDialMs;

/** Registrars begin: one that is alone, then the others, which download from it. */
export const START_MS = 2 * maxTimeNoResponseMs + SLACK_MS;

/** A silent element: a keep-alive's longest pause, its time-out, and a dial of its endpoint. */
export const ELEMENT_SILENCE_MS = 1.5 * keepAliveCycleMs + keepAliveTimeoutMs + endpointDialMs +
  keepAliveTimeoutMs + SLACK_MS;

/** It misses its home, or finds its association closed, and registers again. */
export const ELEMENT_RETURN_MS = 2 * keepAliveCycleMs + t2RegistrationMs + SLACK_MS;

/** A registrar that ends waits no longer than this for its elements to be handed over. */
export const HANDOVER_MS = handoverMs;
