/**
 * Timers and thresholds in the RFCs' words, in milliseconds. RFC 5352 §7; where no RFC gives a
 * number, protocol decision 10.
 */

/** What a registrar measures by. */
export interface RegistrarTiming {
  /** Mean time between two ASAP_ENDPOINT_KEEP_ALIVE to an element; each is varied by ±50 %. */
  readonly keepAliveCycleMs: number;
  /** How long an element may take to acknowledge one. */
  readonly keepAliveTimeoutMs: number;
  /** How long an element without a connection and an ASAP endpoint is kept, not handed out. */
  readonly elementGraceMs: number;
  /** How long a dial of an ASAP endpoint may take. */
  readonly endpointDialMs: number;
  /** MAX-BAD-PE-REPORT: more distinct reporters than this remove an element. RFC 5352 §3.5. */
  readonly maxBadPeReport: number;
  /** The least time between two updates of one pool to its subscribers (decision 22). */
  readonly updateIntervalMs: number;
  /** PEER-HEARTBEAT-CYCLE: between two announcements of its presence. RFC 5353 §4.2. */
  readonly peerHeartbeatCycleMs: number;
  /** MAX-TIME-LAST-HEARD: silence after which a peer is asked whether it lives. RFC 5353 §4.2. */
  readonly maxTimeLastHeardMs: number;
  /** MAX-TIME-NO-RESPONSE: how long a peer may take to respond. RFC 5353 §4.2. */
  readonly maxTimeNoResponseMs: number;
  /** Between two audits of a peer's own children, whatever the checksum says (decision 3). */
  readonly auditCycleMs: number;
  /** The longest pause between two dials of a peer that cannot be reached; varied by ±50 %. */
  readonly peerRedialMaxMs: number;
  /** How long a registrar that ends waits for its elements to be handed over (decision 7). */
  readonly handoverMs: number;
}

/** A registrar's defaults: the RFC's, where it has any. */
export const REGISTRAR_TIMING: RegistrarTiming = {
  keepAliveCycleMs: 30_000,
  keepAliveTimeoutMs: 5_000,
  elementGraceMs: 15_000,
  endpointDialMs: 5_000,
  maxBadPeReport: 3,
  updateIntervalMs: 50,
  peerHeartbeatCycleMs: 30_000,
  maxTimeLastHeardMs: 61_000,
  maxTimeNoResponseMs: 5_000,
  auditCycleMs: 3_600_000,
  peerRedialMaxMs: 60_000,
  handoverMs: 5_000,
};

/** For those who want seconds: what rsplib does (protocol decision 10). */
export const FAST_REGISTRAR_TIMING: RegistrarTiming = {
  ...REGISTRAR_TIMING,
  keepAliveCycleMs: 5_000,
  peerHeartbeatCycleMs: 2_400,
  maxTimeLastHeardMs: 5_000,
  peerRedialMaxMs: 5_000,
};

/** `rfc`: the RFCs' defaults; `fast`: seconds, as rsplib does (protocol decision 10). */
export type TimingProfile = "rfc" | "fast";

/** A registrar's timers and thresholds, by profile. */
export const REGISTRAR_PROFILES: Readonly<Record<TimingProfile, RegistrarTiming>> = {
  rfc: REGISTRAR_TIMING,
  fast: FAST_REGISTRAR_TIMING,
};

/** What the server hunt measures by. RFC 5352 §3.6 and §7. */
export interface HuntTiming {
  /** T5-Serverhunt. Doubled at each expiry, at most RETRAN-MAX. */
  readonly t5ServerHuntMs: number;
  /** RETRAN-MAX: the longest T5-Serverhunt and back-off. */
  readonly retranMaxMs: number;
  /**
   * The pause after every known registrar has failed; doubled each time up to RETRAN-MAX, and
   * varied by ±50 %. T5-Serverhunt ends it early. The RFC gives no number.
   */
  readonly huntPauseMs: number;
}

/** What a pool element measures by. RFC 5352 §7. */
export interface PoolElementTiming extends HuntTiming {
  /** T2-registration: how long a registrar may take to answer a registration. */
  readonly t2RegistrationMs: number;
  /** T3-deregistration: how long a registrar may take to answer a de-registration. */
  readonly t3DeregistrationMs: number;
  /** T4-reregistration at most; less for short lives (protocol decision 16). */
  readonly t4ReregistrationMs: number;
  /** MAX-REG-ATTEMPT: attempts at one registrar before a hunt. */
  readonly maxRegAttempt: number;
  /** The registrar's keep-alive cycle; silence for two of them leads to a re-registration. */
  readonly keepAliveCycleMs: number;
}

/** A pool element's defaults. */
export const POOL_ELEMENT_TIMING: PoolElementTiming = {
  t2RegistrationMs: 30_000,
  t3DeregistrationMs: 30_000,
  t4ReregistrationMs: 600_000,
  t5ServerHuntMs: 10_000,
  retranMaxMs: 60_000,
  huntPauseMs: 1_000,
  maxRegAttempt: 2,
  keepAliveCycleMs: 30_000,
};

/** For elements of registrars with {@linkcode FAST_REGISTRAR_TIMING}: a home is missed soon. */
export const FAST_POOL_ELEMENT_TIMING: PoolElementTiming = {
  ...POOL_ELEMENT_TIMING,
  t2RegistrationMs: 5_000,
  t3DeregistrationMs: 5_000,
  t5ServerHuntMs: 5_000,
  retranMaxMs: 5_000,
  keepAliveCycleMs: FAST_REGISTRAR_TIMING.keepAliveCycleMs,
};

/** A pool element's timers and thresholds, by profile. */
export const POOL_ELEMENT_PROFILES: Readonly<Record<TimingProfile, PoolElementTiming>> = {
  rfc: POOL_ELEMENT_TIMING,
  fast: FAST_POOL_ELEMENT_TIMING,
};

/** What a pool user measures by. RFC 5352 §7. */
export interface PoolUserTiming extends HuntTiming {
  /** T1-ENRPrequest: how long a registrar may take to answer before it is asked again. */
  readonly t1EnrpRequestMs: number;
  /** MAX-REQUEST-RETRANSMIT: how often a request is repeated before it fails. */
  readonly maxRequestRetransmit: number;
  /** stale_cache_value: how long an answer is used from the cache. */
  readonly staleCacheValueMs: number;
  /**
   * Mean time after which a subscription is asked for anew, if nothing was heard: TCP has no
   * heartbeat that would tell of a registrar that is gone. Varied by ±50 %.
   */
  readonly subscriptionRefreshMs: number;
  /**
   * Mean time between two questions about a pool that is unknown for some time, or whose
   * registrar does not grant subscriptions. Varied by ±50 %.
   */
  readonly subscriptionPollMs: number;
}

/** A pool user's defaults; the RFC gives no number for stale_cache_value. */
export const POOL_USER_TIMING: PoolUserTiming = {
  t1EnrpRequestMs: 15_000,
  maxRequestRetransmit: 2,
  staleCacheValueMs: 30_000,
  subscriptionRefreshMs: 30_000,
  subscriptionPollMs: 3_000,
  t5ServerHuntMs: 10_000,
  retranMaxMs: 60_000,
  huntPauseMs: 1_000,
};

/** What announcements by multicast measure by. RFC 5352 §3.6 and §7. */
export interface DiscoveryTiming {
  /** T6-Serverannounce: between two announcements in the network, of whichever registrar. */
  readonly t6ServerAnnounceMs: number;
  /** T7-ENRPoutdate: how long an announcement is valid, or longer (protocol decision 23). */
  readonly t7EnrpOutdateMs: number;
  /** Between two announced addresses that a registrar is to dial. The RFCs give no number. */
  readonly hintCycleMs: number;
}

/** The defaults of announcements by multicast. */
export const DISCOVERY_TIMING: DiscoveryTiming = {
  t6ServerAnnounceMs: 1_000,
  t7EnrpOutdateMs: 5_000,
  hintCycleMs: 1_000,
};

/** What sessions measure by, on both sides. The RFCs give no number (docs/tcp-mapping.md §15). */
export interface SessionTiming {
  /** How long the preface of the other side may take. */
  readonly prefaceMs: number;
  /**
   * How long an element waits for the user to end what is over: to close the connection when both
   * directions have ended, or to end its own when the element has left.
   */
  readonly sessionEndMs: number;
}

/** The defaults of sessions. */
export const SESSION_TIMING: SessionTiming = {
  prefaceMs: 5_000,
  sessionEndMs: 3_000,
};

/** What the user's side of a session measures by. The RFCs give no number. */
export interface UserSessionTiming extends SessionTiming {
  /** How long it may take to find an element to begin with. */
  readonly connectTimeoutMs: number;
  /** How long it may take to find another one after a loss; the session has failed then. */
  readonly failoverTimeoutMs: number;
  /** How long a dial of one element may take, its name look-up and TLS included. */
  readonly elementDialMs: number;
  /**
   * The pause after all elements of the pool have failed, before the registrar is asked again and
   * they are tried again; doubled each time, and varied by ±50 %.
   */
  readonly retryPauseMs: number;
  /** The longest of these pauses. */
  readonly retryPauseMaxMs: number;
  /**
   * An element that was lost sooner than this after it was connected has not proved to be well: it
   * is tried after all others, so that a fault of all of them does not lead to dials without end.
   */
  readonly provenMs: number;
}

/** The defaults of the user's side. */
export const USER_SESSION_TIMING: UserSessionTiming = {
  ...SESSION_TIMING,
  connectTimeoutMs: 30_000,
  failoverTimeoutMs: 30_000,
  elementDialMs: 3_000,
  retryPauseMs: 100,
  retryPauseMaxMs: 3_000,
  provenMs: 1_000,
};
