/** How a connection fails: as its user hears of it, and as it is said inside. */
import type { AlertName } from "./alerts.ts";

/** Why a connection has failed. It names no key. */
export interface PskTlsFailure {
  /**
   * The alert that was sent or came, RFC 8446 §6; "unrecognized" if one came that has no name
   * there, "none" if the stream ended without any.
   */
  readonly alert: AlertName | "unrecognized" | "none";
  /** True if this side found the fault and says so by the alert; false if the peer did. */
  readonly sent: boolean;
  /** What was wrong, in words. */
  readonly detail: string;
}

/** Thrown inside where the peer's bytes are wrong; `receive` makes it an alert and a failure. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(readonly alert: AlertName, readonly detail: string) {
    super(`${alert}: ${detail}`);
  }
}

/** Thrown inside when the peer's alert ends the connection; it is not answered. RFC 8446 §6.2. */
export class PeerAlert extends Error {
  override readonly name = "PeerAlert";

  constructor(readonly alert: AlertName | "unrecognized", readonly detail: string) {
    super(`${alert}: ${detail}`);
  }
}
