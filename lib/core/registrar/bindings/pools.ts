/** What a registrar keeps of DHCP pools: bindings outlive their servers. docs/dhcp.md §1. */

import { BindingTable } from "../../../bindings/mod.ts";
import type { BindingDigest, PoolHandle } from "../../../wire/mod.ts";
import type { Limits } from "../../limits.ts";
import type { Instant } from "../../machine.ts";
import { Timers } from "../../timers.ts";
import type { OpenAssociation } from "../child.ts";
import type { Peer } from "../peer.ts";
import type { Relay } from "./relay.ts";

/** The table of one DHCP pool. */
export class BindingPool {
  readonly table = new BindingTable();

  constructor(readonly poolHandle: PoolHandle) {}
}

/** A download of a peer's table of one pool. */
export interface BindingDownload {
  readonly peer: Peer;
  readonly poolHandle: PoolHandle;
  readonly request: number;
  /** When it is given up, however much came by then. */
  readonly until: Instant;
  /** Bindings that came. */
  received: number;
}

const NOBODY: ReadonlyMap<OpenAssociation, number> = new Map();

/** All DHCP pools. */
export class BindingPools {
  readonly pools = new Map<PoolHandle, BindingPool>();
  /**
   * Associations of DHCP servers that are told what is new in a pool, with the PE identifier of
   * each; the first one asks before there is a table.
   */
  readonly subscribers = new Map<PoolHandle, Map<OpenAssociation, number>>();
  /** When it is looked what of a table may be forgotten. */
  readonly prunes = new Timers<BindingPool>();
  /** Downloads of peers' tables, and when one is given up. */
  readonly downloads = new Timers<BindingDownload>();
  /** Questions to DHCP servers for their own tables, and when one is given up. */
  readonly relays = new Timers<Relay>();
  /** Digests of peers that differed from one's own when they were last told. */
  readonly differing = new Map<Peer, Set<PoolHandle>>();
  /** Pools that a peer has announced and whose table has not come yet. */
  readonly awaited = new Set<PoolHandle>();
  /** Peers that were too slow with a table: nobody is made to wait for them. */
  readonly slow = new WeakSet<Peer>();
  /** The last request that was sent. */
  request = 0;

  readonly clocks = [this.prunes, this.downloads, this.relays];

  get(poolHandle: PoolHandle): BindingPool | undefined {
    return this.pools.get(poolHandle);
  }

  /** The pool, made if need be; `undefined` if there are too many. */
  obtain(poolHandle: PoolHandle, { maxBindingPools }: Limits): BindingPool | undefined {
    const known = this.pools.get(poolHandle);
    if (known !== undefined || this.pools.size >= maxBindingPools) return known;
    const pool = new BindingPool(poolHandle);
    this.pools.set(poolHandle, pool);
    return pool;
  }

  /** What each table comes to; nothing at all where there is none. */
  digests(): readonly BindingDigest[] | undefined {
    if (this.pools.size === 0) return undefined;
    return [...this.pools.values()].map(digestOf);
  }

  /** Who is told what is new in a pool. */
  subscribersOf(poolHandle: PoolHandle): ReadonlyMap<OpenAssociation, number> {
    return this.subscribers.get(poolHandle) ?? NOBODY;
  }

  subscribe(poolHandle: PoolHandle, open: OpenAssociation, peIdentifier: number): void {
    const known = this.subscribers.get(poolHandle);
    if (known !== undefined) known.set(open, peIdentifier);
    else this.subscribers.set(poolHandle, new Map([[open, peIdentifier]]));
  }

  unsubscribe(poolHandle: PoolHandle, open: OpenAssociation): void {
    const known = this.subscribers.get(poolHandle);
    if (known?.delete(open) && known.size === 0) this.subscribers.delete(poolHandle);
  }

  /** An association has ended. */
  forget(open: OpenAssociation): void {
    for (const poolHandle of [...this.subscribers.keys()]) this.unsubscribe(poolHandle, open);
    for (const relay of [...this.relays.keys()]) {
      if (relay.asker === open) this.relays.delete(relay);
      // There will be no answer: whoever has asked is told so at once.
      else if (relay.server === open) this.relays.set(relay, 0);
    }
    const { peer } = open;
    if (peer === undefined || (peer.open !== undefined && peer.open !== open)) return;
    this.differing.delete(peer);
    this.slow.delete(peer);
    for (const download of [...this.downloads.keys()]) {
      if (download.peer === peer) this.endDownload(download);
    }
  }

  /** Nobody waits for a table any more that nobody is asked for. */
  endDownload(download: BindingDownload): void {
    this.downloads.delete(download);
    const { poolHandle } = download;
    for (const each of this.downloads.keys()) if (each.poolHandle === poolHandle) return;
    this.awaited.delete(poolHandle);
  }

  /** How many associations are told of changes. */
  get subscriptions(): number {
    let subscriptions = 0;
    for (const subscribers of this.subscribers.values()) subscriptions += subscribers.size;
    return subscriptions;
  }

  /** How many bindings there are in all tables. */
  get bindings(): number {
    let bindings = 0;
    for (const { table } of this.pools.values()) bindings += table.bindings.size;
    return bindings;
  }
}

/** What the table of a pool comes to. */
export function digestOf({ poolHandle, table }: BindingPool): BindingDigest {
  return { poolHandle, count: table.count, digest: table.digest };
}
