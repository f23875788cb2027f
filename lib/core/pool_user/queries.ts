/** Resolutions that are open: who waits for them, and where they were asked. RFC 5352 §3.3. */

import type { PoolHandle } from "../../wire/mod.ts";
import type { Association, Instant } from "../machine.ts";

/** One question; requests for the same are answered together. */
export interface Query {
  readonly poolHandle: PoolHandle;
  readonly items: number | undefined;
  /** The callers' numbers. */
  readonly requests: Set<number>;
  readonly begun: Instant;
  /** When MAX-REQUEST-RETRANSMIT is exhausted. RFC 5352 §3.7.2. */
  readonly end: Instant;
  /** Whether somebody watches the pool: then it is open without a request, too. */
  isWatched?: boolean;
}

/** The open questions, and which of them each association owes an answer. */
export class Queries {
  /** By pool, and by how many elements are asked for. */
  private readonly open = new Map<PoolHandle, Map<number | undefined, Query>>();
  private readonly byRequest = new Map<number, Query>();
  private readonly owed = new Map<Association, Map<PoolHandle, Query>>();

  /** Number of pools that are asked about. */
  get size(): number {
    return this.open.size;
  }

  /** Number of requests that wait. */
  get requests(): number {
    return this.byRequest.size;
  }

  *[Symbol.iterator](): IterableIterator<Query> {
    for (const queries of this.open.values()) yield* queries.values();
  }

  /** The open questions about a pool. */
  about(poolHandle: PoolHandle): Iterable<Query> {
    return this.open.get(poolHandle)?.values() ?? [];
  }

  /** The open question for so many elements of a pool. */
  find(poolHandle: PoolHandle, items: number | undefined): Query | undefined {
    return this.open.get(poolHandle)?.get(items);
  }

  add(query: Query): void {
    const { poolHandle, items } = query;
    const queries = this.open.get(poolHandle) ?? new Map<number | undefined, Query>();
    queries.set(items, query);
    this.open.set(poolHandle, queries);
  }

  isOpen(query: Query): boolean {
    return this.find(query.poolHandle, query.items) === query;
  }

  join(query: Query, request: number): void {
    query.requests.add(request);
    this.byRequest.set(request, query);
  }

  /** A request waits no longer. */
  leave(request: number): Query | undefined {
    const query = this.byRequest.get(request);
    this.byRequest.delete(request);
    query?.requests.delete(request);
    return query;
  }

  /** Closes a question; an answer that is owed for it stays owed. */
  remove(query: Query): void {
    const queries = this.open.get(query.poolHandle);
    if (queries?.get(query.items) === query) queries.delete(query.items);
    if (queries?.size === 0) this.open.delete(query.poolHandle);
    for (const request of query.requests) this.byRequest.delete(request);
  }

  /** An association that may be asked. */
  openAssociation(association: Association): void {
    this.owed.set(association, new Map());
  }

  closeAssociation(association: Association): void {
    this.owed.delete(association);
  }

  /** Whether an association owes an answer to any open question. */
  owesAny(association: Association): boolean {
    for (const query of this.owed.get(association)?.values() ?? []) {
      if (this.isOpen(query)) return true;
    }
    return false;
  }

  /** What an association owes for a pool. */
  owedFor(association: Association, poolHandle: PoolHandle): Query | undefined {
    return this.owed.get(association)?.get(poolHandle);
  }

  /** An answer came: it is for the question asked last (protocol decision 22). */
  settle(association: Association, poolHandle: PoolHandle): Query | undefined {
    const owed = this.owed.get(association);
    const query = owed?.get(poolHandle);
    owed?.delete(poolHandle);
    return query;
  }

  /**
   * Notes that a question is put to an association. `false` if it need not be sent: an answer to
   * the same is owed already, or one to another question about the pool.
   */
  put(association: Association, query: Query): boolean {
    const owed = this.owed.get(association);
    if (owed === undefined) return false;
    const current = owed.get(query.poolHandle);
    if (current === undefined) {
      owed.set(query.poolHandle, query);
      return true;
    }
    if (current.items === query.items) owed.set(query.poolHandle, query);
    return false;
  }

  /** Notes that a question is repeated. `false` if another open one about the pool has the turn. */
  repeat(association: Association, query: Query): boolean {
    const owed = this.owed.get(association);
    const current = owed?.get(query.poolHandle);
    if (owed === undefined) return false;
    if (current !== undefined && current !== query && this.isOpen(current)) return false;
    owed.set(query.poolHandle, query);
    return true;
  }
}
