/** What one listener of the proxy has done since its start, in numbers. */

import type { Api, HistogramView } from "../api.ts";
import type { RelayedBytes, RelayEnd } from "./relay.ts";

/** Milliseconds that a client waits for its element: from the same host to `--wait`. */
const WAIT_BOUNDS_MS: readonly number[] = [
  0.5,
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  500,
  1_000,
  5_000,
  10_000,
];

/** Counts it. */
export class ListenerCounts {
  /** Clients: connections, or senders of datagrams that were not known. */
  clients = 0;
  /** Clients that got no element. */
  deserted = 0;
  /** Attempts to reach an element that have failed, and those that this host was at fault for. */
  attemptsFailed = 0;
  ownFaults = 0;
  /** Connections that have ended, by how. */
  readonly ends: Record<RelayEnd, number> = { "ended": 0, "client-lost": 0, "element-lost": 0 };
  readonly bytes: RelayedBytes = { toElement: 0, toClient: 0 };
  private readonly waitsMs: InstanceType<Api["Histogram"]>;

  constructor({ Histogram }: Pick<Api, "Histogram">) {
    this.waitsMs = new Histogram(WAIT_BOUNDS_MS);
  }

  /** An element could not be reached, or this host had no means to. */
  addFailure(isOwnFault: boolean): void {
    if (isOwnFault) this.ownFaults++;
    else this.attemptsFailed++;
  }

  /** A client has got an element after so many milliseconds. */
  forwarded(afterMs: number): void {
    this.waitsMs.observe(afterMs);
  }

  /** How long clients have waited for their element. */
  get waits(): HistogramView {
    return this.waitsMs.view();
  }
}
