/** Every limit of the machines and their hosts, by name; each has a test at the limit. */

/** Limits that one process keeps. */
export interface Limits {
  /** Longest pool handle, in bytes. rsplib's process ends at 33 (see docs/tcp-mapping.md). */
  readonly maxHandleBytes: number;
  /** Pools in the handlespace. */
  readonly maxPools: number;
  /** Pool elements in one pool. */
  readonly maxElementsPerPool: number;
  /** Pool elements in the handlespace. */
  readonly maxElements: number;
  /** Associations at once; a further one is closed as it is accepted. */
  readonly maxAssociations: number;
  /** Associations of one address with a registrar, of an IPv6 /64, so that others have room. */
  readonly maxAssociationsPerAddress: number;
  /** Bytes that wait for one reader; beyond it the association is closed. */
  readonly maxQueuedBytes: number;
  /** How long a part of a message may stand without its rest. */
  readonly partialMessageMs: number;
  /** Elements in the answer to a resolution that names no number (protocol decision 22). */
  readonly defaultItems: number;
  /** Elements in one message of a handle table. */
  readonly tablePageElements: number;
  /** Bytes of one message of a handle table. */
  readonly tablePageBytes: number;
  /** Downloads of the handle table at once, over all associations. */
  readonly maxDownloads: number;
  /** How long a download may rest between two requests. */
  readonly downloadIdleMs: number;
  /** Subscriptions of all associations with a registrar. RFC 5352 §2.2.5. */
  readonly maxSubscriptions: number;
  /** Subscriptions of one association, and pools that a pool user watches. */
  readonly maxSubscriptionsPerAssociation: number;
  /** Dials to one ASAP endpoint address a second (protocol decision 19). */
  readonly maxDialsPerTarget: number;
  /** Registrars in the peer list. */
  readonly maxPeers: number;
  /** Addresses of peers, present and past, that are dialled; configured ones come on top. */
  readonly maxPeerAddresses: number;
  /**
   * Elements that are asked a second when a registrar is taken over, and that one which ends
   * suggests to a peer at once.
   */
  readonly maxAdoptionsPerSecond: number;
  /** Elements of other homes that are asked at once whether they live. */
  readonly maxProbes: number;
  /** DHCP pools whose bindings a registrar keeps. docs/dhcp.md §7. */
  readonly maxBindingPools: number;
  /** Associations of DHCP servers that are told what is new, of all pools. */
  readonly maxBindingSubscriptions: number;
  /** Registrations that one association may hold. */
  readonly maxElementsPerAssociation: number;
  /** Bytes of one Pool Element parameter in the handlespace. */
  readonly maxElementBytes: number;
  /** Reporters of an unreachable element that are remembered. */
  readonly maxReporters: number;
  /** Resolutions that a pool user has outstanding. */
  readonly maxOutstandingResolutions: number;
  /** Pools in a pool user's cache. */
  readonly maxCacheEntries: number;
  /** Unreachable reports of a pool user that wait for a registrar. */
  readonly maxWaitingReports: number;
  /** Associations that registrars may open to one pool element; a further one ends the oldest. */
  readonly maxEndpointAssociations: number;
  /** Bytes of one announcement; a longer one is dropped unread. */
  readonly maxAnnouncementBytes: number;
  /** Announced addresses that are remembered; a further one replaces any (decision 23). */
  readonly maxHints: number;
  /** Announced addresses that are remembered of one source; further ones are dropped. */
  readonly maxHintsPerSource: number;
  /** How long an address is believed after its last announcement, whatever its interval. */
  readonly maxHintLifeMs: number;
  /** Announced addresses that one round of a server hunt dials, picked at random. */
  readonly maxHintsPerRound: number;
  /** Other registrars that slow down the announcements of one. */
  readonly maxCountedAnnouncers: number;
  /** How long an element is not asked again because it was reported. RFC 5355 §2.14. */
  readonly reportProbeIntervalMs: number;
  /** Keep-alives that an element answers a second; as many again at once. RFC 5355 §2.14. */
  readonly maxKeepAlivesPerSecond: number;
  /** Reports that a pool user sends a second, at once and in the long run. RFC 5355 §2.13. */
  readonly maxReportsPerSecond: number;
  /** How long a pool user does not report one element again. RFC 5355 §2.13. */
  readonly reportIntervalMs: number;
  /** Identities and addresses whose requests of one kind are counted apart; all others together. */
  readonly maxRateKeys: number;
  /** Bytes of a cookie, RFC 5352 §3.8; a longer one is refused on both sides. */
  readonly maxCookieBytes: number;
  /** Elements of a business card that are remembered, RFC 5352 §3.9. */
  readonly maxFailoverOrder: number;
  /** Sessions that an element serves at once; a further user is turned away at once. */
  readonly maxSessions: number;
  /** Sessions of one address, of an IPv6 /64, with an element, so that others have room. */
  readonly maxSessionsPerAddress: number;
  /** Bytes of a session that wait for the program; beyond that nothing is read of it. */
  readonly maxSessionBytes: number;
  /** Bytes of a user that a connection holds which the system has not taken; others wait. */
  readonly maxUnsentBytes: number;
}

/** The limits that hold when none are given. */
export const DEFAULT_LIMITS: Limits = {
  maxHandleBytes: 32,
  maxPools: 100_000,
  maxElementsPerPool: 200_000,
  maxElements: 1_000_000,
  maxAssociations: 16_000,
  maxAssociationsPerAddress: 4_000,
  maxQueuedBytes: 4 * 1024 * 1024,
  partialMessageMs: 10_000,
  defaultItems: 128,
  tablePageElements: 128,
  tablePageBytes: 60_000,
  maxDownloads: 64,
  downloadIdleMs: 30_000,
  maxSubscriptions: 100_000,
  maxSubscriptionsPerAssociation: 1_000,
  maxDialsPerTarget: 100,
  maxPeers: 64,
  maxPeerAddresses: 256,
  maxAdoptionsPerSecond: 1000,
  maxProbes: 256,
  maxBindingPools: 64,
  maxBindingSubscriptions: 1_024,
  maxElementsPerAssociation: 10_000,
  maxElementBytes: 4096,
  maxReporters: 64,
  maxOutstandingResolutions: 1_000,
  maxCacheEntries: 10_000,
  maxWaitingReports: 100,
  maxEndpointAssociations: 64,
  maxAnnouncementBytes: 2048,
  maxHints: 256,
  maxHintsPerSource: 16,
  maxHintLifeMs: 300_000,
  maxHintsPerRound: 8,
  maxCountedAnnouncers: 32,
  reportProbeIntervalMs: 1_000,
  maxKeepAlivesPerSecond: 20,
  maxReportsPerSecond: 5,
  reportIntervalMs: 2_000,
  maxRateKeys: 10_000,
  maxCookieBytes: 8_192,
  maxFailoverOrder: 64,
  maxSessions: 10_000,
  maxSessionsPerAddress: 4_000,
  maxSessionBytes: 256 * 1024,
  maxUnsentBytes: 64 * 1024,
};
