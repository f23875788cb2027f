/** What a registrar shows of itself to its own operator. Nothing here changes anything. */

import type { PoolElementEntry } from "../../handlespace/mod.ts";
import type { PeerStatus, Policy, PoolElement, PoolHandle, Transport } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { bindingPoolsOf, type BindingPoolView } from "./bindings/view.ts";
import { statusOf } from "./peer_monitor.ts";
import type { RegistrarState } from "./state.ts";
import type { RegistrarStatistics } from "./statistics.ts";
import { type HandlespaceTally, tallyOf } from "./tally.ts";

/**
 * Whether a pool element is handed out. `lost`: its association ended, and it is being dialled or
 * its grace period runs (protocol decision 11). `inconsistent`: it is listed and not handed out, as
 * its pool has other attributes (protocol decision 8).
 */
export type ElementState = "available" | "lost" | "inconsistent";

/** A pool element as its registrar sees it. */
export interface ElementView {
  /** What was registered last, and its home. */
  readonly poolElement: PoolElement;
  /** Whether it is handed out. */
  readonly state: ElementState;
  /**
   * Milliseconds until its registration life ends; `undefined` if that is infinite, or if another
   * registrar is its home, which alone knows.
   */
  readonly lifeLeftMs: number | undefined;
  /** Distinct reporters that called it unreachable within the window. RFC 5352 §3.5. */
  readonly unreachableReporters: number;
  /** The identity that registered it, at a secured registrar that is its home. */
  readonly identity: string | undefined;
}

/** A pool as its registrar sees it. */
export interface RegistrarPoolView {
  /** The pool. */
  readonly poolHandle: PoolHandle;
  /** The policy of the pool, with the values of the element that decides. */
  readonly policy: Policy;
  /** How many pool elements it has. */
  readonly size: number;
  /** To be read at once: it is live. */
  elements(): IterableIterator<ElementView>;
}

/** Another registrar, as this one sees it. */
export interface PeerView {
  /** Server identifier. */
  readonly identifier: number;
  /** Where it is; absent until it has said so. */
  readonly transport: Transport | undefined;
  /** What this registrar thinks of it. */
  readonly status: PeerStatus;
  /** Who it has proved to be, at a secured registrar. */
  readonly identity: string | undefined;
  /** Pool elements of which it is the home. */
  readonly poolElements: number;
}

/** A registrar, all of it, at one moment. */
export interface RegistrarView {
  /** Server identifier. */
  readonly identifier: number;
  /** Whether it serves pool elements and pool users. */
  readonly state: "initializing" | "serving" | "stopping";
  /** Sizes of its tables and timers. */
  readonly statistics: RegistrarStatistics;
  /** The PE checksum of its own pool elements. RFC 5353 §3.6.2. */
  readonly checksum: number;
  /** The other registrars that it knows. */
  readonly peers: readonly PeerView[];
  /** How many pool elements each registrar is the home of, this one included. */
  readonly homes: ReadonlyMap<number, number>;
  /** The DHCP pools whose bindings it keeps. docs/dhcp.md. */
  bindingPools(): readonly BindingPoolView[];
  /** To be read at once: it is live. */
  pools(): IterableIterator<RegistrarPoolView>;
  /** One pool, if it exists. */
  pool(poolHandle: PoolHandle): RegistrarPoolView | undefined;
  /** The handlespace in numbers, with the largest pools, so many at most. */
  tally(largest: number): HandlespaceTally;
}

/** What a registrar shows now. */
export function viewOf(state: RegistrarState, now: Instant): RegistrarView {
  const { handlespace, options: { identifier } } = state;
  const homes = [...handlespace.homes()].map((home) =>
    [home, handlespace.countOwnedBy(home)] as const
  );
  return {
    identifier,
    state: stateOf(state),
    statistics: state.statistics(),
    checksum: handlespace.checksum(),
    peers: peersOf(state, now),
    homes: new Map(homes),
    bindingPools: () => bindingPoolsOf(state, now),
    *pools() {
      for (const { poolHandle } of handlespace.pools()) yield poolOf(state, poolHandle, now)!;
    },
    pool: (poolHandle) => poolOf(state, poolHandle, now),
    tally: (largest) => tallyOf(state, largest),
  };
}

function stateOf({ isStopping, isServing }: RegistrarState): RegistrarView["state"] {
  if (isStopping) return "stopping";
  return isServing ? "serving" : "initializing";
}

function peersOf({ peers, handlespace }: RegistrarState, now: Instant): PeerView[] {
  return [...peers.peers.values()].map((peer) => ({
    identifier: peer.identifier,
    transport: peer.information?.transport,
    status: statusOf(peer, now),
    identity: peer.identity,
    poolElements: handlespace.countOwnedBy(peer.identifier),
  }));
}

function poolOf(
  state: RegistrarState,
  poolHandle: PoolHandle,
  now: Instant,
): RegistrarPoolView | undefined {
  const pool = state.handlespace.pool(poolHandle);
  if (pool === undefined) return undefined;
  return {
    poolHandle,
    policy: pool.policy,
    size: pool.elements.size,
    *elements() {
      for (const entry of pool.elements.values()) yield elementOf(state, entry, now);
    },
  };
}

function elementOf(state: RegistrarState, entry: PoolElementEntry, now: Instant): ElementView {
  const child = state.children.get(entry);
  const endsAt = child && state.expiries.at(child);
  return {
    poolElement: entry.poolElement,
    state: elementStateOf(entry),
    lifeLeftMs: endsAt === undefined ? undefined : Math.max(0, endsAt - now),
    unreachableReporters: entry.unreachableReports?.count(now) ?? 0,
    identity: child?.identity,
  };
}

function elementStateOf({ selectable, consistent }: PoolElementEntry): ElementState {
  if (!selectable) return "lost";
  return consistent ? "available" : "inconsistent";
}
