/** What a listener of either protocol is to the proxy. */

import type { Address } from "../address.ts";

/** One listener. */
export interface ProxyListener {
  /** As it turned out: port 0 is replaced by the port that the system chose. */
  readonly address: Address;
  /** Connections that are open. */
  readonly size: number;
  /** Accepts no more clients; resolved when they are refused. */
  stopAccepting(): Promise<void>;
  /** Resolved when what is open has ended. */
  drained(): Promise<void>;
  /** Ends everything at once. */
  end(): void;
}
