/** How much a registrar remembers of what. */

/** Sizes of a registrar's tables and timers. */
export interface RegistrarStatistics {
  /** Pools. */
  readonly pools: number;
  /** Pool elements of all homes. */
  readonly poolElements: number;
  /** Pool elements that it owns. */
  readonly children: number;
  /** Open associations. */
  readonly associations: number;
  /** Pool elements whose next keep-alive has a time, or that have not acknowledged one. */
  readonly keepAliveTimers: number;
  /** Registration lives that end. */
  readonly expiryTimers: number;
  /** Pool elements without association and endpoint (protocol decision 11). */
  readonly graceTimers: number;
  /** Handle tables on their way to others. */
  readonly downloads: number;
  /** Dials of ASAP endpoints, under way and open. */
  readonly dials: number;
  /** ASAP endpoints that are dialled, or were and are in use. */
  readonly dialledEndpoints: number;
  /** Addresses that have been dialled as often as they may be for now. */
  readonly dialWindows: number;
  /** Requests that wait until an element has been asked whether it lives. */
  readonly contenders: number;
  /** Other registrars that it knows. */
  readonly peers: number;
  /** Addresses that are dialled when nobody there is a peer. */
  readonly peerAddresses: number;
  /** Takeovers under way, its own and those that it has acknowledged. */
  readonly takeovers: number;
  /** Downloads of peers' own children under way, or to be tried again. */
  readonly resynchronizations: number;
  /** Elements of registrars that were taken over, which are still to be told. */
  readonly adoptions: number;
  /** Elements of other homes that are being asked whether they live. */
  readonly probes: number;
  /** Pools that associations are told the changes of. */
  readonly subscriptions: number;
  /** Changes that are not told yet, as one was told just before. */
  readonly heldUpdates: number;
  /** DHCP pools whose bindings it keeps. docs/dhcp.md. */
  readonly bindingPools: number;
  /** Bindings of all DHCP pools. */
  readonly bindings: number;
  /** Associations of DHCP servers that are told of changes. */
  readonly bindingSubscriptions: number;
  /** Downloads of peers' bindings that are under way. */
  readonly bindingDownloads: number;
  /** Questions to DHCP servers for their own tables that are open. */
  readonly bindingRelays: number;
}
