/** How often one identity, or one address, may ask. RFC 5355 §2.1, §2.2, §2.13. */

/** What is counted apart. */
export type RateKind = "registrations" | "resolutions" | "reports";

/** Requests a second of one identity (or, without one, of one address), in the long run. */
export interface Rates {
  /** ASAP_REGISTRATION and ASAP_DEREGISTRATION. */
  readonly registrationsPerSecond: number;
  /** ASAP_HANDLE_RESOLUTION, and what observers ask. */
  readonly resolutionsPerSecond: number;
  /** ASAP_ENDPOINT_UNREACHABLE. */
  readonly reportsPerSecond: number;
  /** Connections of one address. */
  readonly connectionsPerSecond: number;
  /** TLS handshakes of one address. */
  readonly handshakesPerSecond: number;
  /** How many seconds' worth may come at once. */
  readonly burstSeconds: number;
}

/** The rates that hold when none are given. */
export const DEFAULT_RATES: Rates = {
  registrationsPerSecond: 200,
  resolutionsPerSecond: 2_000,
  reportsPerSecond: 10,
  connectionsPerSecond: 200,
  handshakesPerSecond: 50,
  burstSeconds: 5,
};
