/** docs/dhcp.md §5.5: digests in presences, and the tables of peers that have others. */

import { MAX_RANGE_ADDRESSES } from "../../../bindings/mod.ts";
import type { BindingDigest, EnrpMessage, IpAddress, PoolHandle } from "../../../wire/mod.ts";
import { BEFORE_ALL } from "../../binding_pages.ts";
import type { Instant } from "../../machine.ts";
import type { OpenAssociation } from "../child.ts";
import { discard } from "../errors.ts";
import type { Peer } from "../peer.ts";
import type { RegistrarState } from "../state.ts";
import { type BindingDownload, digestOf } from "./pools.ts";
import { mergeFromPeer } from "./update.ts";

/** How long a peer may take for a whole table, page by page. docs/dhcp.md §7. */
export const DOWNLOAD_MS = 60_000;

type Dump = Extract<EnrpMessage, { type: "ENRP_BINDING_DUMP" }>;

/** What a peer says that its tables come to. */
export function onBindingTables(
  state: RegistrarState,
  open: OpenAssociation,
  peer: Peer,
  tables: readonly BindingDigest[],
  now: Instant,
): void {
  peer.speaksBindings = true;
  const isFirst = !open.areBindingsCompared;
  open.areBindingsCompared = true;
  const { bindings: { differing }, options: { limits: { maxBindingPools } } } = state;
  const before = differing.get(peer);
  const after = new Set<PoolHandle>();
  const keptOrAsked = poolsKeptOrAsked(state);
  let refused: PoolHandle | undefined;
  for (const table of tables) {
    const { poolHandle } = table;
    const pool = state.bindings.get(poolHandle);
    const own = pool && digestOf(pool);
    if (own?.digest === table.digest && own.count === table.count) continue;
    if (!keptOrAsked.has(poolHandle) && keptOrAsked.size >= maxBindingPools) {
      // One of them is told of: a peer may announce thousands.
      refused ??= poolHandle;
      continue;
    }
    keptOrAsked.add(poolHandle);
    // What was told just before may be on its way, unless it was so the last time, too.
    if (pool === undefined || isFirst || before?.has(poolHandle)) {
      download(state, peer, poolHandle, now);
    } else after.add(poolHandle);
  }
  if (after.size > 0) differing.set(peer, after);
  else differing.delete(peer);
  if (refused !== undefined) state.tell({ type: "binding-pool-refused", poolHandle: refused });
}

/** The DHCP pools that are here or on their way, also from whom nobody waits for. */
function poolsKeptOrAsked({ bindings: { downloads, pools } }: RegistrarState): Set<PoolHandle> {
  const handles = new Set(pools.keys());
  for (const { poolHandle } of downloads.keys()) handles.add(poolHandle);
  return handles;
}

/** Asks a peer for its table of a pool. */
function download(state: RegistrarState, peer: Peer, poolHandle: PoolHandle, now: Instant): void {
  const { bindings } = state;
  for (const each of bindings.downloads.keys()) {
    if (each.peer === peer && each.poolHandle === poolHandle) return;
  }
  // One that was too slow could make DHCP servers wait again and again.
  const isWaitedFor = bindings.get(poolHandle) === undefined && !bindings.slow.has(peer);
  if (isWaitedFor) bindings.awaited.add(poolHandle);
  const request = ++bindings.request;
  state.tell({ type: "binding-download-began", peer: peer.identifier, poolHandle });
  const until = now + DOWNLOAD_MS;
  ask(state, { peer, poolHandle, request, until, received: 0 }, BEFORE_ALL, now);
}

function ask(
  state: RegistrarState,
  download: BindingDownload,
  after: IpAddress,
  now: Instant,
): void {
  const { peer, poolHandle, request, until } = download;
  if (peer.open === undefined) return state.bindings.endDownload(download);
  const { options: { identifier: sender, timing } } = state;
  const to = { sender, receiver: peer.identifier, request, server: 0, after, poolHandle };
  state.send(peer.open, { type: "ENRP_BINDING_DUMP_REQUEST", ...to });
  state.bindings.downloads.set(download, Math.min(until, now + timing.maxTimeNoResponseMs));
}

/** A page of a peer's table. */
export function onPeerBindingDump(
  state: RegistrarState,
  open: OpenAssociation,
  peer: Peer,
  message: Dump,
  now: Instant,
): void {
  peer.speaksBindings = true;
  const { request, reject, moreToSend, servers, bindings } = message;
  const isThis = (each: BindingDownload) => each.peer === peer && each.request === request;
  const download = [...state.bindings.downloads.keys()].find(isThis);
  if (download === undefined) return discard(state, open, message, "nobody has asked for it");
  const { poolHandle } = download;
  if (reject) return fail(state, download, "it refuses");
  mergeFromPeer(state, poolHandle, servers, bindings, now);
  download.received += bindings.length;
  const last = bindings.at(-1);
  if (moreToSend && last !== undefined && download.received < MAX_RANGE_ADDRESSES) {
    return ask(state, download, last.address, now);
  }
  state.bindings.endDownload(download);
  const { received } = download;
  state.tell({ type: "binding-table-received", peer: peer.identifier, poolHandle, received });
}

/** A peer has not answered, or goes on answering for too long. */
export function onBindingDownloadDue(
  state: RegistrarState,
  download: BindingDownload,
  now: Instant,
): void {
  if (now < download.until) return fail(state, download, "no answer");
  state.bindings.slow.add(download.peer);
  fail(state, download, "too slow");
}

function fail(state: RegistrarState, download: BindingDownload, why: string): void {
  state.bindings.endDownload(download);
  const { peer, poolHandle } = download;
  state.tell({ type: "binding-download-failed", peer: peer.identifier, poolHandle, why });
}
