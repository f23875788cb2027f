/** One pool with its pool elements. RFC 5352 §3.1. */

import {
  type Owner,
  type Policy,
  type PoolElement,
  poolElementBytes,
  type PoolHandle,
  type Transport,
} from "../wire/mod.ts";
import { inconsistencies, type PoolAttributes, type RegistrationCause } from "./attributes.ts";
import { identifierSum, poolHandleSum } from "./checksum.ts";
import type { Random } from "./random.ts";
import { selectionFor } from "./selection/policy_table.ts";
import type { Place, Selection } from "./selection/selection.ts";
import type { UnreachableReports } from "./unreachable_reports.ts";

/** A pool element in the handlespace. It stays the same object as long as it is registered. */
export interface PoolElementEntry {
  readonly poolHandle: PoolHandle;
  /** The PE identifier. */
  readonly identifier: number;
  /** What was registered last. */
  readonly poolElement: PoolElement;
  /** The identifier of the registrar that owns it. */
  readonly home: number;
  /** Whether it may be handed out, as {@linkcode Handlespace.setSelectable} says. */
  readonly selectable: boolean;
  /** Whether its policy type, transport type and transport use are those of its pool. */
  readonly consistent: boolean;
  /** Bytes of its Pool Element parameter, padded. */
  readonly bytes: number;
  /** The reports that it is unreachable, if anybody keeps them. */
  unreachableReports: UnreachableReports | undefined;
  /** Who registered it, at secured registrars; apart, as pool users are not told. */
  owner: Owner | undefined;
}

/** A pool, to be read. */
export interface PoolView extends PoolAttributes {
  readonly poolHandle: PoolHandle;
  /** By PE identifier, in the order of registration. */
  readonly elements: ReadonlyMap<number, PoolElementEntry>;
}

/** What {@link Pool} alone may change in an entry. */
export class Entry implements PoolElementEntry {
  selectable = true;
  consistent = true;
  /** Where it stands in the pool's selection, if it may be handed out. */
  place: Place | undefined = undefined;
  unreachableReports: UnreachableReports | undefined = undefined;
  owner: Owner | undefined = undefined;

  #measured: PoolElement | undefined;
  #bytes = 0;

  constructor(readonly pool: Pool, public poolElement: PoolElement) {}

  get bytes(): number {
    if (this.#measured !== this.poolElement) {
      this.#measured = this.poolElement;
      this.#bytes = poolElementBytes(this.poolElement);
    }
    return this.#bytes;
  }

  get poolHandle(): PoolHandle {
    return this.pool.poolHandle;
  }

  get identifier(): number {
    return this.poolElement.identifier;
  }

  get home(): number {
    return this.poolElement.home;
  }

  /** What it contributes to its home's PE checksum. */
  get sum(): number {
    return this.pool.sum + identifierSum(this.identifier);
  }
}

/**
 * A pool. Its overall attributes are those of the first pool element, and as long as all are
 * consistent they are everyone's. Only merging can bring in others (two halves of a partition that
 * meet again, protocol decision 8): then the pool element with the lowest identifier decides, and
 * those that differ stay listed without being handed out. Only in that state does an operation cost
 * more than O(log n), when it changes who decides.
 */
export class Pool implements PoolView {
  readonly elements = new Map<number, Entry>();
  readonly sum: number;
  policy: Policy;
  transport: Transport;

  readonly #random: Random;
  #selection: Selection<Entry>;
  /** How many entries are not consistent. */
  #strangers = 0;
  /** The entry with the lowest identifier, when it is known. */
  #lowest: Entry | undefined;

  constructor(readonly poolHandle: PoolHandle, first: PoolElement, random: Random) {
    this.sum = poolHandleSum(poolHandle);
    this.policy = first.policy;
    this.transport = first.transport;
    this.#random = random;
    this.#selection = selectionFor(first.policy, random);
  }

  /** In what a pool element is not consistent with the pool. RFC 5352 §3.1, rules 2 and 3. */
  inconsistencies(poolElement: PoolElement): RegistrationCause[] {
    return inconsistencies(this, poolElement);
  }

  add(poolElement: PoolElement): Entry {
    const entry = new Entry(this, poolElement);
    this.elements.set(entry.identifier, entry);
    if (this.#lowest !== undefined && entry.identifier < this.#lowest.identifier) {
      this.#lowest = entry;
    }
    this.#judge(entry);
    this.#letLowestDecide();
    return entry;
  }

  /** Replaces what is registered for an entry of this pool. */
  update(entry: Entry, poolElement: PoolElement): void {
    entry.poolElement = poolElement;
    if (entry.place !== undefined && this.inconsistencies(poolElement).length === 0) {
      this.#selection.update(entry.place, poolElement.policy);
      return;
    }
    this.#judge(entry);
    this.#letLowestDecide();
  }

  remove(entry: Entry): void {
    this.elements.delete(entry.identifier);
    this.#withdraw(entry);
    if (!entry.consistent) this.#strangers--;
    if (entry === this.#lowest) this.#lowest = undefined;
    this.#letLowestDecide();
  }

  setSelectable(entry: Entry, selectable: boolean): void {
    entry.selectable = selectable;
    this.#offer(entry);
  }

  select(items: number): Entry[] {
    return this.#selection.select(items);
  }

  list(items: number): Entry[] {
    return this.#selection.list(items);
  }

  /** Finds out whether an entry is consistent, and offers it accordingly. */
  #judge(entry: Entry): void {
    const consistent = this.inconsistencies(entry.poolElement).length === 0;
    if (consistent !== entry.consistent) this.#strangers += consistent ? -1 : 1;
    entry.consistent = consistent;
    this.#offer(entry);
  }

  #offer(entry: Entry): void {
    if (!entry.selectable || !entry.consistent) this.#withdraw(entry);
    else entry.place ??= this.#selection.add(entry, entry.poolElement.policy);
  }

  #withdraw(entry: Entry): void {
    if (entry.place !== undefined) this.#selection.remove(entry.place);
    entry.place = undefined;
  }

  #letLowestDecide(): void {
    if (this.#strangers === 0 || this.elements.size === 0) return;
    this.#lowest ??= lowestOf(this.elements.values());
    if (this.#lowest.consistent) return;
    this.policy = this.#lowest.poolElement.policy;
    this.transport = this.#lowest.poolElement.transport;
    this.#selection = selectionFor(this.policy, this.#random);
    for (const entry of this.elements.values()) {
      entry.place = undefined;
      this.#judge(entry);
    }
  }
}

function lowestOf(entries: Iterable<Entry>): Entry {
  let lowest: Entry | undefined;
  for (const entry of entries) {
    if (lowest === undefined || entry.identifier < lowest.identifier) lowest = entry;
  }
  return lowest!;
}
