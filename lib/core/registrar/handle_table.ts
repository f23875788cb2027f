/** RFC 5353 §2.2, §2.3 and §3.2.3: downloads of the handle table. */

import type { Handlespace, PoolElementEntry } from "../../handlespace/mod.ts";
import type { EnrpMessage, PoolElement, PoolHandle } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { mayRead } from "../security/authorize.ts";
import type { OpenAssociation } from "./child.ts";
import type { Dialect } from "./compat.ts";
import { HEADER_BYTES, poolHandleBytesOf } from "./message_size.ts";
import { withOwner } from "./owner.ts";
import type { Peer } from "./peer.ts";
import type { RegistrarState } from "./state.ts";

type TableRequest = Extract<EnrpMessage, { type: "ENRP_HANDLE_TABLE_REQUEST" }>;

/** An Owner parameter. docs/tcp-mapping.md §9. */
const OWNER_BYTES = 24;
/** Sending Server's ID and Receiving Server's ID. */
const IDENTIFIERS_BYTES = 8;

/** "Keep track of the progress of the current download session." RFC 5353 §3.2.3. */
export interface Download {
  /** How the peer speaks for whom it is, if it is otherwise than the RFCs. */
  readonly dialect: Dialect | undefined;
  readonly ownChildrenOnly: boolean;
  readonly open: OpenAssociation;
  /** What has not been sent; it is live, so that nothing is copied that may never be asked for. */
  readonly rest: Iterator<PoolElementEntry>;
  /** The first that had no place in the last page. */
  next: PoolElementEntry | undefined;
}

/**
 * RFC 5353 §3.2.3: sends the next page of the handle table, with M=1 if there is more. A session
 * belongs to an association (protocol decision 21); with too many of them the request is rejected
 * (R=1).
 */
export function onHandleTableRequest(
  state: RegistrarState,
  open: OpenAssociation,
  message: TableRequest,
  now: Instant,
): void {
  const { limits } = state.options;
  const { ownChildrenOnly, sender: receiver } = message;
  // RFC 5353 §2.3: "in the middle of initializing its database".
  if (!state.isServing) return rejectDownload(state, open, receiver);
  const isContinued = open.download?.ownChildrenOnly === ownChildrenOnly;
  const download = isContinued ? open.download! : begin(state, open, ownChildrenOnly);
  endDownload(state, open);
  const pools = nextPage(state, download);
  const moreToSend = download.next !== undefined;
  if (moreToSend) {
    if (!mayDownload(state, open)) {
      return rejectDownload(state, open, receiver);
    }
    if (!isContinued) state.tell({ type: "download-began", association: open.association });
    open.download = download;
    state.downloads.set(open, now + limits.downloadIdleMs);
  }
  respond(state, open, receiver, { moreToSend, reject: false, pools });
}

/** At a secured registrar half of all downloads are for peers, whoever else reads the table. */
function mayDownload(
  { downloads, options: { limits: { maxDownloads } } }: RegistrarState,
  { rights }: OpenAssociation,
): boolean {
  if (downloads.size >= maxDownloads) return false;
  if (rights === undefined || rights.isRegistrar) return true;
  let others = 0;
  for (const open of downloads.keys()) if (!open.rights?.isRegistrar) others++;
  return others < Math.ceil(maxDownloads / 2);
}

function rejectDownload(state: RegistrarState, open: OpenAssociation, receiver: number): void {
  state.tell({ type: "download-rejected", association: open.association });
  respond(state, open, receiver, { moreToSend: false, reject: true, pools: [] });
}

/** RFC 5353 §2.2: asks a peer for the next page of its table, or of its own children (W=1). */
export function requestTable(
  state: RegistrarState,
  { open, identifier: receiver }: Peer,
  ownChildrenOnly: boolean,
): void {
  const sender = state.options.identifier;
  state.send(open!, { type: "ENRP_HANDLE_TABLE_REQUEST", ownChildrenOnly, sender, receiver });
}

/** RFC 5353 §3.2.3: "the mentor peer SHOULD abort the session, cleaning out any resource". */
export function endDownload(state: RegistrarState, open: OpenAssociation): void {
  open.download = undefined;
  state.downloads.delete(open);
}

type Page = Pick<
  Extract<EnrpMessage, { type: "ENRP_HANDLE_TABLE_RESPONSE" }>,
  "moreToSend" | "reject" | "pools"
>;

function respond(
  state: RegistrarState,
  open: OpenAssociation,
  receiver: number,
  page: Page,
): void {
  const sender = state.options.identifier;
  state.send(open, { type: "ENRP_HANDLE_TABLE_RESPONSE", sender, receiver, ...page });
}

function begin(
  { handlespace, options }: RegistrarState,
  open: OpenAssociation,
  ownChildrenOnly: boolean,
): Download {
  const { rights } = open;
  const seesAll = rights === undefined || rights.isRegistrar || rights.operates;
  const rest = ownChildrenOnly && seesAll
    ? handlespace.ownedBy(options.identifier)
    : readable(handlespace, open);
  return { dialect: open.dialect, ownChildrenOnly, open, rest, next: following(rest) };
}

/** Pools that may not be read are not gone through: most requests would be for a few of many. */
function* readable(handlespace: Handlespace, open: OpenAssociation): Iterator<PoolElementEntry> {
  for (const { poolHandle, elements } of handlespace.pools()) {
    if (open.rights === undefined || mayRead(open.rights, poolHandle)) yield* elements.values();
  }
}

/** Takes what one message holds; each pool entry "MUST start with a Pool Handle parameter". */
function nextPage(state: RegistrarState, download: Download): Page["pools"] {
  const { tablePageElements, tablePageBytes } = pageLimits(state, download);
  // Observers need not know whose elements are.
  const isPeer = download.open.rights?.isRegistrar === true;
  const extraBytes = download.dialect?.extraElementBytes ?? (isPeer ? OWNER_BYTES : 0);
  const pools = new Map<PoolHandle, PoolElement[]>();
  let bytes = HEADER_BYTES + IDENTIFIERS_BYTES;
  for (let elements = 0; elements < tablePageElements; elements++) {
    const entry = present(state, download);
    if (entry === undefined) break;
    const { poolHandle } = entry;
    const isNew = !pools.has(poolHandle);
    bytes += entry.bytes + extraBytes + (isNew ? poolHandleBytesOf(poolHandle) : 0);
    if (bytes > tablePageBytes && elements > 0) break;
    if (isNew) pools.set(poolHandle, []);
    pools.get(poolHandle)!.push(isPeer ? withOwner(entry) : entry.poolElement);
    download.next = following(download.rest);
  }
  present(state, download);
  return [...pools].map(([poolHandle, poolElements]) => ({ poolHandle, poolElements }));
}

function pageLimits({ options: { limits } }: RegistrarState, { dialect }: Download) {
  if (dialect === undefined) return limits;
  return {
    tablePageElements: Math.min(limits.tablePageElements, dialect.tablePageElements),
    tablePageBytes: Math.min(limits.tablePageBytes, dialect.tablePageBytes),
  };
}

/** The next that is still registered: it may have been removed since it was looked up. */
function present(state: RegistrarState, download: Download): PoolElementEntry | undefined {
  while (download.next !== undefined && !isListed(state, download, download.next)) {
    download.next = following(download.rest);
  }
  return download.next;
}

function isListed(
  { handlespace }: RegistrarState,
  { ownChildrenOnly, dialect, open: { rights } }: Download,
  entry: PoolElementEntry,
): boolean {
  if (rights !== undefined && !mayRead(rights, entry.poolHandle)) return false;
  if (dialect?.isTellable(entry) === false) return false;
  if (handlespace.get(entry.poolHandle, entry.identifier) !== entry) return false;
  return !ownChildrenOnly || entry.home === handlespace.self;
}

function following(rest: Iterator<PoolElementEntry>): PoolElementEntry | undefined {
  const { done, value } = rest.next();
  return done ? undefined : value;
}
