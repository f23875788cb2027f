/** What one registrar has told at one time. */

import type { ClientApi, ListedServer, TablePool } from "../api.ts";
import { endpointsOf, type PoolElementView, Views } from "../views.ts";

/** A pool as one registrar holds it. */
export interface PoolSnapshot {
  readonly poolHandle: string;
  /** The name of its policy; empty where it has no element that would say. */
  readonly policy: string;
  readonly poolElements: readonly PoolElementView[];
}

/** Another registrar, as one knows it. */
export interface PeerSnapshot {
  readonly identifier: string;
  readonly endpoint: string;
  /** What is thought of it; `undefined` if that is not told. */
  readonly state: string | undefined;
  readonly lastHeardAgoMs: number | undefined;
  /** As `peers -o json` has it. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** All that a registrar has told. */
export interface Snapshot {
  readonly identifier: string;
  readonly peers: readonly PeerSnapshot[];
  readonly pools: readonly PoolSnapshot[];
  /** When, on the clock of the monitor, and how long the answer took. */
  readonly at: number;
  readonly tookMs: number;
}

/** What a registrar shows of itself over HTTP. */
export interface Details {
  readonly identifier: string;
  readonly version: string;
  readonly uptimeMs: number;
  readonly state: string;
  readonly associations: number;
  /** What it has done since its start, where it tells. */
  readonly counters: Readonly<Record<string, number>>;
  readonly at: number;
}

/** The answers of a registrar as the monitor keeps them. */
export function snapshotOf(
  api: ClientApi,
  answers: {
    readonly registrar: number;
    readonly peers: readonly ListedServer[];
    readonly pools: readonly TablePool[];
  },
  times: Pick<Snapshot, "at" | "tookMs">,
): Snapshot {
  const views = new Views(api);
  return {
    identifier: api.formatIdentifier(answers.registrar),
    peers: answers.peers.map((peer) => ({
      identifier: api.formatIdentifier(peer.identifier),
      endpoint: endpointsOf(peer.transport),
      state: peer.peerStatus?.state,
      lastHeardAgoMs: peer.peerStatus?.lastHeardAgoMs,
      json: views.peer(peer),
    })),
    pools: answers.pools.map((pool) => {
      const policy = views.policyOf(pool);
      return {
        poolHandle: pool.poolHandle,
        policy: policy === undefined ? "" : api.policyName(policy),
        poolElements: pool.poolElements.map((element) =>
          views.poolElement(element, { asapTransport: true })
        ),
      };
    }),
    ...times,
  };
}
