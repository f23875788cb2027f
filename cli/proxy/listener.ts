/** What a listener of either protocol is to the proxy. */

import type { Address } from "../address.ts";
import type { ProxyProtocol } from "./listen_option.ts";
import type { ListenerCounts } from "./listener_counts.ts";

/** A listener as others see it. */
export interface ShownListener {
  /** `HOST:PORT`, with the port as it turned out. */
  readonly listen: string;
  readonly protocol: ProxyProtocol;
  readonly poolHandle: string;
  /** How many elements of the pool fit, reachable or not. */
  readonly poolElements: number;
  /** Connections that are open, or clients of datagrams that are known. */
  readonly clients: number;
  readonly counts: ListenerCounts;
}

/** One listener. */
export interface ProxyListener {
  /** As it turned out: port 0 is replaced by the port that the system chose. */
  readonly address: Address;
  /** What it has done. */
  readonly counts: ListenerCounts;
  /** Clients of datagrams that are known. */
  readonly flows?: number;
  /** Connections that are open. */
  readonly size: number;
  /** Connections, or clients of UDP, by the identifier of the element that they go to. */
  byElement(): ReadonlyMap<number, number>;
  /** Accepts no more clients; resolved when they are refused. */
  stopAccepting(): Promise<void>;
  /** Resolved when what is open has ended. */
  drained(): Promise<void>;
  /** Ends everything at once. */
  end(): void;
}
