/** The server hunt, as part of a machine. RFC 5352 §3.6. */

import type { DisconnectReason, SocketAddress } from "./machine.ts";

/** What became of one attempt to be served by a registrar. */
export interface Attempt {
  readonly address: SocketAddress;
  /** `silent`: the association was open, and no answer came in time. */
  readonly reason: DisconnectReason | "silent";
  /** More for people, such as what is spoken there instead. */
  readonly detail?: string | undefined;
}
